// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/counts.h"

#include "sched/control.h"
#include "sched/global_queue.h"
#include "sched/sched.h"

namespace gosling::sched {

Counts CountAll() {
  Counts c;
  c.procs = Procs();
  c.idle_procs = scheduler.npidle.load(std::memory_order_relaxed);
  c.global_queue = GlobalSize();
  c.foreign_threads = scheduler.nforeign.load(std::memory_order_relaxed);
  c.world_stops = scheduler.world_stops;
  c.started = scheduler.started.load(std::memory_order_relaxed);
  c.parks = controlled_parks.load(std::memory_order_relaxed);
  c.yields = controlled_yields.load(std::memory_order_relaxed);
  MutexLock l(&scheduler.lock);
  c.threads = scheduler.mcount;
  c.idle_threads = scheduler.nmidle;
  c.threads_started = static_cast<std::uint64_t>(scheduler.mnext);
  c.wakeups = scheduler.wakeups;
  return c;
}

void ForEachP(void (*f)(const P& p, bool used, void* arg), void* arg) {
  // acquire: pairs with InitProcs; the Ps that it covers
  const int made = scheduler.nallp.load(std::memory_order_acquire);
  const int used = Procs();
  for (int i = 0; i < made; i++) f(*scheduler.allp[i], i < used, arg);
}

bool OthersRun() {
  const int idle = scheduler.npidle.load(std::memory_order_relaxed) +
                   scheduler.nmspinning.load(std::memory_order_relaxed);
  return scheduler.gomaxprocs.load(std::memory_order_relaxed) > idle + 1;
}

}  // namespace gosling::sched
