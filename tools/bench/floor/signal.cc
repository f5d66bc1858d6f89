// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigself: the program sends itself a signal, and its handler sets a flag.

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

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

}  // namespace
