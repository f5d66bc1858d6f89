// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// yield2, yield1000: as in ../ours/yield.cc.

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <vector>

#include "tools/bench/bench.h"

namespace {

void Yield(benchmark::State& state, int count) {
  while (state.KeepRunningBatch(state.max_iterations)) {
    std::vector<boost::fibers::fiber> fibers;
    for (int i = 0; i < count; i++) {
      fibers.emplace_back([&] {
        const auto yields = state.max_iterations / count;
        for (auto left = yields; left > 0; left--) {
          boost::this_fiber::yield();
        }
      });
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
  }
}

void Yield2(benchmark::State& state) { Yield(state, 2); }
BENCHMARK(Yield2)->Name("yield2")->Apply(bench::Timed);

void Yield1000(benchmark::State& state) { Yield(state, 1000); }
BENCHMARK(Yield1000)->Name("yield1000")->Apply(bench::Timed);

}  // namespace
