// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mutex1: an atomic exchange, which no other thread makes, and a store.

#include <atomic>

#include "tools/bench/bench.h"

namespace {

void Mutex1(benchmark::State& state) {
  std::atomic<bool> locked = false;
  for (auto _ : state) {
    bench::Require(!locked.exchange(true, std::memory_order_acquire), "mutex1");
    locked.store(false, std::memory_order_release);
  }
}
BENCHMARK(Mutex1)->Name("mutex1")->Apply(bench::Timed);

}  // namespace
