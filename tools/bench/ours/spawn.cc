// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// spawn1, spawn10k: starts so many goroutines that do nothing, then waits for
// all of them. One operation is one goroutine.

#include <gosling/go.h>
#include <gosling/sync.h>

#include "tools/bench/bench.h"

namespace {

void Spawn(benchmark::State& state, int goroutines) {
  gosling::Run([&] {
    gosling::sync::WaitGroup group;
    while (state.KeepRunningBatch(goroutines)) {
      for (int i = 0; i < goroutines; i++) group.Go([] {});
      group.Wait();
    }
  });
}

void Spawn1(benchmark::State& state) { Spawn(state, 1); }
BENCHMARK(Spawn1)->Name("spawn1")->Apply(bench::Timed);

void Spawn10k(benchmark::State& state) { Spawn(state, 10'000); }
BENCHMARK(Spawn10k)->Name("spawn10k")->Apply(bench::Timed);

}  // namespace
