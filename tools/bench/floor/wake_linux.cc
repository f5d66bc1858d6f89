// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sparsewake: one thread wakes another that sleeps, through a futex.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

using Word = std::atomic<std::uint32_t>;

void Wait(Word& word, std::uint32_t old) {
  // acquire: pairs with the release in Wake. May also return without reason.
  while (word.load(std::memory_order_acquire) == old) {
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, nullptr);
  }
}

void Wake(Word& word) {
  word.fetch_add(1, std::memory_order_release);
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
}

void SparseWake(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.max_iterations);
  bench::Latencies latencies(count);
  bench::Clock::time_point sent;
  Word word = 0;
  std::thread sleeper([&] {
    for (std::uint32_t woken = 0; woken < count; woken++) {
      Wait(word, woken);
      latencies.Add(bench::Clock::now() - sent);
    }
  });
  for (auto _ : state) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    sent = bench::Clock::now();
    Wake(word);
  }
  sleeper.join();
  state.counters["latency"] = latencies.Median();
}
BENCHMARK(SparseWake)->Name("sparsewake")->Apply(bench::Timed);

}  // namespace
