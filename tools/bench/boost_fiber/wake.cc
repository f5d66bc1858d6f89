// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sparsewake: as in ../ours/wake.cc.

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <chrono>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

void SparseWake(benchmark::State& state) {
  bench::Latencies latencies(state.max_iterations);
  boost::fibers::unbuffered_channel<bench::Clock::time_point> times;
  boost::fibers::fiber sleeper([&] {
    for (bench::Clock::time_point sent : times) {
      latencies.Add(bench::Clock::now() - sent);
    }
  });
  for (auto _ : state) {
    boost::this_fiber::sleep_for(std::chrono::microseconds(500));
    times.push(bench::Clock::now());
  }
  times.close();
  sleeper.join();
  state.counters["latency"] = latencies.Median();
}
BENCHMARK(SparseWake)->Name("sparsewake")->Apply(bench::Timed);

}  // namespace
