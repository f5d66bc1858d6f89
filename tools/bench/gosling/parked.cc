// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k: 100,000 goroutines wait, each on a channel of its own. "bytes" is
// what they add to the resident set, each: stack, goroutine, channel, and what
// the runtime keeps about them.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/sync.h>

#include <cstdint>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/rss.h"

namespace {

constexpr int kGoroutines = 100'000;

void Parked(benchmark::State& state) {
  gosling::Run([&] {
    for (auto _ : state) {
      const std::int64_t before = bench::ResidentBytes();
      std::vector<gosling::Chan<gosling::Unit>> gates;
      gates.reserve(kGoroutines);
      gosling::sync::WaitGroup arrived;
      gosling::sync::WaitGroup ended;
      arrived.Add(kGoroutines);
      for (int i = 0; i < kGoroutines; ++i) {
        gates.push_back(gosling::MakeChan<gosling::Unit>());
        ended.Go([gate = gates.back(), &arrived] {
          arrived.Done();
          gate.Recv();
        });
      }
      arrived.Wait();
      state.counters["bytes"] =
          static_cast<double>(bench::ResidentBytes() - before) / kGoroutines;
      for (const auto& gate : gates) gate.Close();
      ended.Wait();
    }
  });
}
BENCHMARK(Parked)->Name("parked100k")->Apply(bench::Timed)->Iterations(1);

}  // namespace
