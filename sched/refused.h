// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that the system refuses: the program goes on without them.
//
// More threads serve fairness: goroutines that block or compute do not stop the
// others. For that alone the program need not die. So an M that gets no thread
// is none, its P goes to the idle list and the Gs queued there to the global
// queue, where the other Ms find them. sysmon asks again, every 10 ms while
// something is left to do for such a P. One warning is printed. Only when there
// is work, and every M waits for its locked goroutine or sits in a system call
// of the runtime's own, nothing could ever run again: then sysmon asks for 0.2
// s, as Go does, and the program ends in Go's words. Without a template thread
// a locked one starts none either, and sysmon does. Unlike Go, for which every
// thread is essential.
//
// A P for which the system refuses a thread (thread.h) is put away: its Gs,
// runnext included, go to the global queue, and P to the idle list, where an M
// that comes back from user code finds it. `thread_refused` is set before this
// M's part in nmspinning is taken back: as a spinning M does (idle.h), it
// promises submitters a look, which sysmon takes. Meanwhile no other thread is
// asked for.

#ifndef GOSLING_SCHED_REFUSED_H_
#define GOSLING_SCHED_REFUSED_H_

#include <cstdint>

#include "sched/m.h"
#include "sched/p.h"
#include "sched/sched.h"

namespace gosling::sched {

// PutAway puts p, for which no M is to be had, where any M finds it and its
// work. True: the caller owes the stopper of the world a Wakeup.
bool PutAway(P* p, bool spinning) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// NoThreadFor ends a counted M whose thread could not be started (null: there
// was no memory for it), and puts away its P.
void NoThreadFor(M* m, P* p, bool spinning);

// NoMButThis says whether no other M will look for work: all wait for their
// locked goroutine or sit in EnterSystemBlock. `This` is counted, and has no
// thread.
bool NoMButThis() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// RetryThread, by sysmon: asks again for a thread that was refused, if there is
// something for it to do.
void RetryThread(std::int64_t now);

// WarnNoThread says once that a thread was refused; ThrowNoThread ends the
// program because of that.
void WarnNoThread(int err);
[[noreturn]] void ThrowNoThread(int err);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REFUSED_H_
