// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// yield2, yield1000: so many goroutines yield, and do nothing else. One
// operation is one yield: the switch to the next.

#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>

#include "tools/bench/bench.h"

namespace {

void Yield(benchmark::State& state, int goroutines) {
  gosling::Run([&] {
    while (state.KeepRunningBatch(state.max_iterations)) {
      gosling::sync::WaitGroup group;
      for (int i = 0; i < goroutines; i++) {
        group.Go([&] {
          const auto yields = state.max_iterations / goroutines;
          for (auto left = yields; left > 0; left--) {
            gosling::runtime::Gosched();
          }
        });
      }
      group.Wait();
    }
  });
}

void Yield2(benchmark::State& state) { Yield(state, 2); }
BENCHMARK(Yield2)->Name("yield2")->Apply(bench::Timed);

void Yield1000(benchmark::State& state) { Yield(state, 1000); }
BENCHMARK(Yield1000)->Name("yield1000")->Apply(bench::Timed);

}  // namespace
