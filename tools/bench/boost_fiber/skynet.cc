// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// skynet: as in ../ours/skynet.cc. Each fiber is entered as soon as it is
// launched, so that the tree is grown depth first, as the other systems grow
// it; the default, behind those that wait already, has all of it in memory at
// once. A parent's channel has room for its children's sums. The stacks are
// chosen as in spawn.cc.

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/policy.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <cstdint>
#include <memory>

#include "tools/bench/bench.h"
#include "tools/bench/procs.h"
#include "tools/bench/rss.h"

namespace {

using Chan = boost::fibers::buffered_channel<std::int64_t>;

constexpr std::int64_t kLeaves = 1'000'000;
constexpr int kChildren = 10;

template <class Stacks>
void Node(Chan& parent, std::int64_t first, std::int64_t leaves,
          Stacks stacks) {
  if (leaves == 1) {
    parent.push(first);
    return;
  }
  Chan sums(16);
  leaves /= kChildren;
  for (int i = 0; i < kChildren; i++) {
    boost::fibers::fiber(boost::fibers::launch::dispatch, std::allocator_arg,
                         stacks,
                         [&sums, from = first + i * leaves, leaves, stacks] {
                           Node(sums, from, leaves, stacks);
                         })
        .detach();
  }
  std::int64_t sum = 0;
  for (int i = 0; i < kChildren; i++) sum += sums.value_pop();
  parent.push(sum);
}

template <class Stacks>
void Skynet(benchmark::State& state, Stacks stacks) {
  for (auto _ : state) {
    Chan root(2);
    Node(root, 0, kLeaves, stacks);
    bench::RequireSum(kLeaves - 1, root.value_pop(), "skynet");
  }
  state.counters["peak"] = static_cast<double>(bench::PeakResidentBytes());
}

void Skynet(benchmark::State& state) {
  if (bench::Procs() == 1) {
    Skynet(state, boost::fibers::pooled_fixedsize_stack());
  } else {
    Skynet(state, boost::fibers::fixedsize_stack());
  }
}
BENCHMARK(Skynet)->Name("skynet")->Apply(bench::Counted);

}  // namespace
