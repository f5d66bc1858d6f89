// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Distances, and sleeping through the long ones.

#include "tools/sigstorm/pace.h"

#include <time.h>

#include <algorithm>
#include <cmath>

namespace sigstorm {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr double kBurstEvery = 100e6;

}  // namespace

Pace::Pace(double rate, Shape shape, std::int64_t duration, std::uint64_t seed)
    : interval_(rate > 0 ? 1e9 / rate : 0),
      shape_(shape),
      duration_(static_cast<double>(duration)),
      start_(static_cast<double>(NowNs())),
      random_(seed),
      due_(start_) {}

double Pace::Distance(double at) {
  switch (shape_) {
    case Shape::kSteady:
      break;
    case Shape::kBurst: {
      // All of a tenth of a second is due at its beginning.
      const double each = std::max(1.0, kBurstEvery / interval_);
      const double burst = std::max(kBurstEvery, interval_);
      const double chance =
          static_cast<double>(random_.Below(1 << 20)) / 0x1p20;
      return chance < 1 / each ? burst : 0;
    }
    case Shape::kRamp: {
      // The number sent by the time t is t * t / (duration * interval).
      const double now = at / duration_;
      return duration_ * (std::sqrt(now * now + interval_ / duration_) - now);
    }
    case Shape::kRandom: {
      const double chance =
          (static_cast<double>(random_.Below(1 << 20)) + 0.5) / 0x1p20;
      return -interval_ * std::log(chance);
    }
  }
  return interval_;
}

// A burst is late by its own length.
void Pace::ForgiveBefore(std::int64_t now) {
  const std::int64_t late = shape_ == Shape::kBurst ? 200 : 20;
  due_ = std::max(due_, static_cast<double>(now - late * kMillisecond));
}

void Pace::Sleep(std::int64_t ns) {
  ns = std::min(ns, 50 * kMillisecond);
  const timespec time = {.tv_sec = 0, .tv_nsec = static_cast<long>(ns)};
  ::nanosleep(&time, nullptr);
}

}  // namespace sigstorm
