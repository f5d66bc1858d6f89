// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong: a number goes out on one channel and comes back on another, both
// without a buffer. One operation is one round trip.
// buf1p1c: one goroutine sends to another through a buffer of 128. One
// operation is one number.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/sync.h>

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
    bench::Require(sum == number * (number + 1) / 2, "pingpong");
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
    bench::Require(sum == item * (item + 1) / 2, "stream");
  });
}

void Buf1p1c(benchmark::State& state) { Stream(state, 128); }
BENCHMARK(Buf1p1c)->Name("buf1p1c")->Apply(bench::Timed);

}  // namespace
