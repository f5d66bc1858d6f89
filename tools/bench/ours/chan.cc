// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong: a number goes out on one channel and comes back on another, both
// without a buffer. One operation is one round trip.
// unbuf1p1c, buf1p1c: one goroutine sends to another, without a buffer and
// through one of 128. One operation is one number.
// buf8p8c: eight send to eight through a buffer of 128.
// bufsame: one goroutine sends into a buffer of 128 and receives it. One
// operation is both.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/sync.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tools/bench/bench.h"

namespace {

void PingPong(benchmark::State& state) {
  gosling::Run([&] {
    auto ping = gosling::MakeChan<std::int64_t>();
    auto pong = gosling::MakeChan<std::int64_t>();
    gosling::sync::WaitGroup group;
    group.Go([&] {
      for (std::int64_t number : ping) pong.Send(number);
    });
    std::int64_t number = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
      ping.Send(++number);
      sum += *pong.Recv();
    }
    ping.Close();
    group.Wait();
    bench::RequireSum(number, sum, "pingpong");
  });
}
BENCHMARK(PingPong)->Name("pingpong")->Apply(bench::Timed);

void Stream(benchmark::State& state, std::size_t capacity) {
  gosling::Run([&] {
    auto items = gosling::MakeChan<std::int64_t>(capacity);
    gosling::sync::WaitGroup group;
    std::int64_t sum = 0;
    group.Go([&] {
      for (std::int64_t item : items) sum += item;
    });
    std::int64_t item = 0;
    for (auto _ : state) items.Send(++item);
    items.Close();
    group.Wait();
    bench::RequireSum(item, sum, "stream");
  });
}

void Unbuf1p1c(benchmark::State& state) { Stream(state, 0); }
BENCHMARK(Unbuf1p1c)->Name("unbuf1p1c")->Apply(bench::Timed);

void Buf1p1c(benchmark::State& state) { Stream(state, 128); }
BENCHMARK(Buf1p1c)->Name("buf1p1c")->Apply(bench::Timed);

void Buf8p8c(benchmark::State& state) {
  constexpr int kSides = 8;
  gosling::Run([&] {
    while (state.KeepRunningBatch(state.max_iterations)) {
      const std::int64_t count = state.max_iterations;
      auto items = gosling::MakeChan<std::int64_t>(128);
      gosling::sync::WaitGroup producers;
      gosling::sync::WaitGroup consumers;
      std::atomic<std::int64_t> total = 0;
      for (int side = 0; side < kSides; side++) {
        producers.Go([&, side] {
          for (std::int64_t item = side + 1; item <= count; item += kSides) {
            items.Send(item);
          }
        });
        consumers.Go([&] {
          std::int64_t sum = 0;
          for (std::int64_t item : items) sum += item;
          total += sum;
        });
      }
      producers.Wait();
      items.Close();
      consumers.Wait();
      bench::RequireSum(count, total, "buf8p8c");
    }
  });
}
BENCHMARK(Buf8p8c)->Name("buf8p8c")->Apply(bench::Timed);

void BufSame(benchmark::State& state) {
  gosling::Run([&] {
    auto items = gosling::MakeChan<std::int64_t>(128);
    std::int64_t item = 0;
    std::int64_t sum = 0;
    for (auto _ : state) {
      items.Send(++item);
      sum += *items.Recv();
    }
    bench::RequireSum(item, sum, "bufsame");
  });
}
BENCHMARK(BufSame)->Name("bufsame")->Apply(bench::Timed);

}  // namespace
