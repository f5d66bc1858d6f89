// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/spin.h"

#include <atomic>

#include "sched/os.h"

namespace gosling::sched {

// Found out once. A race to do so is harmless: all find the same. Not a static
// variable with an initializer: the compiler's guard of such a one sleeps where
// several threads come at once, and leaves EAGAIN in their errno, which would
// show after a send to a channel.
int SpinRounds() {
  constexpr int kRounds = 4;
  static constinit std::atomic<int> rounds{-1};
  int n = rounds.load(std::memory_order_relaxed);
  if (n < 0) {
    n = os::NumCPU() > 1 ? kRounds : 0;
    rounds.store(n, std::memory_order_relaxed);
  }
  return n;
}

}  // namespace gosling::sched
