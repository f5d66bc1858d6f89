// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The one clock that senders, receivers and the watchdog share.

#ifndef TOOLS_SIGSTORM_CLOCK_H_
#define TOOLS_SIGSTORM_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace sigstorm {

// NowNs reads CLOCK_MONOTONIC in nanoseconds. It is the same clock in every
// process of a machine, so a stamp made by a child can be subtracted here.
inline std::int64_t NowNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_CLOCK_H_
