// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Deadlock: inside Run, no goroutine can ever run again.
//
// That is so when no M runs or is blocked in user code (all are idle, wait for
// their locked goroutine, or sit in the runtime's own system calls), nothing is
// queued, no timer is armed, no signal is waited for, and every foreign thread
// is parked in the runtime too. A thread that has never used the runtime may be
// about to, so if the process has threads that are unknown here, there is no
// verdict yet: sysmon looks again from time to time, since such a thread may
// end without a word. CheckDead counts the threads first, and looks for their
// work afterwards: a thread that comes to the runtime in between is then found
// in the count, among the foreign ones, or by its work, which it cannot hand in
// while scheduler.lock is held.
//
// Where the system does not tell how many threads there are (no /proc, in a
// chroot or a sandbox), there is never a verdict: a program that hangs can be
// looked at, one that was killed by mistake cannot be helped. Unlike Go, which
// needs not ask: a program of its own has no threads but its own.
//
// Each thread that goes to sleep calls CheckDead: an M going idle, a foreign
// thread that parks, the M of a runtime goroutine that enters its system call.
// scheduler.lock orders them: each counts itself asleep under the lock before
// it looks, and its waker counts it awake before it wakes.
//
// Better than Go: Notify does not disable detection for good; it pauses while a
// signal is asked for.// Whichever signal that is: every process of the user may send any of them, so
// SIGCHLD without a child, or SIGURG without a socket, proves nothing. Rejected:
// a verdict when no goroutine waits on a registered channel. That would be
// right, but programs that only swallow a signal, and sleep, live on in Go.
//
// Go: runtime/proc.go, checkdead.

#ifndef GOSLING_SCHED_DEADLOCK_H_
#define GOSLING_SCHED_DEADLOCK_H_

#include "sched/sched.h"

namespace gosling::sched {

// CheckDead ends the program if it is deadlocked.
void CheckDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_DEADLOCK_H_
