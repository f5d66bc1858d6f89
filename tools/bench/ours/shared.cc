// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pool8: eight goroutines put a pointer into a pool and get one, after Go's
// BenchmarkPool. map8: eight look keys of 1,024 up in a map, and all but one in
// sixteen is there, after Go's BenchmarkLoadMostlyHits.

#include <gosling/go.h>
#include <gosling/map.h>
#include <gosling/pool.h>
#include <gosling/sync.h>

#include <atomic>
#include <cstdint>

#include "tools/bench/bench.h"

namespace {

constexpr int kGoroutines = 8;

// Share has the goroutines call f(n) for the n below the number of operations,
// and returns the sum.
template <class F>
std::int64_t Share(std::int64_t operations, F f) {
  std::atomic<std::int64_t> sum{0};
  gosling::sync::WaitGroup group;
  for (int i = 0; i < kGoroutines; i++) {
    group.Go([&, i] {
      std::int64_t mine = 0;
      for (std::int64_t n = i; n < operations; n += kGoroutines) mine += f(n);
      sum += mine;
    });
  }
  group.Wait();
  return sum;
}

void Pool8(benchmark::State& state) {
  gosling::Run([&] {
    static int thing = 1;
    gosling::sync::Pool<int*> pool([] { return &thing; });
    while (state.KeepRunningBatch(state.max_iterations)) {
      const std::int64_t sum = Share(state.max_iterations, [&](std::int64_t) {
        pool.Put(&thing);
        return *pool.Get();
      });
      bench::Require(sum == state.max_iterations, "pool8");
    }
  });
}
BENCHMARK(Pool8)->Name("pool8")->Apply(bench::Timed);

void Map8(benchmark::State& state) {
  constexpr std::int64_t kKeys = 1024;
  constexpr std::int64_t kHits = kKeys / 16 * 15;
  gosling::Run([&] {
    gosling::sync::Map<std::int64_t, std::int64_t> map;
    for (std::int64_t key = 0; key < kHits; key++) map.Store(key, 1);
    while (state.KeepRunningBatch(state.max_iterations)) {
      const std::int64_t hits = Share(
          state.max_iterations,
          [&](std::int64_t n) { return map.Load(n % kKeys).value_or(0); });
      const std::int64_t rest = state.max_iterations % kKeys;
      bench::Require(hits == state.max_iterations / kKeys * kHits +
                                 (rest < kHits ? rest : kHits),
                     "map8");
    }
  });
}
BENCHMARK(Map8)->Name("map8")->Apply(bench::Timed);

}  // namespace
