// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stats: what the scheduler has counted, added up.

#include <gosling/runtime.h>

#include <atomic>

#include "sched/counts.h"
#include "sched/p.h"
#include "sched/stack.h"
#include "sched/stack_guard.h"

namespace gosling::runtime {

namespace {

namespace s = ::gosling::sched;

void AddP(const s::P& p, bool used, void* arg) {
  auto* c = static_cast<Counters*>(arg);
  c->parks += p.parks;
  c->yields += p.yields;
  c->started += p.started;
  c->preemptions += p.preemptions;
  c->steals += p.steals;
  c->overflows += p.overflows;
  c->handoffs += p.handoffs;
  c->retakes += p.retakes;
  c->timers_fired += p.timers.Fired();
  if (!used) return;
  c->runnable += static_cast<int>(p.runq.Size()) +
                 (p.runnext.load(std::memory_order_relaxed) != nullptr);
  c->timers += p.timers.Size();
}

void AddCounts(Counters* c) {
  const s::Counts counts = s::CountAll();
  c->procs = counts.procs;
  c->idle_procs = counts.idle_procs;
  c->runnable += counts.global_queue;
  c->foreign_threads = counts.foreign_threads;
  c->threads = counts.threads;
  c->idle_threads = counts.idle_threads;
  c->threads_started = counts.threads_started;
  c->wakeups = counts.wakeups;
  c->world_stops = counts.world_stops;
  c->started += counts.started;
  c->parks += counts.parks;
  c->yields += counts.yields;
}

void AddStacks(Counters* c) {
  for (std::size_t size = s::kMinStack; size <= s::kMaxStack; size *= 2) {
    const s::StackCounts counts = s::StackCount(size);
    c->stacks_made += counts.made;
    c->stacks_warm += counts.warm;
    c->stacks_cold += counts.cold;
  }
}

const char* GuardName(s::GuardMode mode) {
  switch (mode) {
    case s::GuardMode::kMadvise:
      return "madvise";
    case s::GuardMode::kMprotect:
      return "mprotect";
    case s::GuardMode::kCanary:
      return "canary";
  }
  return "unknown";
}

}  // namespace

Counters Stats() {
  Counters c;
  c.goroutines = NumGoroutine();
  s::ForEachP(AddP, &c);
  AddCounts(&c);
  AddStacks(&c);
  c.stack_guard = GuardName(s::StackGuardMode());
  return c;
}

}  // namespace gosling::runtime
