// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stats: what the scheduler has counted, added up. Nothing is counted for its
// sake alone where something else tells: each P counts what leaves it, what
// yields and what ends, and the rest of what leaves it has parked.

#include <gosling/runtime.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "sched/fence.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/stack.h"

namespace gosling::runtime {

namespace {

using sched::sched;

// NeverLess returns the greatest `parks` that was ever found: AddPs may find too
// few.
std::uint64_t NeverLess(std::int64_t parks) {
  static constinit std::atomic<std::int64_t> greatest{0};
  std::int64_t former = greatest.load(std::memory_order_relaxed);
  while (former < parks && !greatest.compare_exchange_weak(
                               former, parks, std::memory_order_relaxed)) {
  }
  return static_cast<std::uint64_t>(std::max(former, parks));
}

// The words of the Ps. What yields or ends is counted just before it departs, and
// is read after the departures: what is left is not more than have parked, but
// for what a weakly ordered CPU shows late.
void AddPs(Counters* c) {
  // acquire: the Ps that it covers
  const int made = sched.nallp.load(std::memory_order_acquire);
  std::uint64_t departures = 0;
  std::uint64_t gone = 0;  // those of them that were no parking
  for (int i = 0; i < made; i++) {
    const ::gosling::sched::P& p = *sched.allp[i];
    departures += p.departures;
    ::gosling::sched::FullFence();
    const std::uint64_t yields = p.yields;
    gone += p.ended.load(std::memory_order_acquire) + yields;
    c->yields += yields;
    c->started += p.started;
    c->preemptions += p.preemptions;
    c->steals += p.steals;
    c->overflows += p.overflows;
    c->handoffs += p.handoffs;
    c->retakes += p.retakes;
    c->timers_fired += p.timers.Fired();
  }
  c->parks = NeverLess(static_cast<std::int64_t>(departures - gone));
  c->started += sched.started.load(std::memory_order_relaxed);
}

void AddQueues(Counters* c) {
  c->procs = sched.gomaxprocs.load(std::memory_order_acquire);
  c->idle_procs = sched.npidle.load(std::memory_order_relaxed);
  c->runnable = sched.runqsize.load(std::memory_order_relaxed);
  for (int i = 0; i < c->procs; i++) {
    const ::gosling::sched::P& p = *sched.allp[i];
    c->runnable += static_cast<int>(p.runq.Size()) +
                   (p.runnext.load(std::memory_order_relaxed) != nullptr);
    c->timers += p.timers.Size();
  }
}

void AddThreads(Counters* c) {
  c->foreign_threads = sched.nforeign.load(std::memory_order_relaxed);
  ::gosling::sched::MutexLock l(&sched.lock);
  c->threads = sched.mcount;
  c->idle_threads = sched.nmidle;
  c->threads_started = static_cast<std::uint64_t>(sched.mnext);
  c->wakeups = sched.wakeups;
}

void AddStacks(Counters* c) {
  namespace s = ::gosling::sched;
  for (std::size_t size = s::kMinStack; size <= s::kMaxStack; size *= 2) {
    const s::StackCounts counts = s::StackCount(size);
    c->stacks_made += counts.made;
    c->stacks_warm += counts.warm;
    c->stacks_cold += counts.cold;
  }
}

const char* GuardName(::gosling::sched::GuardMode mode) {
  switch (mode) {
    case ::gosling::sched::GuardMode::kMadvise:
      return "madvise";
    case ::gosling::sched::GuardMode::kMprotect:
      return "mprotect";
    case ::gosling::sched::GuardMode::kCanary:
      return "canary";
  }
  return "unknown";
}

}  // namespace

Counters Stats() {
  Counters c;
  c.goroutines = NumGoroutine();
  AddPs(&c);
  AddQueues(&c);
  AddThreads(&c);
  AddStacks(&c);
  c.world_stops = sched.world_stops;
  c.stack_guard = GuardName(::gosling::sched::StackGuardMode());
  return c;
}

}  // namespace gosling::runtime
