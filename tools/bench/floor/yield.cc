// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// yield2, yield1000: so many contexts jump, each to the next.

#include "tools/bench/bench.h"
#include "tools/bench/floor/ring.h"

namespace {

void Yield(benchmark::State& state, int count) {
  bench::Ring ring(count);
  while (state.KeepRunningBatch(count)) ring.Turn();
}

void Yield2(benchmark::State& state) { Yield(state, 2); }
BENCHMARK(Yield2)->Name("yield2")->Apply(bench::Timed);

void Yield1000(benchmark::State& state) { Yield(state, 1000); }
BENCHMARK(Yield1000)->Name("yield1000")->Apply(bench::Timed);

}  // namespace
