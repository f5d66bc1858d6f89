// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A timed wait for a condition, by the monotonic clock. The build chooses the
// file that defines it, cond_clockwait.cc, cond_timedwait.cc or cond_darwin.cc.

#ifndef GOSLING_SCHED_OS_COND_H_
#define GOSLING_SCHED_OS_COND_H_

#include <pthread.h>

#include <cstdint>

namespace gosling::sched::os {

// CondWaitFor waits on cond, whose mutex the caller holds, for at most ns
// nanoseconds of the monotonic clock. Returns 0 or ETIMEDOUT; either may come
// early: callers look at their condition and the clock again. cond is
// statically initialised: it carries no clock of its own.
int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns);

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_OS_COND_H_
