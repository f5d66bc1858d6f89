// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// spawn1, spawn10k: as in ../ours/spawn.cc.
//
// Boost.Fiber's default stacks come from malloc, which gives memory of that
// size back to the system: with its pool spawn10k is eight times as fast. A
// fiber returns its stack on the thread on which it ends, though, and the pool
// has no lock, so it is for one thread only.

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <memory>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/procs.h"

namespace {

template <class Stacks>
void Spawn(benchmark::State& state, int count, Stacks stacks) {
  std::vector<boost::fibers::fiber> fibers;
  while (state.KeepRunningBatch(count)) {
    for (int i = 0; i < count; i++) {
      fibers.emplace_back(std::allocator_arg, stacks, [] {});
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    fibers.clear();
  }
}

void Spawn(benchmark::State& state, int count) {
  if (bench::Procs() == 1) {
    static boost::fibers::pooled_fixedsize_stack pool;  // warm at the next call
    Spawn(state, count, pool);
  } else {
    Spawn(state, count, boost::fibers::fixedsize_stack());
  }
}

void Spawn1(benchmark::State& state) { Spawn(state, 1); }
BENCHMARK(Spawn1)->Name("spawn1")->Apply(bench::Timed);

void Spawn10k(benchmark::State& state) { Spawn(state, 10'000); }
BENCHMARK(Spawn10k)->Name("spawn10k")->Apply(bench::Timed);

}  // namespace
