// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LockOSThread: a goroutine runs on one thread only, and the thread runs no
// other goroutine.
//
// Its M gives its P away whenever the goroutine parks, and sleeps on its note;
// the M that picks the goroutine hands its own P over. A goroutine that ends
// locked takes its thread along (thread.h).
//
// Go: runtime/proc.go, LockOSThread, stoplockedm, startlockedm.

#ifndef GOSLING_SCHED_LOCK_OS_THREAD_H_
#define GOSLING_SCHED_LOCK_OS_THREAD_H_

#include "sched/g.h"
#include "sched/m.h"

namespace gosling::sched {

// LockOSThread ties the calling goroutine to its thread until as many calls of
// UnlockOSThread have been made. No-ops on a foreign thread, which is tied by
// nature.
void LockOSThread();
void UnlockOSThread();

// StopLockedM sleeps until m->locked_g is to run, and hands its P away
// meanwhile. Runs on g0.
void StopLockedM(M* m);
// StartLockedM gives this M's P to the M that g is locked to. Runs on g0.
void StartLockedM(M* m, G* g);
// EndLockedM ends the thread that g is locked to, since g never runs again. The
// caller has stopped the world.
void EndLockedM(G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_LOCK_OS_THREAD_H_
