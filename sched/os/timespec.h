// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Nanoseconds as the system wants them, for the files behind os.h.

#ifndef GOSLING_SCHED_OS_TIMESPEC_H_
#define GOSLING_SCHED_OS_TIMESPEC_H_

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace gosling::sched::os {

inline constexpr std::int64_t kSecond = 1'000'000'000;

// ToTimespec gives the last second there is for what lies beyond: a time_t of
// 32 bits has 68 years of them.
inline timespec ToTimespec(std::int64_t ns) {
  constexpr std::int64_t kLast = std::numeric_limits<time_t>::max();
  return {.tv_sec = static_cast<time_t>(std::min(ns / kSecond, kLast)),
          .tv_nsec = static_cast<long>(ns % kSecond)};
}

// WaitSpan is for waits that are looked at again when they end: none is longer
// than a year.
inline timespec WaitSpan(std::int64_t ns) {
  constexpr std::int64_t kLongest = std::int64_t{365} * 86'400 * kSecond;
  return ToTimespec(std::min(ns, kLongest));
}

// SaturatingAdd returns a + b, or the last moment there is if that is sooner.
inline std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_OS_TIMESPEC_H_
