// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The buckets of signal::Latency: below 4 ns one for each, above that four for
// each power of two, by the two bits behind the first. The last one also holds
// whatever is longer.

#ifndef GOSLING_SIGNALS_LATENCY_BUCKETS_H_
#define GOSLING_SIGNALS_LATENCY_BUCKETS_H_

#include <gosling/signal.h>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace gosling::signals {

constexpr int BucketOf(std::int64_t ns) {
  const auto n = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  if (n < 4) return static_cast<int>(n);
  const int first = static_cast<int>(std::bit_width(n)) - 1;
  const int bucket = 4 * (first - 1) + static_cast<int>(n >> (first - 2) & 3);
  return std::min(bucket, signal::Latency::kBuckets - 1);
}

// UpperBound returns the least duration that is in a later bucket.
constexpr std::int64_t UpperBound(int bucket) {
  if (bucket < 4) return bucket + 1;
  const int first = bucket / 4 + 1;
  return std::int64_t{bucket % 4 + 5} << (first - 2);
}

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_LATENCY_BUCKETS_H_
