// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A P that its M cannot use goes to another M if there is work for it, or a
// spinner is missing, else to the idle list. On its way it is in one thread's
// hands.
//
// Go: runtime/proc.go, startm, handoffp, wakep.

#ifndef GOSLING_SCHED_HANDOFF_H_
#define GOSLING_SCHED_HANDOFF_H_

#include "sched/m.h"
#include "sched/p.h"

namespace gosling::sched {

// StartM runs p on an idle M or a new one. Null: takes an idle P.
void StartM(P* p, bool spinning);

// WakeP makes one more M spin, if there are idle Ps and no M spins already.
// `last_hope`: see NoMButThis in refused.h.
void WakeP(bool last_hope = false);

// HandoffP gives a P that its M cannot use to another M, or to the idle list.
void HandoffP(P* p);

// TakeHandedP gives m, which has been woken, the P that its waker left for it,
// if any. On m's thread.
void TakeHandedP(M* m);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_HANDOFF_H_
