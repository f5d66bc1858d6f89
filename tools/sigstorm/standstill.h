// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A row of progress counters over time: how long each stood still, and which
// did not move in a whole slice of the run. No clock and no thread of its own:
// the watchdog feeds it.

#ifndef TOOLS_SIGSTORM_STANDSTILL_H_
#define TOOLS_SIGSTORM_STANDSTILL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sigstorm {

class Standstill {
 public:
  // The run begins at `start` and is cut into `slices` of `slice` ns; all
  // counters are 0 then.
  Standstill(std::size_t counters, std::int64_t start, std::int64_t slice,
             int slices);

  // Observe notes the counters at `now`. Times must not decrease. A slice is
  // judged at the first observation after its end; slices that no observation
  // separates are judged as one. Does not allocate while none starves.
  void Observe(std::int64_t now, std::span<const std::uint64_t> counters);

  // Still is for how long the counter had not moved at the last observation.
  std::int64_t Still(std::size_t counter) const;

  // Longest is the longest time any counter stood still, and LongestOf whose.
  std::int64_t Longest() const { return longest_; }
  std::size_t LongestOf() const { return longest_of_; }

  struct Starved {
    std::size_t counter;
    int slice;  // the first is 0
  };
  const std::vector<Starved>& starved() const { return starved_; }
  int slices_judged() const { return next_slice_; }

 private:
  struct Counter {
    std::uint64_t value = 0;
    std::int64_t moved_at = 0;  // when it was last seen to have moved
    std::uint64_t at_slice_start = 0;
  };

  const std::int64_t start_;
  const std::int64_t slice_;
  const int slices_;
  std::vector<Counter> counters_;
  std::vector<Starved> starved_;
  int next_slice_ = 0;  // the slice being observed
  std::int64_t last_ = 0;
  std::int64_t longest_ = 0;
  std::size_t longest_of_ = 0;
};

// SlicesOf says into how many slices a storm of `duration` ns is cut: ten, but
// none shorter than three seconds, which on a loaded machine a healthy worker may
// need to wait for a processor, or for a child that waits for one.
int SlicesOf(std::int64_t duration);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_STANDSTILL_H_
