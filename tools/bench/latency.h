// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The median of many short times, for workloads whose mean would tell more
// about the worst of them.

#ifndef TOOLS_BENCH_LATENCY_H_
#define TOOLS_BENCH_LATENCY_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class Latencies {
 public:
  explicit Latencies(std::size_t count) { nanoseconds_.reserve(count); }

  void Add(Clock::duration latency) {
    nanoseconds_.push_back(
        std::chrono::duration<double, std::nano>(latency).count());
  }

  // Median needs one at least, and changes their order.
  double Median() {
    const auto middle = nanoseconds_.begin() + nanoseconds_.size() / 2;
    std::nth_element(nanoseconds_.begin(), middle, nanoseconds_.end());
    return *middle;
  }

 private:
  std::vector<double> nanoseconds_;
};

}  // namespace bench

#endif  // TOOLS_BENCH_LATENCY_H_
