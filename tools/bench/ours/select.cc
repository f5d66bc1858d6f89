// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sel2ready, sel8ready: a select of so many receives, of which one can go on,
// and the buffered send that made it so. One operation is both.
// sel1default, sel2default: a select of so many receives, of which none can go
// on, and a default.
// selpingpong: as pingpong, but both goroutines receive in a select with a
// second channel, for the end.
// selfanin2, selfanin8: so many goroutines send, each on a channel of its own
// without a buffer; one receives from all of them. One operation is one number.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/sync.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "tools/bench/bench.h"

namespace {

using Numbers = gosling::Chan<std::int64_t>;
using Number = std::optional<std::int64_t>;

template <std::size_t kCount>
std::array<Numbers, kCount> MakeChans(std::size_t capacity) {
  std::array<Numbers, kCount> chans;
  for (Numbers& chan : chans) chan = gosling::MakeChan<std::int64_t>(capacity);
  return chans;
}

// RecvAny adds a number from any of the channels to *sum.
template <std::size_t kCount>
void RecvAny(const std::array<Numbers, kCount>& chans, std::int64_t* sum) {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    gosling::Select(
        gosling::OnRecv(chans[kIndex], [sum](Number n) { *sum += *n; })...);
  }
  (std::make_index_sequence<kCount>());
}

template <std::size_t kCount>
void Ready(benchmark::State& state) {
  gosling::Run([&] {
    const auto chans = MakeChans<kCount>(1);
    std::int64_t number = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
      number++;
      chans[static_cast<std::size_t>(number) % kCount].Send(number);
      RecvAny(chans, &sum);
    }
    bench::RequireSum(number, sum, "select");
  });
}
BENCHMARK(Ready<2>)->Name("sel2ready")->Apply(bench::Timed);
BENCHMARK(Ready<8>)->Name("sel8ready")->Apply(bench::Timed);

void Default1(benchmark::State& state) {
  gosling::Run([&] {
    auto a = gosling::MakeChan<std::int64_t>();
    std::int64_t defaults = 0;
    for (auto _ : state) {
      gosling::Select(gosling::OnRecv(a),
                      gosling::OnDefault([&] { defaults++; }));
    }
    bench::Require(defaults == state.iterations(), "sel1default");
  });
}
BENCHMARK(Default1)->Name("sel1default")->Apply(bench::Timed);

void Default2(benchmark::State& state) {
  gosling::Run([&] {
    auto a = gosling::MakeChan<std::int64_t>();
    auto b = gosling::MakeChan<std::int64_t>();
    std::int64_t defaults = 0;
    for (auto _ : state) {
      gosling::Select(gosling::OnRecv(a), gosling::OnRecv(b),
                      gosling::OnDefault([&] { defaults++; }));
    }
    bench::Require(defaults == state.iterations(), "sel2default");
  });
}
BENCHMARK(Default2)->Name("sel2default")->Apply(bench::Timed);

void PingPong(benchmark::State& state) {
  gosling::Run([&] {
    auto ping = gosling::MakeChan<std::int64_t>();
    auto pong = gosling::MakeChan<std::int64_t>();
    auto quit = gosling::MakeChan<gosling::Unit>();
    gosling::sync::WaitGroup group;
    group.Go([&] {
      for (bool more = true; more;) {
        gosling::Select(gosling::OnRecv(ping, [&](Number n) { pong.Send(*n); }),
                        gosling::OnRecv(quit, [&] { more = false; }));
      }
    });
    std::int64_t number = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
      ping.Send(++number);
      gosling::Select(
          gosling::OnRecv(pong, [&](Number n) { sum += *n; }),
          gosling::OnRecv(quit, [] { bench::Require(false, "quit"); }));
    }
    quit.Close();
    group.Wait();
    bench::RequireSum(number, sum, "selpingpong");
  });
}
BENCHMARK(PingPong)->Name("selpingpong")->Apply(bench::Timed);

template <std::size_t kCount>
void FanIn(benchmark::State& state) {
  gosling::Run([&] {
    const std::int64_t count = state.max_iterations;
    const auto chans = MakeChans<kCount>(0);
    gosling::sync::WaitGroup group;
    for (std::size_t i = 0; i < kCount; i++) {
      group.Go([&, i] {
        for (std::int64_t n = i + 1; n <= count; n += kCount) chans[i].Send(n);
      });
    }
    std::int64_t sum = 0;
    for (auto _ : state) RecvAny(chans, &sum);
    group.Wait();
    bench::RequireSum(count, sum, "selfanin");
  });
}
BENCHMARK(FanIn<2>)->Name("selfanin2")->Apply(bench::Timed);
BENCHMARK(FanIn<8>)->Name("selfanin8")->Apply(bench::Timed);

}  // namespace
