// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong, unbuf1p1c, buf1p1c, buf8p8c, bufsame: as in ../ours/chan.cc.

#include <atomic>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <cstdint>
#include <vector>

#include "tools/bench/bench.h"

namespace {

using Unbuffered = boost::fibers::unbuffered_channel<std::int64_t>;
using Buffered = boost::fibers::buffered_channel<std::int64_t>;

// A power of two, of which Boost.Fiber leaves one place empty.
constexpr std::size_t kCapacity = 128;

void PingPong(benchmark::State& state) {
  Unbuffered ping;
  Unbuffered pong;
  boost::fibers::fiber echo([&] {
    for (std::int64_t number : ping) pong.push(number);
  });
  std::int64_t number = 0;
  std::int64_t sum = 0;
  for (auto _ : state) {
    ping.push(++number);
    sum += pong.value_pop();
  }
  ping.close();
  echo.join();
  bench::RequireSum(number, sum, "pingpong");
}
BENCHMARK(PingPong)->Name("pingpong")->Apply(bench::Timed);

template <class Chan>
void Stream(benchmark::State& state, Chan& items) {
  std::int64_t sum = 0;
  boost::fibers::fiber consumer([&] {
    for (std::int64_t item : items) sum += item;
  });
  std::int64_t item = 0;
  for (auto _ : state) items.push(++item);
  items.close();
  consumer.join();
  bench::RequireSum(item, sum, "stream");
}

void Unbuf1p1c(benchmark::State& state) {
  Unbuffered items;
  Stream(state, items);
}
BENCHMARK(Unbuf1p1c)->Name("unbuf1p1c")->Apply(bench::Timed);

void Buf1p1c(benchmark::State& state) {
  Buffered items(kCapacity);
  Stream(state, items);
}
BENCHMARK(Buf1p1c)->Name("buf1p1c")->Apply(bench::Timed);

void Buf8p8c(benchmark::State& state) {
  constexpr int kSides = 8;
  while (state.KeepRunningBatch(state.max_iterations)) {
    const std::int64_t count = state.max_iterations;
    Buffered items(kCapacity);
    std::vector<boost::fibers::fiber> producers;
    std::vector<boost::fibers::fiber> consumers;
    std::atomic<std::int64_t> total = 0;
    for (int side = 0; side < kSides; side++) {
      producers.emplace_back([&, side] {
        for (std::int64_t item = side + 1; item <= count; item += kSides) {
          items.push(item);
        }
      });
      consumers.emplace_back([&] {
        std::int64_t sum = 0;
        for (std::int64_t item : items) sum += item;
        total += sum;
      });
    }
    for (boost::fibers::fiber& producer : producers) producer.join();
    items.close();
    for (boost::fibers::fiber& consumer : consumers) consumer.join();
    bench::RequireSum(count, total, "buf8p8c");
  }
}
BENCHMARK(Buf8p8c)->Name("buf8p8c")->Apply(bench::Timed);

void BufSame(benchmark::State& state) {
  Buffered items(kCapacity);
  std::int64_t item = 0;
  std::int64_t sum = 0;
  for (auto _ : state) {
    items.push(++item);
    sum += items.value_pop();
  }
  bench::RequireSum(item, sum, "bufsame");
}
BENCHMARK(BufSame)->Name("bufsame")->Apply(bench::Timed);

}  // namespace
