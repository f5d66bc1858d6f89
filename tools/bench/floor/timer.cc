// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// timeraddstop, timerreset: a look at the clock, which is what it takes to know
// when an hour from now is.

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

void Clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(bench::Clock::now());
}
BENCHMARK(Clock)->Name("timeraddstop")->Apply(bench::Timed);
BENCHMARK(Clock)->Name("timerreset")->Apply(bench::Timed);

}  // namespace
