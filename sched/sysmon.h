// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sysmon: a thread without a P that sees to what no other thread can.
//
// It looks at every P, as often as it can afford (pace.h): each 20 us or so
// while it finds something to do. Once every P has been idle for a second it
// sleeps until a P is used again (TakeIdleP), so an idle program has no
// wake-ups, except those that GODEBUG=schedtrace asks for. At each look, the
// cases for each P that runs, and its action in each:
//
//   * The thread sleeps in the system, and there is work for the P, or no
//     thread would look for new work: take P and hand it to another M. A thread
//     sleeps if its CPU clock has not moved since the last look, 20 us or more
//     ago, which is cheap to find out, and the system then says so. For the
//     clock of a thread that has merely lost its core stands still too, and
//     that thread must keep its P: another would not get a core sooner.
//   * The goroutine is between EnterSyscall and ExitSyscall, and the P has not
//     switched since the last look: the same without asking.
//   * No new slice for 10 ms, and goroutines wait here: ask the M to yield at
//     its next runtime call. If it has made none by the next look, it is in
//     user code (m.h): take P once the code has computed for a slice, which is
//     the longer, the more threads compute without a P already (adrift.h), or
//     at once if the thread sleeps. If no goroutine waits, P is taken after 10
//     ms all the same, so that sysmon may sleep while user code computes.
//   * A G waits in runnext, where no thief can reach it, the P has not switched
//     since the last look, and another P is idle: take P.
//   * The same with a G in the ring, where thieves can reach it: wake one.
//   * Timers overdue: wake a spinning M, which runs them, or, with no P idle,
//     treat as above.
//   * Slices here are long on average although the P wakes lazily
//     (wake_policy.h): make it eager again.
//
// An M that is pinned, asleep or not, keeps its P (TryRetake): it is in the
// runtime, on g0 or waiting for a runtime lock, and will be out of it at once.
//
// Where the system does not tell states (no /proc, a sandbox), P is taken from
// a thread that does not compute all the time after 10 ms by the clock, whether
// it sleeps or has no core; where it does not tell CPU clocks, from every
// thread.
//
// While P after P is taken from sleepers, sysmon does not look at idle Ps
// either, but has itself woken by the first use of one: then it notices a
// thread that blocks after a pause of the whole program as soon as one that
// blocks in the midst of work.
//
// Once a second it looks whether GOMAXPROCS should be another (gomaxprocs.h).
// Once a minute, and before it sleeps for long, it notes for the sake of dumps
// which goroutines wait (wait_reason.h).
//
// Go: runtime/proc.go, sysmon, retake.

#ifndef GOSLING_SCHED_SYSMON_H_
#define GOSLING_SCHED_SYSMON_H_

#include <cstdint>

#include "sched/p.h"

namespace gosling::sched {

void StartSysmon();

// StampWaits notes which goroutines have begun to wait (kWaitSeen in
// wait_reason.h).
void StampWaits(std::int64_t now);

// TryRetake takes p from an M that is in user code; p is then in the caller's
// hands.
bool TryRetake(P* p);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SYSMON_H_
