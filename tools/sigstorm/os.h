// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sigstorm asks this of the system beyond POSIX. The build chooses
// os_<system>.cc; every such file supplies all of the functions below.

#ifndef TOOLS_SIGSTORM_OS_H_
#define TOOLS_SIGSTORM_OS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sigstorm::os {

using ThreadId = std::int64_t;

// A set of signals: bit n-1 is signal n.
using SignalSet = std::uint64_t;
constexpr SignalSet BitOf(int signal) { return SignalSet{1} << (signal - 1); }

// Realtime is the range of queued signals that programs may use; first is 0
// where the system has none.
struct Realtime {
  int first;
  int last;
};
Realtime RealtimeSignals();

int LastSignal();
bool ReservedByLibc(int signal);

// SignalAbbreviation returns "USR1", or "" for a number without a name.
const char* SignalAbbreviation(int signal);

// QueueLimit is how many queued signals this user may have pending, 0 where
// signals are not queued.
std::uint64_t QueueLimit();

// NameThread sets the calling thread's name; at most 15 bytes.
void NameThread(const char* name);

struct Thread {
  ThreadId id;
  std::string name;
  SignalSet blocked;
  SignalSet pending;  // for this thread alone
};

// Threads lists the threads of this process, except any that end meanwhile. The
// sets are empty where the system does not tell.
std::vector<Thread> Threads();

// PendingForProcess is the set waiting in the kernel for whichever thread will
// take them first.
SignalSet PendingForProcess();

// OwnMemory is how many bytes of memory this process has to itself.
std::uint64_t OwnMemory();

// OpenFiles returns one line per descriptor, "5 -> pipe:[123]", without the one
// that reading the list takes.
std::vector<std::string> OpenFiles();

// SendToThread raises `signal` for one thread of this process. `queued` sends
// `value` along where the system can. Returns 0 or errno.
int SendToThread(ThreadId thread, int signal, bool queued, std::int64_t value);

// SendQueued is sigqueue with a 64-bit value, or kill where there is no
// sigqueue. Returns 0 or errno.
int SendQueued(::pid_t process, int signal, std::int64_t value);

// Ending says whether a process has ended: kLives, kEnded, or minus the signal
// that ended it, where the system tells that of another's child that has not
// been waited for.
inline constexpr int kLives = 0;
inline constexpr int kEnded = 1;
int Ending(::pid_t process);

// Machine says in a few words on what this runs: CPUs, their model where the
// system tells, the system and its version.
std::string Machine();

// SharedMemory returns a descriptor of `size` zero bytes that have no name, for
// mmap here and in programs that inherit it. Negative, and errno, if there is
// none to be had.
int SharedMemory(std::size_t size);

// OwnProgram returns the path of the file that this process runs; "": unknown.
std::string OwnProgram();

// DieWithParent makes the kernel kill this process when its parent ends.
void DieWithParent();

}  // namespace sigstorm::os

#endif  // TOOLS_SIGSTORM_OS_H_
