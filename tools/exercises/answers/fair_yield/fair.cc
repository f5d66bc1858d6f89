// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/gosling.h>

#include <cstdio>

namespace go = gosling;

// Yield lets the other goroutines run. Gosched puts the caller behind all that
// are runnable; a goroutine that has just been started, or readied, stands in
// runnext, before them, and so did the caller when it came back.
void Yield() { go::runtime::Gosched(); }

int main() {
  return go::Run([] {
    go::runtime::GOMAXPROCS(1);
    go::sync::WaitGroup all;
    for (char name : {'a', 'b', 'c'}) {
      all.Go([name] {
        for (int turn = 0; turn < 1000; turn++) {
          std::putchar(name);
          Yield();
        }
      });
    }
    all.Wait();
  });
}
