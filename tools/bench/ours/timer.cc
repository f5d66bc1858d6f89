// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// timeraddstop: makes a timer of an hour and stops it. timerreset: stops one
// and sets it anew. One operation is both.

#include <gosling/go.h>
#include <gosling/time.h>

#include <chrono>

#include "tools/bench/bench.h"

namespace {

constexpr std::chrono::hours kHour(1);

void AddStop(benchmark::State& state) {
  gosling::Run([&] {
    for (auto _ : state) {
      gosling::time::Timer timer = gosling::time::NewTimer(kHour);
      bench::Require(timer.Stop(), "timeraddstop");
    }
  });
}
BENCHMARK(AddStop)->Name("timeraddstop")->Apply(bench::Timed);

void Reset(benchmark::State& state) {
  gosling::Run([&] {
    gosling::time::Timer timer = gosling::time::NewTimer(kHour);
    for (auto _ : state) {
      bench::Require(timer.Stop(), "timerreset");
      timer.Reset(kHour);
    }
    timer.Stop();
  });
}
BENCHMARK(Reset)->Name("timerreset")->Apply(bench::Timed);

}  // namespace
