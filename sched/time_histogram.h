// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// TimeHistogram: durations, counted by any thread, with Go's bounds: four buckets
// for each power of two from 256 ns to 2^47 ns (39 hours), four below, and one on
// either side for what is negative, or longer.
//
// Go: runtime/histogram.go.

#ifndef GOSLING_SCHED_TIME_HISTOGRAM_H_
#define GOSLING_SCHED_TIME_HISTOGRAM_H_

#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>

namespace gosling::sched {

class TimeHistogram {
 public:
  static constexpr int kBuckets = 162;

  constexpr TimeHistogram() = default;
  TimeHistogram(const TimeHistogram&) = delete;
  TimeHistogram& operator=(const TimeHistogram&) = delete;

  void Add(std::int64_t ns) {
    counts_[BucketOf(ns)].fetch_add(1, std::memory_order_relaxed);
  }

  std::uint64_t Count(int bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }

  static constexpr int BucketOf(std::int64_t ns) {
    if (ns < 0) return 0;
    const auto n = static_cast<std::uint64_t>(ns);
    const int width = static_cast<int>(std::bit_width(n));
    if (width >= kLastBit) return kBuckets - 1;
    const int bit = width < kFirstBit ? kFirstBit : width;
    const int power = width < kFirstBit ? 0 : width - kFirstBit + 1;
    return 1 + kEach * power + static_cast<int>(n >> (bit - 3) & (kEach - 1));
  }

  // LowerBound is in seconds; that of kBuckets is the upper one of the last.
  static constexpr double LowerBound(int bucket) {
    if (bucket <= 0) return -std::numeric_limits<double>::infinity();
    if (bucket >= kBuckets) return std::numeric_limits<double>::infinity();
    const int power = (bucket - 1) / kEach;
    const int part = (bucket - 1) % kEach;
    std::uint64_t ns = std::uint64_t{1} << (kFirstBit - 2 + power);
    if (power == 0) ns = 0;
    const int shift = power == 0 ? kFirstBit - 3 : kFirstBit - 4 + power;
    ns |= static_cast<std::uint64_t>(part) << shift;
    return static_cast<double>(ns) / 1e9;
  }

 private:
  static constexpr int kFirstBit = 9;
  static constexpr int kLastBit = 48;
  static constexpr int kEach = 4;

  std::atomic<std::uint64_t> counts_[kBuckets] = {};
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_TIME_HISTOGRAM_H_
