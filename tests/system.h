// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Tests ask this of the system beyond POSIX. The build chooses
// system_<system>.cc; every such file defines all of it.

#ifndef GOSLING_TESTS_SYSTEM_H_
#define GOSLING_TESTS_SYSTEM_H_

#include <netinet/in.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace gosling {

// HasQueuedSignals says whether there are real-time signals, which the kernel
// keeps in a queue and which carry a value: 35 and those behind it.
bool HasQueuedSignals();

// ReservedByLibc says whether it is one that libc keeps for itself: sigaction
// refuses it.
bool ReservedByLibc(int sig);

// QueueToProcess sends one to the calling process, QueueToThread to the calling
// thread; the latter is handled before it returns. They return whether it was
// sent.
bool QueueToProcess(int sig, std::int64_t value);
bool QueueToThread(int sig, std::int64_t value);

// LibcBacktrace is libc's backtrace; negative where it has none.
int LibcBacktrace(void** pcs, int size);

// WaitUntilAsleep returns once the kernel shows the thread of os::ThreadId as
// sleeping, or gone.
void WaitUntilAsleep(std::int64_t tid);

// ResidentPages returns how many pages of [lo, lo + size) are in memory.
std::size_t ResidentPages(void* lo, std::size_t size);

// ChangeFolderOfThread changes the working directory of the calling thread
// alone. False: it cannot.
bool ChangeFolderOfThread(const char* path);

// StayOnOneProcessor lets the calling thread, and the threads and processes that
// it starts, run on one processor only. False: it cannot.
bool StayOnOneProcessor();

// IsClosedDescriptor says whether fd is closed. The descriptor that the runtime
// puts in its place for a moment (os::ShunStandard) counts as that.
bool IsClosedDescriptor(int fd);

// BareFork is a fork of which libc knows nothing: no handler of pthread_atfork
// runs. Where there is none it is fork.
pid_t BareFork();

// DieWithParent has the calling process killed when its parent ends, where the
// system does such a thing. For tests that were interrupted.
void DieWithParent();

// AskNameServer makes the calling thread's next look-up of a name go to
// `server`, for two seconds in all. False: it cannot.
bool AskNameServer(const sockaddr_in& server);

}  // namespace gosling

#endif  // GOSLING_TESTS_SYSTEM_H_
