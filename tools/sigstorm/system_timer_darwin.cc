// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// setitimer: one timer, SIGALRM, no count of overruns. It was compiled for
// macOS, and never run.

#include <signal.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdint>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/system_timer.h"

namespace sigstorm {

bool SystemTimer::Sends(int signal) { return signal == SIGALRM; }

int SystemTimer::Most() { return 1; }

int SystemTimer::Start(int, std::int64_t interval) {
  const timeval every = {
      .tv_sec = static_cast<time_t>(interval / 1'000'000'000),
      .tv_usec = static_cast<suseconds_t>(interval % 1'000'000'000 / 1000)};
  const itimerval when = {.it_interval = every, .it_value = every};
  // Before: the first expiry is no earlier.
  const std::int64_t first = NowNs() + interval;
  if (::setitimer(ITIMER_REAL, &when, nullptr) != 0) return errno;
  first_ = first;
  interval_ = interval;
  return 0;
}

std::uint64_t SystemTimer::Stop() {
  if (first_ == 0) return 0;
  const itimerval never = {};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  const std::uint64_t expired = Expired(NowNs());
  first_ = 0;
  return expired;
}

}  // namespace sigstorm
