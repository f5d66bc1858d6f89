// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Waiting awake for what may take less than a sleep and a wake.
// Go: runtime/proc.go, active_spin and active_spin_cnt; runtime/lock_futex.go.

#ifndef GOSLING_SCHED_SPIN_H_
#define GOSLING_SCHED_SPIN_H_

#include "arch/arch.h"

namespace gosling::sched {

// SpinRounds returns how often to look again before going to sleep: all in all a
// microsecond or two, longer than a section under a runtime lock takes and
// shorter than a sleep and a wake. Go then yields once to the system, which we
// leave out: a holder that has lost its processor is better waited for asleep. 0
// on one CPU, where whoever is waited for cannot run meanwhile.
int SpinRounds();

// SpinOnce passes the time between two looks.
inline void SpinOnce() {
  for (int i = 0; i < 30; i++) arch::Pause();
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SPIN_H_
