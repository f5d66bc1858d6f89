// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CondWaitFor where a condition that was initialised statically waits by the
// wall clock (musl). That clock may be set while a thread waits: so no wait is
// longer than a second, after which its caller looks at the monotonic clock and
// waits again.

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "sched/os/cond.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {

int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns) {
  timespec at;
  ::clock_gettime(CLOCK_REALTIME, &at);
  const std::int64_t nsec =
      at.tv_nsec + std::clamp<std::int64_t>(ns, 0, kSecond);
  at.tv_sec += static_cast<time_t>(nsec / kSecond);
  at.tv_nsec = static_cast<long>(nsec % kSecond);
  return ::pthread_cond_timedwait(cond, mutex, &at);
}

}  // namespace gosling::sched::os
