// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Freezing: a dying process stops its threads where they are, so that everybody
// else's stack can be read.
//
// Each M gets a signal whose handler never returns. No lock is needed for that,
// and none that a frozen thread holds is needed afterwards: so this works from
// a signal handler, and when the runtime itself is stuck, where StopTheWorld
// would wait for ever. A thread that blocks the signal gets another one, which
// libc lets nobody block. If it evades that, too, its M stops at the next switch,
// because the world counts as being stopped, and its stack is not to be had.
//
// Go: runtime/signal_unix.go, the relay of SIGQUIT with GOTRACEBACK=crash.

#ifndef GOSLING_SCHED_FREEZE_H_
#define GOSLING_SCHED_FREEZE_H_

#include <signal.h>

#include "sched/g.h"
#include "sched/unwind.h"

namespace gosling::sched {

// kFreezeSignal is what threads are frozen with; its disposition is replaced.
inline constexpr int kFreezeSignal = SIGQUIT;

// FreezeOthers freezes all Ms but the caller's and waits until they are, one
// second at most. Once. Async-signal-safe.
void FreezeOthers();

// CollectFrozen reads the stack of a goroutine that a frozen thread was
// running; false if there is none. Async-signal-safe.
bool CollectFrozen(const G* g, Frames* frames);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FREEZE_H_
