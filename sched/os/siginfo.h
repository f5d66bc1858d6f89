// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// siginfo_t, read alike on every system, each of which fills it in in its own
// way.
//
// Contract of a platform file (siginfo_linux.cc, siginfo_darwin.cc …; the build
// chooses one): it defines the functions below. All of them are
// async-signal-safe, and reached from the signal handler (signals/handler.cc).

#ifndef GOSLING_SCHED_OS_SIGINFO_H_
#define GOSLING_SCHED_OS_SIGINFO_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

namespace gosling::sched {

// RaisedByKernel says whether the kernel itself raised the signal: a fault, if
// the signal is one that faults raise. Where the kernel does not tell a fault
// from a copy of its signal that a process has sent, the copy is taken for a
// fault. `context` is the handler's third argument.
bool RaisedByKernel(int signo, const siginfo_t& info, const void* context);

// FaultHasAddress says whether si_addr means something, for a SIGSEGV or SIGBUS
// of the kernel's: not if the address was none that the CPU can form.
bool FaultHasAddress(int signo, const siginfo_t& info);

// kSentToThread is the si_code of what a thread sends to one: where the system
// has none of its own for that, kill's.
#ifdef SI_TKILL
inline constexpr int kSentToThread = SI_TKILL;
#else
inline constexpr int kSentToThread = SI_USER;
#endif

// SentToThread says that a thread has sent it to this one. Where the system does
// not tell, it is false.
inline bool SentToThread(const siginfo_t& info) {
  return kSentToThread != SI_USER && info.si_code == kSentToThread;
}

// Sender is the process that sent the signal, and the value that came with it:
// sigqueue's, or a word of the kernel's, such as a child's exit status. 0: not
// known.
struct Sender {
  pid_t pid = 0;
  uid_t uid = 0;
  std::int64_t value = 0;
};
Sender SenderOf(int signo, const siginfo_t& info);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_SIGINFO_H_
