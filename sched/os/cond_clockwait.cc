// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CondWaitFor where libc lets each wait choose its clock (glibc 2.30).

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "sched/os/cond.h"
#include "sched/os/os.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {

int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns) {
  const timespec at =
      ToTimespec(SaturatingAdd(Nanotime(), std::max<std::int64_t>(ns, 0)));
  return ::pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &at);
}

}  // namespace gosling::sched::os
