// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sleep100k: 100,000 goroutines sleep, for 1 to 100 ms. One operation is all of
// it. "late" is by how much the latest of them overslept.

#include <gosling/go.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

constexpr int kGoroutines = 100'000;

void Sleep(benchmark::State& state) {
  gosling::Run([&] {
    std::chrono::nanoseconds latest(0);
    for (auto _ : state) {
      std::vector<std::chrono::nanoseconds> late(kGoroutines);
      gosling::sync::WaitGroup group;
      for (int i = 0; i < kGoroutines; i++) {
        group.Go([&late, i] {
          const std::chrono::milliseconds pause(1 + i % 100);
          const bench::Clock::time_point start = bench::Clock::now();
          gosling::time::Sleep(pause);
          late[i] = bench::Clock::now() - start - pause;
        });
      }
      group.Wait();
      const auto [least, most] = std::minmax_element(late.begin(), late.end());
      bench::Require(least->count() >= 0, "sleep100k");
      latest = std::max(latest, *most);
    }
    state.counters["late"] = static_cast<double>(latest.count());
  });
}
BENCHMARK(Sleep)->Name("sleep100k")->Apply(bench::Counted);

}  // namespace
