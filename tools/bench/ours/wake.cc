// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sparsewake: now and then, at every half millisecond, a goroutine sends to one
// that waits, while nothing else runs. One operation is one wake; its CPU time
// is what counts. "latency" is the median time until the other runs.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <chrono>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

void SparseWake(benchmark::State& state) {
  gosling::Run([&] {
    bench::Latencies latencies(state.max_iterations);
    auto times = gosling::MakeChan<bench::Clock::time_point>();
    gosling::sync::WaitGroup group;
    group.Go([&] {
      for (bench::Clock::time_point sent : times) {
        latencies.Add(bench::Clock::now() - sent);
      }
    });
    for (auto _ : state) {
      gosling::time::Sleep(std::chrono::microseconds(500));
      times.Send(bench::Clock::now());
    }
    times.Close();
    group.Wait();
    state.counters["latency"] = latencies.Median();
  });
}
BENCHMARK(SparseWake)->Name("sparsewake")->Apply(bench::Timed);

}  // namespace
