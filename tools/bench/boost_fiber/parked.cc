// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k, parked1m: as in ../ours/parked.cc, on Boost.Fiber's default
// stacks, which have no guard page: the kind that has one
// (protected_fixedsize_stack) takes two mappings each, and the system's limit
// on those, 65,530 unless it was raised, ends that at 32,000.

#include "tools/bench/parked.h"

#include <atomic>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <memory>
#include <vector>

#include "tools/bench/bench.h"

namespace {

void ParkAll(bench::Parked* parked) {
  using Gate = boost::fibers::unbuffered_channel<char>;
  std::vector<std::unique_ptr<Gate>> gates;
  gates.reserve(parked->count());
  std::vector<boost::fibers::fiber> fibers;
  fibers.reserve(parked->count());
  std::atomic<int> arrived = 0;
  for (int i = 0; i < parked->count(); i++) {
    gates.push_back(std::make_unique<Gate>());
    fibers.emplace_back([gate = gates.back().get(), &arrived] {
      arrived++;
      char nothing = 0;
      gate->pop(nothing);
    });
  }
  while (arrived < parked->count()) boost::this_fiber::yield();
  parked->Created();
  for (const auto& gate : gates) gate->close();
  for (boost::fibers::fiber& fiber : fibers) fiber.join();
  parked->Woken();
}

void Park(benchmark::State& state, int count) {
  for (auto _ : state) {
    bench::Parked parked(count);
    ParkAll(&parked);
    parked.Report(&state);
  }
}

void Parked100k(benchmark::State& state) { Park(state, 100'000); }
BENCHMARK(Parked100k)->Name("parked100k")->Apply(bench::Counted);

void Parked1m(benchmark::State& state) { Park(state, 1'000'000); }
BENCHMARK(Parked1m)->Name("parked1m")->Apply(bench::Counted);

}  // namespace
