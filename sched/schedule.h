// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// g0's part: finding something to run for an M whose goroutine has found
// nothing.
//
// It polls timers, takes from the own ring and the global queue, steals, and
// sleeps when there is nothing (idle.h).
//
// Go: runtime/proc.go, schedule, findrunnable.

#ifndef GOSLING_SCHED_SCHEDULE_H_
#define GOSLING_SCHED_SCHEDULE_H_

#include "sched/m.h"

namespace gosling::sched {

// ScheduleLoop, on g0, runs one goroutine after the other on m. It returns when
// the thread is to end.
void ScheduleLoop(M* m);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SCHEDULE_H_
