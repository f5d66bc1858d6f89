// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Idle Ms and Ps, spinning Ms, and the timekeeper. Every change of the three is
// a function here.
//
// An idle M stands in the scheduler's idle list and sleeps on its note. A waker
// that takes it out of the list, under scheduler.lock, owes it exactly one
// Wakeup, with a P in next_p or without: that makes the one-shot note safe. An
// M may also take itself out (its timed sleep is over, or its last look found
// work).
//
// One idle M is the timekeeper: it sleeps only until the earliest timer of all
// Ps. `sleep_until` says until when; the adder of an earlier timer wakes it
// (NoteNewTimer). The fences are asymmetric (fence.h):
//
//     adder                            timekeeper
//
//     put the timer into its heap      sleep_until = "for ever"
//     LightFence                       HeavyFence
//     read sleep_until                 read the heaps
//                                      sleep_until = the earliest timer
//
// The timekeeper stands last in the list, so that StartM picks others first.
// When it does get work, the role is vacant until the next M goes idle; the
// owners of Ps look after their own timers, and sysmon after overdue ones.
//
// Waking Ms. A submitter that queues work while Ps are idle makes some M look
// for it, by Go's protocol with asymmetric fences:
//
//     submitter                             M going idle
//
//     put G into a queue                    npidle++ (P is given up)
//     LightFence                            nmspinning--
//     if npidle > 0 and nmspinning == 0,    HeavyFence
//       wake one M                          look at all queues once more
//
// Invariant: for every G in a ring or in the global queue while some P is idle,
// there is an M that spins, or is on its way to sleep and will still look, or a
// submitter that has not finished waking one. Either the submitter sees the
// idle P, or the M going idle sees the G. HeavyFence is a membarrier, and is
// paid only by an M about to sleep; putting a G costs no fence. At most one M
// is woken at a time; a spinning M that finds work looks whether there is more
// and wakes the next, and so does g0 for Gs that it leaves in its own queues.
// The one exception: a lazy P's ring (wake_policy.h).
//

// Go: runtime/proc.go, stopm, pidleget, pidleput, resetspinning; there the
// netpoller is the timekeeper.

#ifndef GOSLING_SCHED_IDLE_H_
#define GOSLING_SCHED_IDLE_H_

#include <cstdint>

#include "sched/m.h"
#include "sched/p.h"
#include "sched/sched.h"

namespace gosling::sched {

// --- Idle Ps ---

// TakeIdleP takes one out of the list, into the caller's hands, and wakes
// sysmon if it sleeps. nullptr: there is none. PutIdleP puts one there.
P* TakeIdleP() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);
void PutIdleP(P* p) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// --- Idle Ms ---

// TakeIdleM takes the M that went idle last out of the list; the caller owes it
// a Wakeup. nullptr: there is none.
M* TakeIdleM() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// GiveToIdleM gives p to an idle M, if there is one.
bool GiveToIdleM(P* p, bool spinning)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// WakeIdleM is the Wakeup that is owed to an M which was taken out of the list.
void WakeIdleM(M* m);

// GoIdle, when there is nothing to do, gives m's P up, looks once more and
// sleeps. Runs on g0.
void GoIdle(M* m);

// TrimIdleMs ends threads that a burst of blocking calls has left. Of more than
// 4 × GOMAXPROCS + 8 idle Ms those that nobody has needed for a second end, the
// ones that went idle first, a batch at a time: sysmon takes each out of the
// list, as a waker does, with `surplus` set. The M looks at the queues once
// more, as it may not have done since it came there; if there is nothing its
// FindRunnable returns none. While the system refuses threads, none ends. True:
// there is more to end. For sysmon. Unlike Go, whose Ms stay for ever
// (golang.org/issue/14592).
bool TrimIdleMs(std::int64_t now);

// HandOnAndGoIdle gives m's P, in whose runnext there is a G, to another M, and
// goes idle in the same step, so that m is there for the next that wants an M,
// however long it takes to fall asleep. For forced migration. Runs on g0.
void HandOnAndGoIdle(M* m);

// --- Spinning ---

// MayStartSpinning counts m as spinning, unless half as many Ms as are busy
// spin already. True too if m spins.
bool MayStartSpinning(M* m);

// StopSpinning ends m's spinning. If that is because m has found work, the
// caller then looks whether there is more, for the submitters that have relied
// on m.
void StopSpinning(M* m);

// PromiseSpinner counts one M as spinning that the caller is about to wake, if
// none spins; false: there is one. RetractSpinner takes that back.
bool PromiseSpinner();
void RetractSpinner();

// --- Timers ---

// NeedsKeeper says whether no M would be awake in time for p's timers, now that
// p goes idle. The timekeeper was not told of timers whose goroutine parked at
// once (TimerAdd's `soon`), so it may sleep for too long.
bool NeedsKeeper(P* p) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// TakeKeeper takes an idle M out of the list, to look at the timers: the
// timekeeper, if there is one. The caller wakes it. nullptr: no M is idle.
M* TakeKeeper() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// EarliestTimer is the first of all Ps; 0: none.
std::int64_t EarliestTimer();

// HaveKeeper has an M sleep anew as the timekeeper, in the netpoller now that
// there is one. Not under scheduler.lock.
void HaveKeeper();

// NoteNewTimer wakes an idle M if none would be awake for a timer that was
// added and fires at `when`.
void NoteNewTimer(std::int64_t when);

// MindTimers makes an M look at the timers of all Ps, now that some have become
// idle.
void MindTimers();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_IDLE_H_
