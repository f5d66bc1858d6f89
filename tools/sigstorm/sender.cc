// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The sending loop and its pace.

#include "tools/sigstorm/sender.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// Pace holds a sender to its rate over time, in bursts: sleeping after every
// signal would never let two of them collide.
class Pace {
 public:
  explicit Pace(double rate)
      : interval_(rate > 0 ? 1e9 / rate : 0),
        due_(static_cast<double>(NowNs())) {}

  void Wait(const std::atomic<bool>& stop) {
    if (interval_ == 0) return;
    due_ += interval_;
    std::int64_t now = NowNs();
    if (due_ > static_cast<double>(now + kMillisecond)) {
      while (due_ > static_cast<double>(now) && !stop.load()) {
        Sleep(static_cast<std::int64_t>(due_) - now);
        now = NowNs();
      }
    }
    // A sender that the machine held up does not make up for it.
    due_ = std::max(due_, static_cast<double>(now - 20 * kMillisecond));
  }

  // Sleep may return early: a signal ends it, and it is never so long that the
  // end of the storm would go unnoticed.
  static void Sleep(std::int64_t ns) {
    ns = std::min(ns, 50 * kMillisecond);
    const timespec time = {.tv_sec = 0, .tv_nsec = static_cast<long>(ns)};
    ::nanosleep(&time, nullptr);
  }

 private:
  double interval_;  // ns between signals, 0: no limit
  double due_;       // when the next signal may be sent
};

}  // namespace

int RunSender(Shared& shared, Aim& aim, std::uint64_t seed) {
  Random random(seed);
  Pace pace(shared.rate_per_sender);
  std::size_t closed = 0;  // signals in a row whose window was full
  while (!shared.stop.load()) {
    SignalSlot& slot = shared.slots[random.Below(shared.signal_count)];
    if (slot.realtime && !slot.Reserve(shared.window)) {
      if (++closed >= shared.signal_count) {
        closed = 0;
        Pace::Sleep(kMillisecond / 20);
      }
      continue;
    }
    closed = 0;

    const std::int64_t now = NowNs();
    const std::int64_t stamp = slot.Stamp(now);
    const int error = aim.Send(slot, now);
    if (error == 0) {
      slot.sent.fetch_add(1);
    } else {
      slot.Unstamp(stamp);
      if (slot.realtime) slot.Unreserve();
      if (error != EAGAIN) return error;
      slot.refused.fetch_add(1);
    }
    pace.Wait(shared.stop);
  }
  return 0;
}

}  // namespace sigstorm
