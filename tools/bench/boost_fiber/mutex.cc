// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mutex1, mutex8, mutex8y: as in ../ours/mutex.cc.

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "tools/bench/bench.h"

namespace {

void Mutex1(benchmark::State& state) {
  boost::fibers::mutex mutex;
  std::int64_t count = 0;
  for (auto _ : state) {
    std::lock_guard<boost::fibers::mutex> lock(mutex);
    benchmark::DoNotOptimize(++count);
  }
  bench::Require(count == state.iterations(), "mutex1");
}
BENCHMARK(Mutex1)->Name("mutex1")->Apply(bench::Timed);

void Contend(benchmark::State& state, void (*inside)()) {
  constexpr int kFibers = 8;
  while (state.KeepRunningBatch(state.max_iterations)) {
    boost::fibers::mutex mutex;
    std::vector<boost::fibers::fiber> fibers;
    std::int64_t count = 0;
    for (int i = 0; i < kFibers; i++) {
      fibers.emplace_back([&, i] {
        for (std::int64_t n = i; n < state.max_iterations; n += kFibers) {
          std::lock_guard<boost::fibers::mutex> lock(mutex);
          benchmark::DoNotOptimize(++count);
          if (inside != nullptr) inside();
        }
      });
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    bench::Require(count == state.max_iterations, "mutex8");
  }
}

void Mutex8(benchmark::State& state) { Contend(state, nullptr); }
BENCHMARK(Mutex8)->Name("mutex8")->Apply(bench::Timed);

void Mutex8y(benchmark::State& state) {
  Contend(state, [] { boost::this_fiber::yield(); });
}
BENCHMARK(Mutex8y)->Name("mutex8y")->Apply(bench::Timed);

}  // namespace
