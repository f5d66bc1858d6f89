// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Nanoseconds as the system wants them, for the files behind os.h.

#ifndef GOSLING_SCHED_TIMESPEC_H_
#define GOSLING_SCHED_TIMESPEC_H_

#include <time.h>

#include <cstdint>

namespace gosling::sched::os {

inline constexpr std::int64_t kSecond = 1'000'000'000;

inline timespec ToTimespec(std::int64_t ns) {
  return {.tv_sec = static_cast<time_t>(ns / kSecond),
          .tv_nsec = static_cast<long>(ns % kSecond)};
}

// SaturatingAdd returns a + b, or the last moment there is if that is sooner.
inline std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_TIMESPEC_H_
