// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// pingpong, buf1p1c: as in ../gosling/chan.cc.

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <cstdint>

#include "tools/bench/bench.h"

namespace {

void PingPong(benchmark::State& state) {
  boost::fibers::unbuffered_channel<std::int64_t> ping;
  boost::fibers::unbuffered_channel<std::int64_t> pong;
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
  bench::Require(sum == number * (number + 1) / 2, "pingpong");
}
BENCHMARK(PingPong)->Name("pingpong")->Apply(bench::Timed);

void Buf1p1c(benchmark::State& state) {
  // A power of two, of which Boost.Fiber leaves one place empty.
  boost::fibers::buffered_channel<std::int64_t> items(128);
  std::int64_t sum = 0;
  boost::fibers::fiber consumer([&] {
    for (std::int64_t item : items) sum += item;
  });
  std::int64_t item = 0;
  for (auto _ : state) items.push(++item);
  items.close();
  consumer.join();
  bench::Require(sum == item * (item + 1) / 2, "buf1p1c");
}
BENCHMARK(Buf1p1c)->Name("buf1p1c")->Apply(bench::Timed);

}  // namespace
