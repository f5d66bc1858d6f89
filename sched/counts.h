// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Counts: sums over all Ps, and the state of queues and threads, for Stats.

#ifndef GOSLING_SCHED_COUNTS_H_
#define GOSLING_SCHED_COUNTS_H_

#include <cstdint>

#include "sched/p.h"

namespace gosling::sched {

struct Counts {
  int procs = 0;
  int idle_procs = 0;
  int global_queue = 0;
  int threads = 0;
  int idle_threads = 0;
  int foreign_threads = 0;
  std::uint64_t threads_started = 0;
  std::uint64_t wakeups = 0;
  std::uint64_t world_stops = 0;
  std::uint64_t started = 0;  // goroutines, by threads without a P
  std::uint64_t parks = 0;    // and yields, of goroutines without one
  std::uint64_t yields = 0;
};

// CountAll takes the counts, each at a moment of its own.
Counts CountAll();

// ForEachP calls f for each P that there ever was, in use or not. `used`:
// whether it is one of GOMAXPROCS.
void ForEachP(void (*f)(const P& p, bool used, void* arg), void* arg);

// OthersRun says whether other Ps than the caller's are in use. A hint.
bool OthersRun();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_COUNTS_H_
