// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pace: how long sysmon pauses from one look to the next.
//
// A thread that sleeps is noticed two looks later, so looks should be close
// together; but each is a wake-up, which costs from one or two microseconds of
// CPU time to 17 on a virtual machine, whether it finds something or not. So
// looks are bought from a credit of CPU time. It grows by kShare of the time
// that passes, sysmon's CPU time is taken off it, and a look that finds
// something to do fills it up: a thread that blocks pays for being noticed.
// While there is credit, looks are kShortPause apart; without, as far as kShare
// allows. So:
//
//   * looks in vain take kShare of a core in the long run, whatever a look
//     costs;
//   * a thread that blocks within kMostCredit of sysmon's CPU time after
//     another has (55 looks, or 2 ms, where a look takes 17 us; 20 ms where 2)
//     is noticed within three short pauses;
//   * a thread that blocks out of the blue, in a program that is otherwise
//     busy, is noticed within a look's cost divided by kShare: 3.4 ms, or 0.4.
//
// In between, when the credit that a find gave is used up, pauses grow with the
// square root of the time since: if things block every t, and a look costs c,
// looks that are p apart cost c / p of a core, and the P that waits to be taken
// costs some p / t of one, together the least when p is the root of c * t.
//
// A look that leaves a question open, which the next one answers, is followed
// by a short pause, credit or not; the next pause is the longer for it. While
// every P is idle pauses grow: a look then finds something only by chance.
//
// Pure arithmetic: no clock is read here.

#ifndef GOSLING_SCHED_PACE_H_
#define GOSLING_SCHED_PACE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gosling::sched {

class Pace {
 public:
  static constexpr std::int64_t kUs = 1000;
  static constexpr std::int64_t kShortPause = 20 * kUs;
  static constexpr std::int64_t kLongPause = 10'000 * kUs;
  static constexpr std::int64_t kShare = 200;  // one part of a core in so many
  static constexpr std::int64_t kMostCredit = 1000 * kUs;

  // Look is the outcome of a look.
  struct Look {
    bool acted = false;         // found something to do
    bool took_sleeper = false;  // took a P whose thread slept
    bool open = false;          // the next look will tell
    bool idle = false;          // no P is in use
    // The longest pause that will do; an M has been asked to yield.
    std::int64_t at_most = kLongPause;
  };

  // Next returns the pause after a look: `now` is the time, `cpu` the CPU time
  // that sysmon has used until then.
  std::int64_t Next(std::int64_t now, std::int64_t cpu, const Look& look) {
    const std::int64_t cost = cpu - cpu_;
    credit_ += (now - now_) / kShare - cost;
    now_ = now;
    cpu_ = cpu;
    if (look.acted) {
      credit_ = kMostCredit;
      acted_when_ = now;
    }
    credit_ = std::clamp(credit_, -kMostDebt, kMostCredit);
    const auto root = static_cast<std::int64_t>(std::sqrt(
        static_cast<double>(cost) * static_cast<double>(now - acted_when_)));
    std::int64_t pause =
        std::max(std::min(-credit_ * kShare, root), kShortPause);
    idle_ = look.idle ? std::min(idle_ + 1, kMostIdle) : 0;
    if (look.idle) {
      pause = std::max(pause, kShortPause << idle_);
    }
    // Not twice running on credit that is not there.
    early_ = look.open && !early_ && pause > kShortPause;
    if (early_ && !look.idle) pause = kShortPause;
    return std::min({pause, kLongPause, look.at_most});
  }

 private:
  static constexpr std::int64_t kMostDebt = 4 * kLongPause / kShare;
  static constexpr int kMostIdle = 9;  // 2^9 short pauses are a long one

  std::int64_t now_ = 0;
  std::int64_t cpu_ = 0;
  std::int64_t credit_ = 0;
  std::int64_t acted_when_ = 0;
  int idle_ = 0;  // looks running
  bool early_ = false;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_PACE_H_
