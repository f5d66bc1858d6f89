// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong: on one core a jump there and one back; on more, two threads that
// spin hand each other a cache line.

#include <atomic>
#include <cstdint>
#include <thread>

#include "tools/bench/bench.h"
#include "tools/bench/floor/ring.h"
#include "tools/bench/procs.h"

namespace {

void Jump(benchmark::State& state) {
  bench::Ring ring(2);
  for (auto _ : state) ring.Turn();
}

void HandOver(benchmark::State& state) {
  // Odd: ping; even: pong. release: pairs with the waiter's acquire.
  alignas(64) std::atomic<std::int64_t> ball = 0;
  const std::int64_t last = 2 * state.max_iterations;
  std::thread echo([&] {
    for (std::int64_t ping = 1; ping < last; ping += 2) {
      while (ball.load(std::memory_order_acquire) != ping) continue;
      ball.store(ping + 1, std::memory_order_release);
    }
  });
  std::int64_t pong = 0;
  for (auto _ : state) {
    ball.store(pong + 1, std::memory_order_release);
    pong += 2;
    while (ball.load(std::memory_order_acquire) != pong) continue;
  }
  echo.join();
}

void PingPong(benchmark::State& state) {
  bench::Procs() == 1 ? Jump(state) : HandOver(state);
}
BENCHMARK(PingPong)->Name("pingpong")->Apply(bench::Timed);

}  // namespace
