// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Freezing: the dying thread stops the other threads where they are, so that it
// can have their stacks.
//
// Each M gets a signal whose handler does not return. No lock is needed for
// that: so this works from a signal handler, and when the runtime itself is
// stuck, where StopTheWorld would wait for ever. A thread that blocks the
// signal gets another one, which libc lets no thread block. If it evades that,
// too, its M stops at the next switch, because the world counts as being
// stopped, and its stack is not to be had.
//
// A frozen thread stands anywhere, and may hold a lock of a library's that the
// dying thread is about to take. So a holder is let run on until it has given
// that back (freeze.cc). If it does not within two seconds, or the dying thread
// holds the lock itself, stacks are read by frame pointers, or names are left
// out, and the dump says so.
//
// Go: runtime/signal_unix.go, the relay of SIGQUIT with GOTRACEBACK=crash.

#ifndef GOSLING_SCHED_REPORT_FREEZE_H_
#define GOSLING_SCHED_REPORT_FREEZE_H_

#include <signal.h>

#include "sched/g.h"
#include "sched/report/unwind.h"

namespace gosling::sched {

// kFreezeSignal is the signal that freezes threads; its disposition is
// replaced.
inline constexpr int kFreezeSignal = SIGQUIT;

// FreezeOthers freezes all Ms but the caller's and waits until they are and
// none holds a lock that a dump needs: a few seconds at most. Once, by the
// dying thread. Async-signal-safe.
void FreezeOthers();

// CollectFrozen reads the stack of a goroutine that a frozen thread was
// running; false if there is none. Async-signal-safe.
bool CollectFrozen(const G* g, Frames* frames);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_FREEZE_H_
