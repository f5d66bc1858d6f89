// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The measures of the workloads that park many goroutines or fibers.

#ifndef TOOLS_BENCH_PARKED_H_
#define TOOLS_BENCH_PARKED_H_

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>

#include "tools/bench/latency.h"
#include "tools/bench/rss.h"

namespace bench {

// Parked begins to measure when it is made.
class Parked {
 public:
  explicit Parked(int count) : count_(count) {}

  int count() const { return count_; }

  // Created is called when all wait, Woken when all have ended.
  void Created() {
    created_ = Clock::now();
    full_ = ResidentBytes();
    waking_ = Clock::now();
  }
  void Woken() { woken_ = Clock::now(); }

  // Report is called when the system has given memory back.
  void Report(benchmark::State* state) const {
    GiveBackFreed();
    auto set = [&](const char* name, double value) {
      state->counters[name] = value;
    };
    set("bytes", static_cast<double>(full_ - before_) / count_);
    set("create", Nanoseconds(created_ - start_));
    set("wake", Nanoseconds(woken_ - waking_));
    set("before", static_cast<double>(before_));
    set("after", static_cast<double>(ResidentBytes()));
  }

 private:
  static double Nanoseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::nano>(duration).count();
  }

  const int count_;
  const std::int64_t before_ = ResidentBytes();
  std::int64_t full_ = 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point created_;
  Clock::time_point waking_;
  Clock::time_point woken_;
};

}  // namespace bench

#endif  // TOOLS_BENCH_PARKED_H_
