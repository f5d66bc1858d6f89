// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sleep100k: as in ../ours/sleep.cc.

#include <algorithm>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

constexpr int kFibers = 100'000;

void Sleep(benchmark::State& state) {
  std::chrono::nanoseconds latest(0);
  for (auto _ : state) {
    std::vector<std::chrono::nanoseconds> late(kFibers);
    std::vector<boost::fibers::fiber> fibers;
    fibers.reserve(kFibers);
    for (int i = 0; i < kFibers; i++) {
      fibers.emplace_back([&late, i] {
        const std::chrono::milliseconds pause(1 + i % 100);
        const bench::Clock::time_point start = bench::Clock::now();
        boost::this_fiber::sleep_for(pause);
        late[i] = bench::Clock::now() - start - pause;
      });
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    const auto [least, most] = std::minmax_element(late.begin(), late.end());
    bench::Require(least->count() >= 0, "sleep100k");
    latest = std::max(latest, *most);
  }
  state.counters["late"] = static_cast<double>(latest.count());
}
BENCHMARK(Sleep)->Name("sleep100k")->Apply(bench::Counted);

}  // namespace
