// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Spare: how much of a list of free things, stacks (stack.cc), Gs (gpool.cc) or
// idle Ms (idle.cc), is given back to the system, and when.
//
// About once a second a new period begins. Things that lay unused for all of
// the period before are to go, but for some that are always kept; they go a
// batch at a time, with pauses. So a burst that comes again within the second
// finds all it needs, and a second or two after the last one little more is
// left than is in use.

#ifndef GOSLING_SCHED_SPARE_H_
#define GOSLING_SCHED_SPARE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gosling::sched {

// Spare counts for one list, under the list's lock.
class Spare {
 public:
  constexpr Spare() = default;

  // Took is called after something was taken from the list; `free` is its size
  // now.
  void Took(std::size_t free) { fewest_ = std::min(fewest_, free); }

  // BeginPeriod decides how much is to go; `keep` of it stays.
  void BeginPeriod(std::size_t free, std::size_t keep) {
    to_go_ = fewest_ > keep ? fewest_ - keep : 0;
    fewest_ = free;
  }

  // Batch returns how much goes now, of `spare` that could, `most` at a time;
  // the caller takes as much off the list. 0: no more in this period.
  std::size_t Batch(std::size_t spare, std::size_t most) {
    const std::size_t n = std::min({to_go_, spare, most});
    to_go_ = n == 0 ? 0 : to_go_ - n;
    // They are no longer among those that can be spared.
    fewest_ -= std::min(fewest_, n);
    return n;
  }

 private:
  std::size_t fewest_ = 0;  // free at any moment of this period
  std::size_t to_go_ = 0;
};

// TrimTurns says when sysmon's looks are due. Sysmon only.
class TrimTurns {
 public:
  constexpr TrimTurns() = default;

  // Due says whether to give memory back now, and in *new_period whether a
  // period begins. If not, More says what the last turn has found.
  bool Due(std::int64_t now, bool* new_period) {
    if (now < next_turn_) return false;
    *new_period = now >= next_period_;
    if (*new_period) next_period_ = now + kPeriod;
    return true;
  }

  // End ends a turn; `more`: there is more to give back. Returns that.
  bool End(std::int64_t now, bool more) {
    more_ = more;
    next_turn_ = more ? now + kPause : next_period_;
    return more;
  }

  bool More() const { return more_; }

 private:
  static constexpr std::int64_t kPeriod = 1'000'000'000;
  static constexpr std::int64_t kPause = 5'000'000;

  std::int64_t next_period_ = 0;
  std::int64_t next_turn_ = 0;
  bool more_ = false;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SPARE_H_
