// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Something for gdb to look at: goroutines in each state, in functions whose
// names and arguments are known, and one place to stop at when they are there.
// With an argument it leaves a core file there.

#include <gosling/gosling.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace go = gosling;

std::atomic<bool> spinning{false};
std::atomic<bool> stop{false};
bool die = false;
go::sync::Mutex mutex;

[[gnu::noinline]] void ReceiveDeep(go::Chan<int> c, int depth) {
  if (depth > 0) {
    ReceiveDeep(c, depth - 1);
  } else {
    c.Recv();
  }
  asm volatile("");  // no tail call
}

[[gnu::noinline]] void SleepLong() {
  go::time::Sleep(std::chrono::hours(1));
  asm volatile("");
}

[[gnu::noinline]] void WaitForMutex() {
  mutex.Lock();
  asm volatile("");
}

[[gnu::noinline]] void Spin() {
  spinning = true;
  while (!stop) {
  }
}

[[gnu::noinline]] int StopHere(int answer) {
  if (die) std::abort();
  int twice = 2 * answer;
  asm volatile("" : "+r"(twice));
  return twice;
}

// Waiting is how many goroutines are parked.
std::uint64_t Waiting() {
  for (const go::runtime::Metric& m : go::runtime::ReadMetrics()) {
    if (m.name == "/sched/goroutines/waiting:goroutines") return m.value;
  }
  return 0;
}

int main(int argc, char**) {
  die = argc > 1;
  return go::Run([] {
    go::runtime::GOMAXPROCS(3);
    auto c = go::MakeChan<int>();
    mutex.Lock();
    go::Go({.name = "receiver"}, [c] { ReceiveDeep(c, 3); });
    go::Go({.name = "sleeper"}, SleepLong);
    go::Go({.name = "locker"}, WaitForMutex);
    go::Go({.name = "spinner"}, Spin);
    while (!spinning) go::runtime::Gosched();
    // Until the others have parked: gdb says so if they have not.
    while (Waiting() < 3) go::time::Sleep(std::chrono::milliseconds(5));
    const int answer = StopHere(21);
    stop = true;
    std::printf("answer %d\n", answer);
    return 0;
  });
}
