// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mutex1: one goroutine locks, counts and unlocks. mutex8: eight do, without a
// yield in between. mutex8y: the same, with a yield while the lock is held. One
// operation is one lock with its unlock.

#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>

#include <cstdint>
#include <mutex>

#include "tools/bench/bench.h"

namespace {

void Mutex1(benchmark::State& state) {
  gosling::Run([&] {
    gosling::sync::Mutex mutex;
    std::int64_t count = 0;
    for (auto _ : state) {
      std::lock_guard lock(mutex);
      count++;
      benchmark::ClobberMemory();
    }
    bench::Require(count == state.iterations(), "mutex1");
  });
}
BENCHMARK(Mutex1)->Name("mutex1")->Apply(bench::Timed);

void Contend(benchmark::State& state, void (*inside)()) {
  constexpr int kGoroutines = 8;
  gosling::Run([&] {
    while (state.KeepRunningBatch(state.max_iterations)) {
      gosling::sync::Mutex mutex;
      gosling::sync::WaitGroup group;
      std::int64_t count = 0;
      for (int i = 0; i < kGoroutines; i++) {
        group.Go([&, i] {
          for (std::int64_t n = i; n < state.max_iterations; n += kGoroutines) {
            std::lock_guard lock(mutex);
            count++;
            benchmark::ClobberMemory();
            if (inside != nullptr) inside();
          }
        });
      }
      group.Wait();
      bench::Require(count == state.max_iterations, "mutex8");
    }
  });
}

void Mutex8(benchmark::State& state) { Contend(state, nullptr); }
BENCHMARK(Mutex8)->Name("mutex8")->Apply(bench::Timed);

void Mutex8y(benchmark::State& state) {
  Contend(state, gosling::runtime::Gosched);
}
BENCHMARK(Mutex8y)->Name("mutex8y")->Apply(bench::Timed);

}  // namespace
