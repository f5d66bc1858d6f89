// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sleeping on a word of memory. The build chooses the file that defines it,
// futex_linux.cc or futex_pthread.cc.

#ifndef GOSLING_SCHED_OS_FUTEX_H_
#define GOSLING_SCHED_OS_FUTEX_H_

#include <atomic>
#include <cstdint>

namespace gosling::sched::os {

// FutexWait sleeps while *addr == expected, for at most timeout_ns nanoseconds
// (< 0: for ever). It may return early, for a signal or for a wakeup meant for
// an earlier user of that memory: callers test their condition and the clock
// again. True if a signal's handler ended the sleep; where there is a limit, each
// does that, on Linux. Blocks the thread. Fatal in a forked child (fork.h),
// where no thread is left to wake it.
bool FutexWait(std::atomic<std::uint32_t>* addr, std::uint32_t expected,
               std::int64_t timeout_ns);

// FutexWake wakes at most n threads that sleep on addr. The memory may be gone
// by then: nothing in it is read. [signal] if FutexWakeIsSignalSafe.
void FutexWake(std::atomic<std::uint32_t>* addr, int n);

bool FutexWakeIsSignalSafe();

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_OS_FUTEX_H_
