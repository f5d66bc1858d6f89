// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sieve2000: the concurrent prime sieve, up to the 2,000th prime. Each prime is
// a goroutine that lets through what it does not divide. One operation is all
// of it.

#include <gosling/chan.h>
#include <gosling/go.h>

#include "tools/bench/bench.h"

namespace {

constexpr int kPrimes = 2000;
constexpr int kLast = 17389;

void Generate(const gosling::Chan<int>& out) {
  for (int i = 2; i <= kLast; i++) out.Send(i);
  out.Close();
}

void Filter(const gosling::Chan<int>& in, const gosling::Chan<int>& out,
            int prime) {
  for (int i : in) {
    if (i % prime != 0) out.Send(i);
  }
  out.Close();
}

void Sieve(benchmark::State& state) {
  gosling::Run([&] {
    for (auto _ : state) {
      auto in = gosling::MakeChan<int>();
      gosling::Go([in] { Generate(in); });
      int primes = 0;
      int last = 0;
      while (auto prime = in.Recv()) {
        last = *prime;
        primes++;
        auto out = gosling::MakeChan<int>();
        gosling::Go([in, out, last] { Filter(in, out, last); });
        in = out;
      }
      bench::Require(primes == kPrimes && last == kLast, "sieve2000");
    }
  });
}
BENCHMARK(Sieve)->Name("sieve2000")->Apply(bench::Timed);

}  // namespace
