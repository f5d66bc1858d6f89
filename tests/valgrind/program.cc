// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program for Valgrind to watch: goroutines that park at all depths, migrate,
// throw, wait for time, and end, so that stacks are switched and used again.
// With an argument it uses a word that it has not set: to be found, at
// UseUnset, in a goroutine.

#include <gosling/gosling.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace go = gosling;

[[gnu::noinline]] int Deep(int depth, const go::Chan<int>& c) {
  volatile char frame[3000];
  frame[0] = static_cast<char>(depth);
  frame[2999] = static_cast<char>(depth);
  if (depth > 0) return Deep(depth - 1, c) + frame[0] - frame[2999];
  if (*c.Recv() % 7 == 0) throw std::runtime_error("seven");
  return 1;
}

[[gnu::noinline]] void UseUnset() {
  auto* unset = static_cast<int*>(std::malloc(64 * sizeof(int)));
  asm volatile("" : "+r"(unset));  // the compiler would warn
  if (unset[12] == 77) std::puts("77");
  std::free(unset);
}

// Valgrind shows no callers of what stands less than 512 bytes below the end of
// its stack.
[[gnu::noinline]] void UseUnsetFurtherDown() {
  [[maybe_unused]] volatile char frame[1000];
  frame[0] = 0;
  UseUnset();
  frame[999] = 0;
}

int main(int argc, char**) {
  return go::Run([argc] {
    go::runtime::GOMAXPROCS(2);
    go::sync::WaitGroup wg;
    go::sync::Mutex mu;
    int sum = 0;
    for (int round = 0; round < 3; round++) {
      auto c = go::MakeChan<int>();
      for (int i = 0; i < 50; i++) {
        wg.Go([&, i] {
          int n = 0;
          try {
            n = Deep(i % 50, c);
          } catch (const std::runtime_error&) {
            n = 1;
          }
          mu.Lock();
          go::runtime::Gosched();
          sum += n;
          mu.Unlock();
        });
      }
      auto late = go::time::After(std::chrono::milliseconds(1));
      for (int i = 0; i < 50; i++) c.Send(i);
      late.Recv();
      wg.Wait();
    }
    if (argc > 1) {
      wg.Go(UseUnsetFurtherDown);
      wg.Wait();
    }
    std::printf("sum %d\n", sum);
    return 0;
  });
}
