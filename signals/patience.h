// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Patience: how long FanOut (registry.cc) may spend on yields within the
// backlogs of one round. It is a slice of the scheduler's, of the time in which
// this process runs: while the machine runs others in its place, no goroutine
// here has a turn. That clock is a system call, so it is looked at only once
// the common one says that the time is up.

#ifndef GOSLING_SIGNALS_PATIENCE_H_
#define GOSLING_SIGNALS_PATIENCE_H_

#include <cstdint>

#include "sched/os/os.h"

namespace gosling::signals {

class Patience {
 public:
  // Left says whether there is any left.
  bool Left() {
    if (left_ <= 0 && began_ >= 0) {
      left_ = kSlice - (sched::os::ProcessCpuTime() - began_);
      if (left_ <= 0) began_ = kOver;
    }
    return left_ > 0;
  }

  // Spend calls f and takes away the time that it takes.
  void Spend(void (*f)()) {
    if (began_ == kNotYet) began_ = sched::os::ProcessCpuTime();
    const std::int64_t start = sched::os::Nanotime();
    f();
    left_ -= sched::os::Nanotime() - start;
  }

 private:
  static constexpr std::int64_t kSlice = 10'000'000;  // ns
  static constexpr std::int64_t kNotYet = -1;
  static constexpr std::int64_t kOver = -2;

  std::int64_t left_ = kSlice;    // ns
  std::int64_t began_ = kNotYet;  // ProcessCpuTime at the first Spend
};

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_PATIENCE_H_
