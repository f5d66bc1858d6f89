// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// When a sender's next signal is due.

#ifndef TOOLS_SIGSTORM_PACE_H_
#define TOOLS_SIGSTORM_PACE_H_

#include <atomic>
#include <cstdint>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/shape.h"

namespace sigstorm {

// Pace holds a sender to its rate over time, in small heaps: sleeping after
// every signal would never let two of them collide.
class Pace {
 public:
  // `rate` is in signals a second, without a limit if it is 0; `duration`, of
  // the storm, in ns.
  Pace(double rate, Shape shape, std::int64_t duration, std::uint64_t seed);

  // Distance returns how many ns after a signal that was due `at` ns after the
  // start the next one is.
  double Distance(double at);

  // Wait returns when the next signal may be sent, or once `stop` is set; WaitOr
  // once over() is true.
  void Wait(const std::atomic<bool>& stop) {
    WaitOr([&stop] { return stop.load(); });
  }
  template <class Over>
  void WaitOr(Over&& over) {
    if (interval_ == 0) return;
    std::int64_t now = NowNs();
    due_ += Distance(due_ - start_);
    if (Left(now) > kShort) {
      while (Left(now) > 0 && !over()) {
        Sleep(Left(now));
        now = NowNs();
      }
    }
    ForgiveBefore(now);
  }

  // Sleep may return early: a signal ends it, and it is never so long that the
  // end of the storm would go unnoticed.
  static void Sleep(std::int64_t ns);

 private:
  static constexpr std::int64_t kShort = 1'000'000;  // ns not worth a sleep

  std::int64_t Left(std::int64_t now) const {
    return static_cast<std::int64_t>(due_) - now;
  }
  // ForgiveBefore lets a sender that the machine held up not make up for it.
  void ForgiveBefore(std::int64_t now);

  const double interval_;  // ns between signals, 0: no limit
  const Shape shape_;
  const double duration_;
  const double start_;
  Random random_;
  double due_;  // when the next signal may be sent
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_PACE_H_
