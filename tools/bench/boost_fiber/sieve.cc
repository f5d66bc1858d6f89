// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sieve2000: as in ../ours/sieve.cc.

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <memory>
#include <vector>

#include "tools/bench/bench.h"

namespace {

using Chan = boost::fibers::unbuffered_channel<int>;

constexpr int kPrimes = 2000;
constexpr int kLast = 17389;

void Generate(Chan& out) {
  for (int i = 2; i <= kLast; i++) out.push(i);
  out.close();
}

void Filter(Chan& in, Chan& out, int prime) {
  for (int i : in) {
    if (i % prime != 0) out.push(i);
  }
  out.close();
}

void Sieve(benchmark::State& state) {
  for (auto _ : state) {
    auto in = std::make_shared<Chan>();
    std::vector<boost::fibers::fiber> fibers;
    fibers.emplace_back([in] { Generate(*in); });
    int primes = 0;
    int last = 0;
    int prime = 0;
    while (in->pop(prime) == boost::fibers::channel_op_status::success) {
      last = prime;
      primes++;
      auto out = std::make_shared<Chan>();
      fibers.emplace_back([in, out, prime] { Filter(*in, *out, prime); });
      in = out;
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    bench::Require(primes == kPrimes && last == kLast, "sieve2000");
  }
}
BENCHMARK(Sieve)->Name("sieve2000")->Apply(bench::Timed);

}  // namespace
