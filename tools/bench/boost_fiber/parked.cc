// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k: as in ../gosling/parked.cc, on Boost.Fiber's default stacks,
// which have no guard page: the kind that has one (protected_fixedsize_stack)
// takes two mappings each, and the system's limit on those, 65,530 unless it
// was raised, ends that at 32,000.

#include <atomic>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/rss.h"

namespace {

constexpr int kFibers = 100'000;

void Parked(benchmark::State& state) {
  using Gate = boost::fibers::unbuffered_channel<char>;
  for (auto _ : state) {
    const std::int64_t before = bench::ResidentBytes();
    std::vector<std::unique_ptr<Gate>> gates;
    gates.reserve(kFibers);
    std::vector<boost::fibers::fiber> fibers;
    fibers.reserve(kFibers);
    std::atomic<int> arrived = 0;
    for (int i = 0; i < kFibers; ++i) {
      gates.push_back(std::make_unique<Gate>());
      fibers.emplace_back([gate = gates.back().get(), &arrived] {
        ++arrived;
        char nothing = 0;
        gate->pop(nothing);
      });
    }
    while (arrived < kFibers) boost::this_fiber::yield();
    state.counters["bytes"] =
        static_cast<double>(bench::ResidentBytes() - before) / kFibers;
    for (const auto& gate : gates) gate->close();
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
  }
}
BENCHMARK(Parked)->Name("parked100k")->Apply(bench::Timed)->Iterations(1);

}  // namespace
