// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sel2ready: a select of two receives, of which one can go on, and the buffered
// send that made it so. One operation is both.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/select.h>

#include <cstdint>
#include <optional>

#include "tools/bench/bench.h"

namespace {

void Sel2Ready(benchmark::State& state) {
  gosling::Run([&] {
    auto even = gosling::MakeChan<std::int64_t>(1);
    auto odd = gosling::MakeChan<std::int64_t>(1);
    std::int64_t number = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
      ++number;
      (number % 2 == 0 ? even : odd).Send(number);
      gosling::Select(
          gosling::OnRecv(even,
                          [&](std::optional<std::int64_t> v) { sum += *v; }),
          gosling::OnRecv(odd,
                          [&](std::optional<std::int64_t> v) { sum += *v; }));
    }
    bench::Require(sum == number * (number + 1) / 2, "sel2ready");
  });
}
BENCHMARK(Sel2Ready)->Name("sel2ready")->Apply(bench::Timed);

}  // namespace
