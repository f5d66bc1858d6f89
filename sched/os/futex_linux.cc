// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The futex of futex.h on Linux: the kernel's own.

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/futex.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/os/sanitizers.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {

// ThreadSanitizer keeps a signal back until its thread calls a function that it
// intercepts, which a system call made by number is not: a sleeper would never
// run its handlers. There the sleep is cut short, and the clock, which is
// intercepted, is read after it.
//
// SYS_futex takes the kernel's old timespec, two longs, whatever libc's
// timespec is on a 32-bit system.
bool FutexWait(std::atomic<std::uint32_t>* addr, std::uint32_t expected,
               std::int64_t timeout_ns) {
  if (InForkedChild()) DieInForkedChild();
  if (kThreadSanitizer) {
    constexpr std::int64_t kLongest = 5'000'000;
    if (timeout_ns < 0 || timeout_ns > kLongest) timeout_ns = kLongest;
  }
  struct {
    long sec;
    long nsec;
  } timeout;
  if (timeout_ns >= 0) {
    timeout.sec = static_cast<long>(
        std::min<std::int64_t>(timeout_ns / kSecond, INT_MAX));
    timeout.nsec = static_cast<long>(timeout_ns % kSecond);
  }
  KeepErrno keep;
  const int err =
      ::syscall(SYS_futex, addr, FUTEX_WAIT_PRIVATE, expected,
                timeout_ns >= 0 ? &timeout : nullptr, nullptr, 0) != 0
          ? errno
          : 0;
  if (kThreadSanitizer) Nanotime();
  // Else the caller would wait awake for ever.
  if (err != 0 && err != EAGAIN && err != EINTR && err != ETIMEDOUT) {
    Throw("futex: wait failed: errno %d", err);
  }
  return err == EINTR;
}

// A wake-up that is lost is a hang: better to say so.
void FutexWake(std::atomic<std::uint32_t>* addr, int n) {
  if (::syscall(SYS_futex, addr, FUTEX_WAKE_PRIVATE, n, nullptr, nullptr, 0) <
      0) {
    Throw("futex: wake failed: errno %d", errno);
  }
}

bool FutexWakeIsSignalSafe() { return true; }

}  // namespace gosling::sched::os
