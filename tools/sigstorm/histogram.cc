// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Where a value goes, and which value a quantile stands for.

#include "tools/sigstorm/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sigstorm {

void Histogram::Record(std::int64_t value) {
  value = std::max<std::int64_t>(value, 0);
  counts_[BucketOf(static_cast<std::uint64_t>(value))]++;
  count_++;
  max_ = std::max(max_, value);
}

std::int64_t Histogram::Quantile(double q) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<std::uint64_t>(
      1,
      static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; bucket++) {
    seen += counts_[bucket];
    if (seen >= rank) {
      // The bucket's end may lie beyond the largest value ever seen.
      return std::min(static_cast<std::int64_t>(LastOf(bucket)), max_);
    }
  }
  return max_;
}

std::vector<std::pair<std::int64_t, std::uint64_t>> Histogram::Buckets() const {
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  for (std::size_t bucket = 0; bucket < kBuckets; bucket++) {
    if (counts_[bucket] == 0) continue;
    buckets.emplace_back(
        std::min(static_cast<std::int64_t>(LastOf(bucket)), max_),
        counts_[bucket]);
  }
  return buckets;
}

// BucketOf keeps the leading bit and the kSubBits below it.
std::size_t Histogram::BucketOf(std::uint64_t value) {
  if (value < kSub) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
  return (static_cast<std::size_t>(shift) << kSubBits) +
         static_cast<std::size_t>(value >> shift);
}

// LastOf is the largest value whose BucketOf is `bucket`.
std::uint64_t Histogram::LastOf(std::size_t bucket) {
  if (bucket < kSub) return bucket;
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t mantissa = (bucket & (kSub - 1)) + kSub;
  return ((mantissa + 1) << shift) - 1;
}

}  // namespace sigstorm
