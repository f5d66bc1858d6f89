// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CondWaitFor (os.h) where libc lets each wait choose its clock (glibc 2.30).

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "sched/os.h"

namespace gosling::sched::os {

int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t until;
  if (__builtin_add_overflow(Nanotime(), std::max<std::int64_t>(ns, 0),
                             &until)) {
    until = INT64_MAX;
  }
  const timespec at = {.tv_sec = static_cast<time_t>(until / kSecond),
                       .tv_nsec = static_cast<long>(until % kSecond)};
  return ::pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &at);
}

}  // namespace gosling::sched::os
