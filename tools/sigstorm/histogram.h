// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A latency histogram: fixed memory, one increment per value, quantiles within
// one sixteenth of the truth and an exact maximum.

#ifndef TOOLS_SIGSTORM_HISTOGRAM_H_
#define TOOLS_SIGSTORM_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sigstorm {

// Histogram has one writer and is read once the writer has ended; it holds no
// lock. Values are nanoseconds; negative ones count as 0.
class Histogram {
 public:
  void Record(std::int64_t value);

  // Quantile returns an upper bound of the smallest value that at least the
  // fraction `q` of all values do not exceed; 0 when empty.
  std::int64_t Quantile(double q) const;

  // Buckets returns those with values in them, ascending: the largest value of
  // each, and how many it has.
  std::vector<std::pair<std::int64_t, std::uint64_t>> Buckets() const;

  std::int64_t max() const { return max_; }
  std::uint64_t count() const { return count_; }

 private:
  // Values below 16 have a bucket each; above, every power of two is cut into
  // 16 buckets, as HdrHistogram does.
  static constexpr int kSubBits = 4;
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;

 public:
  static constexpr std::size_t kBuckets = (63 - kSubBits + 1) * kSub;

 private:
  static std::size_t BucketOf(std::uint64_t value);
  static std::uint64_t LastOf(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_ = {};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_HISTOGRAM_H_
