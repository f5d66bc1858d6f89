// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GOMAXPROCS: set by hand it stays, else it follows the system.
//
// By hand means by the environment or by a call. The system lets this process
// use the CPUs that its threads may run on, but no more than its control
// group's limit (os/cpu_limit.h), which is rounded up and never taken for less
// than 2, so that one goroutine does not hold up all the others. sysmon looks
// whether that has changed, once a second at most and not at all while the
// program is idle. Of GODEBUG, containermaxprocs=0 has it take no limit into
// account, updatemaxprocs=0 has sysmon not look.
//
// Invariants. `by_hand` is written with the world stopped, or set with nothing
// else to do, so a stopper that finds it unset may go by what the system says.
// Once GOMAXPROCS(n) has returned, no limits are read any more: they are read
// under `reading`, after a look at `by_hand`, and SetGoMaxProcs, which sets
// that, waits for a reading in progress.
//
// sysmon has no P and must not wait for the world to stop, since others count
// on it meanwhile: when there is something to change, it starts a thread for
// that. If the system refuses it, sysmon looks again in a second. Unlike Go,
// which keeps a goroutine for that.
//
// Go: runtime/debug.go, GOMAXPROCS, SetDefaultGOMAXPROCS; runtime/proc.go,
// sysmonUpdateGOMAXPROCS.

#ifndef GOSLING_SCHED_GOMAXPROCS_H_
#define GOSLING_SCHED_GOMAXPROCS_H_

#include <cstdint>

namespace gosling::sched {

int GoMaxProcs();

// SetGoMaxProcs sets it by hand, if n > 0, and returns the former value. Stops
// the world if it is another; unpinned. May park.
int SetGoMaxProcs(int n);

// SetDefaultGoMaxProcs looks anew where limits stand, and has GOMAXPROCS follow
// the system from now on. Stops the world if that changes anything; unpinned.
// May park.
void SetDefaultGoMaxProcs();

// FirstGoMaxProcs returns the first value, for Bootstrap. `wish` is the
// environment's, 0 for none.
int FirstGoMaxProcs(int wish);

// FollowSystem, by sysmon, has GOMAXPROCS follow the system.
void FollowSystem(std::int64_t now);

// cpus_of_process counts the CPUs that the process may use; tests replace it.
extern int (*cpus_of_process)();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GOMAXPROCS_H_
