// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/gosling.h>

#include <cstdio>

namespace go = gosling;

// Yield lets the other goroutines run.
void Yield() {
  auto back = go::MakeChan<go::Unit>();
  go::Go([back] { back.Send({}); });
  back.Recv();
}

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
