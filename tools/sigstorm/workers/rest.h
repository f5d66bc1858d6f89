// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The pauses of a busy worker. Workers that never paused would keep every
// processor busy and each other waiting, and no signal would find the program
// idle; but it is on the way into idleness and out of it that wake-ups get
// lost.

#ifndef TOOLS_SIGSTORM_WORKERS_REST_H_
#define TOOLS_SIGSTORM_WORKERS_REST_H_

#include <gosling/time.h>

#include <chrono>
#include <cstdint>

#include "tools/sigstorm/random.h"

namespace sigstorm {

// Rest belongs to one goroutine.
class Rest {
 public:
  // Bursts are of up to `longest` steps.
  Rest(std::uint64_t seed, std::uint64_t longest)
      : random_(seed), longest_(longest) {}

  // AfterStep counts a step and, at the end of a burst, sleeps for up to two
  // milliseconds.
  void AfterStep() {
    if (left_-- > 0) return;
    left_ = random_.Below(longest_);
    gosling::time::Sleep(std::chrono::nanoseconds(random_.Below(2'000'000)));
  }

 private:
  Random random_;
  const std::uint64_t longest_;
  std::uint64_t left_ = 0;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_REST_H_
