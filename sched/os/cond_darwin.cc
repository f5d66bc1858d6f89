// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CondWaitFor where the wait takes a duration.

#include <algorithm>

#include "sched/os/cond.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {

int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns) {
  const timespec span = WaitSpan(std::max<std::int64_t>(ns, 0));
  return ::pthread_cond_timedwait_relative_np(cond, mutex, &span);
}

}  // namespace gosling::sched::os
