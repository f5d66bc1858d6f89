// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The prime sieve of the Go tour: a chain of goroutines, one for each prime, each
// of which passes on what its prime does not divide. `sieve 10` prints ten.

#include <gosling/chan.h>
#include <gosling/go.h>

#include <cstdio>
#include <cstdlib>

namespace go = gosling;

namespace {

void Generate(go::SendChan<int> out) {
  for (int i = 2;; i++) out.Send(i);
}

void Filter(const go::RecvChan<int>& in, const go::SendChan<int>& out,
            int prime) {
  for (int i : in) {
    if (i % prime != 0) out.Send(i);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 10;
  return go::Run([wanted] {
    go::Chan<int> ch = go::MakeChan<int>();
    go::Go([ch] { Generate(ch); });
    for (int i = 0; i < wanted; i++) {
      const int prime = *ch.Recv();
      std::printf("%d\n", prime);
      const go::Chan<int> next = go::MakeChan<int>();
      go::Go([ch, next, prime] { Filter(ch, next, prime); });
      ch = next;
    }
  });
}
