// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The world stops when the stopper holds every P. Meanwhile the stopper may
// change how many Ps there are (gomaxprocs.h says when).
//
// The stopper takes idle Ps from the list, and retakes a running one from an M
// in user code (m.h); an M that passes FindRunnable or HandoffP gives its own
// up. An M that was pinned when asked may go back to user code for long without
// passing there, so the stopper asks again, every 50 us, until it has them all.
// User code goes on while the world is stopped; it just cannot enter the
// runtime.
//
// Go: runtime/proc.go, stopTheWorldWithSema, procresize.

#ifndef GOSLING_SCHED_WORLD_H_
#define GOSLING_SCHED_WORLD_H_

#include "sched/m.h"
#include "sched/time_histogram.h"

namespace gosling::sched {

// StopTheWorld returns when the caller holds every P; the caller must be
// unpinned and is pinned afterwards. StartTheWorld undoes both. From any thread
// or goroutine; may park.
void StopTheWorld();
void StartTheWorld();

class StoppedWorld {
 public:
  StoppedWorld() { StopTheWorld(); }
  ~StoppedWorld() { StartTheWorld(); }
  StoppedWorld(const StoppedWorld&) = delete;
  StoppedWorld& operator=(const StoppedWorld&) = delete;
};

// How long it took until the world was stopped, and until it was started again.
extern constinit TimeHistogram stopping_pauses;
extern constinit TimeHistogram total_pauses;

// StopForWorld gives P up, as the world is being stopped. Runs on g0.
void StopForWorld(M* m);

// InitProcs makes Ps until there are n.
void InitProcs(int n);

// ResizeProcs changes GOMAXPROCS. The caller has stopped the world.
void ResizeProcs(int n);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_WORLD_H_
