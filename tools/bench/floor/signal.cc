// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigself: the program sends itself a signal, and its handler sets a flag.
// sighandler: ../self_signal.h; the handler counts.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"
#include "tools/bench/self_signal.h"

namespace {

std::atomic<bool> came;

void Handle(int /*signal*/) { came.store(true, std::memory_order_relaxed); }

void SigSelf(benchmark::State& state) {
  bench::Latencies latencies(state.max_iterations);
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = Handle;
  bench::Require(::sigaction(SIGUSR1, &action, &before) == 0, "sigaction");
  for (auto _ : state) {
    const bench::Clock::time_point sent = bench::Clock::now();
    ::kill(::getpid(), SIGUSR1);
    while (!came.exchange(false, std::memory_order_relaxed)) continue;
    latencies.Add(bench::Clock::now() - sent);
  }
  ::sigaction(SIGUSR1, &before, nullptr);
  state.counters["latency"] = latencies.Median();
}
BENCHMARK(SigSelf)->Name("sigself")->Apply(bench::Timed);

volatile std::int64_t handled = 0;

void Count(int /*signal*/) { handled = handled + 1; }

void SigHandler(benchmark::State& state) {
  bench::Latencies each(state.max_iterations);
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = Count;
  bench::Require(::sigaction(SIGUSR1, &action, &before) == 0, "sigaction");
  handled = 0;
  std::int64_t batches = 0;
  for (auto _ : state) {
    each.Add(bench::SelfSignals(SIGUSR1));
    batches++;
  }
  ::sigaction(SIGUSR1, &before, nullptr);
  bench::Require(handled == batches * (bench::kSelfSignals + 1), "sighandler");
  state.counters["each"] = each.Median();
}
BENCHMARK(SigHandler)->Name("sighandler")->Apply(bench::Timed);

}  // namespace
