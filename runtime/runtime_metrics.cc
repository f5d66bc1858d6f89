// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ReadMetrics and Leaked: what is told of goroutines, threads and signals.

#include <gosling/runtime.h>
#include <gosling/signal.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "sched/contention.h"
#include "sched/gpool.h"
#include "sched/report/traceback.h"
#include "sched/run_latency.h"
#include "sched/wait_reason.h"
#include "sched/world.h"

namespace gosling::runtime {

namespace {

namespace s = ::gosling::sched;

struct States {
  std::uint64_t running = 0;
  std::uint64_t runnable = 0;
  std::uint64_t waiting = 0;
};

bool IsCounted(const s::G* g) {
  return !g->HasFlag(s::kGSystem) && !g->HasFlag(s::kGAbandoned);
}

States CountStates() {
  States states;
  s::gpool.ForEach(
      [](s::G* g, void* arg) {
        auto* of = static_cast<States*>(arg);
        if (!IsCounted(g)) return;
        switch (g->status.load(std::memory_order_relaxed)) {
          case s::GStatus::kRunning:
            of->running++;
            break;
          case s::GStatus::kRunnable:
            of->runnable++;
            break;
          case s::GStatus::kWaiting:
            of->waiting++;
            break;
          case s::GStatus::kIdle:
            break;
        }
      },
      &states);
  return states;
}

signal::Counters AllSignals() {
  signal::Counters all;
  for (int sig = 1; sig < NSIG; sig++) {
    const signal::Counters of = signal::Stats(sig);
    all.received += of.received;
    all.coalesced += of.coalesced;
    all.delivered += of.delivered;
    all.dropped += of.dropped;
  }
  return all;
}

}  // namespace

namespace {

Metric Histogram(const char* name, const s::TimeHistogram& of) {
  Metric metric{name, 0, {}, {}};
  metric.counts.reserve(s::TimeHistogram::kBuckets);
  metric.buckets.reserve(s::TimeHistogram::kBuckets + 1);
  for (int i = 0; i < s::TimeHistogram::kBuckets; i++) {
    metric.counts.push_back(of.Count(i));
    metric.value += metric.counts.back();
    metric.buckets.push_back(s::TimeHistogram::LowerBound(i));
  }
  metric.buckets.push_back(
      s::TimeHistogram::LowerBound(s::TimeHistogram::kBuckets));
  return metric;
}

Metric Seconds(const char* name, std::uint64_t ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  return {name, ns / kSecond, {}, {}, static_cast<double>(ns) / kSecond};
}

}  // namespace

std::vector<Metric> ReadMetrics() {
  const Counters c = Stats();
  const States states = CountStates();
  const signal::Counters signals = AllSignals();
  const auto count = [](int n) { return static_cast<std::uint64_t>(n); };
  std::vector<Metric> all = {
      {"/sched/goroutines:goroutines", count(c.goroutines), {}, {}},
      {"/sched/goroutines/running:goroutines", states.running, {}, {}},
      {"/sched/goroutines/runnable:goroutines", states.runnable, {}, {}},
      {"/sched/goroutines/waiting:goroutines", states.waiting, {}, {}},
      {"/sched/goroutines-created:goroutines", c.started, {}, {}},
      {"/sched/gomaxprocs:threads", count(c.procs), {}, {}},
      {"/sched/threads/total:threads", count(c.threads), {}, {}},
      {"/gosling/sched/threads/idle:threads", count(c.idle_threads), {}, {}},
      {"/gosling/sched/threads/foreign:threads",
       count(c.foreign_threads),
       {},
       {}},
      {"/gosling/sched/threads-created:threads", c.threads_started, {}, {}},
      {"/gosling/sched/procs/idle:procs", count(c.idle_procs), {}, {}},
      {"/gosling/sched/parks:events", c.parks, {}, {}},
      {"/gosling/sched/yields:events", c.yields, {}, {}},
      {"/gosling/sched/preemptions:events", c.preemptions, {}, {}},
      {"/gosling/sched/steals:events", c.steals, {}, {}},
      {"/gosling/sched/overflows:events", c.overflows, {}, {}},
      {"/gosling/sched/retakes:events", c.retakes, {}, {}},
      {"/gosling/sched/handoffs:events", c.handoffs, {}, {}},
      {"/gosling/sched/wakeups:events", c.wakeups, {}, {}},
      {"/gosling/sched/world-stops:events", c.world_stops, {}, {}},
      {"/gosling/sched/timers:timers", c.timers, {}, {}},
      {"/gosling/sched/timers-fired:timers", c.timers_fired, {}, {}},
      {"/gosling/signals/received:signals", signals.received, {}, {}},
      {"/gosling/signals/coalesced:signals", signals.coalesced, {}, {}},
      {"/gosling/signals/delivered:signals", signals.delivered, {}, {}},
      {"/gosling/signals/dropped:signals", signals.dropped, {}, {}},
  };
  all.push_back(Seconds("/sync/mutex/wait/total:seconds",
                        s::mutex_wait.ns.load(std::memory_order_relaxed)));
  all.push_back(Histogram("/sched/latencies:seconds", s::run_latency));
  all.push_back(
      Histogram("/sched/pauses/stopping/other:seconds", s::stopping_pauses));
  all.push_back(
      Histogram("/sched/pauses/total/other:seconds", s::total_pauses));
  std::sort(all.begin(), all.end(),
            [](const Metric& a, const Metric& b) { return a.name < b.name; });
  return all;
}

std::vector<LeakedGoroutine> Leaked() {
  std::vector<LeakedGoroutine> leaked;
  s::gpool.ForEach(
      [](s::G* g, void* arg) {
        if (!IsCounted(g) || !s::WaitsForEver(g)) return;
        static_cast<std::vector<LeakedGoroutine>*>(arg)->push_back(
            {g->goid, g->name != nullptr ? g->name : "",
             s::WaitReasonString(
                 g->wait_reason.load(std::memory_order_relaxed))});
      },
      &leaked);
  return leaked;
}

}  // namespace gosling::runtime
