// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Standstill's bookkeeping.

#include "tools/sigstorm/standstill.h"

#include <algorithm>

namespace sigstorm {
namespace {

constexpr std::int64_t kShortestSlice = 3'000'000'000;
constexpr int kMostSlices = 10;

}  // namespace

int SlicesOf(std::int64_t duration) {
  return static_cast<int>(
      std::clamp<std::int64_t>(duration / kShortestSlice, 1, kMostSlices));
}

Standstill::Standstill(std::size_t counters, std::int64_t start,
                       std::int64_t slice, int slices)
    : start_(start),
      slice_(slice),
      slices_(slices),
      counters_(counters),
      last_(start) {
  for (Counter& counter : counters_) counter.moved_at = start;
}

void Standstill::Observe(std::int64_t now,
                         std::span<const std::uint64_t> counters) {
  last_ = now;
  for (std::size_t i = 0; i < counters_.size(); i++) {
    Counter& counter = counters_[i];
    const std::int64_t still = now - counter.moved_at;
    if (still > longest_) {
      longest_ = still;
      longest_of_ = i;
    }
    if (counters[i] != counter.value) {
      counter.value = counters[i];
      counter.moved_at = now;
    }
  }

  const int ended = static_cast<int>(
      std::min<std::int64_t>((now - start_) / slice_, slices_));
  if (ended <= next_slice_) return;
  for (std::size_t i = 0; i < counters_.size(); i++) {
    Counter& counter = counters_[i];
    if (counter.value == counter.at_slice_start) {
      starved_.push_back({i, next_slice_});
    }
    counter.at_slice_start = counter.value;
  }
  next_slice_ = ended;
}

std::int64_t Standstill::Still(std::size_t counter) const {
  return last_ - counters_[counter].moved_at;
}

}  // namespace sigstorm
