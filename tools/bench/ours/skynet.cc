// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// skynet: a tree of goroutines, each of which starts ten, down to a million
// leaves; each leaf sends its number to its parent, and each parent the sum to
// its own. One operation is all of it. "peak" is the resident set at its
// largest.

#include <gosling/chan.h>
#include <gosling/go.h>

#include <cstdint>

#include "tools/bench/bench.h"
#include "tools/bench/rss.h"

namespace {

constexpr std::int64_t kLeaves = 1'000'000;
constexpr int kChildren = 10;

void Node(const gosling::Chan<std::int64_t>& parent, std::int64_t first,
          std::int64_t leaves) {
  if (leaves == 1) {
    parent.Send(first);
    return;
  }
  auto sums = gosling::MakeChan<std::int64_t>();
  leaves /= kChildren;
  for (int i = 0; i < kChildren; i++) {
    gosling::Go([sums, from = first + i * leaves, leaves] {
      Node(sums, from, leaves);
    });
  }
  std::int64_t sum = 0;
  for (int i = 0; i < kChildren; i++) sum += *sums.Recv();
  parent.Send(sum);
}

void Skynet(benchmark::State& state) {
  gosling::Run([&] {
    for (auto _ : state) {
      auto root = gosling::MakeChan<std::int64_t>();
      gosling::Go([root] { Node(root, 0, kLeaves); });
      bench::RequireSum(kLeaves - 1, *root.Recv(), "skynet");
    }
    state.counters["peak"] = static_cast<double>(bench::PeakResidentBytes());
  });
}
BENCHMARK(Skynet)->Name("skynet")->Apply(bench::Counted);

}  // namespace
