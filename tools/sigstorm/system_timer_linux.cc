// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <signal.h>
#include <time.h>

#include <cerrno>
#include <climits>
#include <cstdint>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/system_timer.h"

namespace sigstorm {
namespace {

timespec SpecOf(std::int64_t ns) {
  return {.tv_sec = static_cast<time_t>(ns / 1'000'000'000),
          .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
}

}  // namespace

bool SystemTimer::Sends(int) { return true; }

int SystemTimer::Most() { return INT_MAX; }

int SystemTimer::Start(int signal, std::int64_t interval) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  ::timer_t timer = {};
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return errno;
  const std::int64_t first = NowNs() + interval;
  const itimerspec when = {.it_interval = SpecOf(interval),
                           .it_value = SpecOf(first)};
  if (::timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) {
    const int error = errno;
    ::timer_delete(timer);
    return error;
  }
  timer_ = timer;
  first_ = first;
  interval_ = interval;
  return 0;
}

std::uint64_t SystemTimer::Stop() {
  if (first_ == 0) return 0;
  ::timer_delete(timer_);
  const std::uint64_t expired = Expired(NowNs());
  first_ = 0;
  return expired;
}

}  // namespace sigstorm
