// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os.h's clocks on Linux. Signal handlers read them.

#include <errno.h>
#include <time.h>

#include <cstdint>

#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {
namespace {

// A crash asks for the time too: once it is under way, that is 0.
std::int64_t Read(clockid_t clock) {
  timespec ts = {};
  if (::clock_gettime(clock, &ts) != 0 && !Crashing()) {
    Throw("the clock cannot be read: clock %d, errno %d", clock, errno);
  }
  return static_cast<std::int64_t>(ts.tv_sec) * kSecond + ts.tv_nsec;
}

}  // namespace

std::int64_t Nanotime() { return Read(CLOCK_MONOTONIC); }

std::int64_t ProcessCpuTime() { return Read(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace gosling::sched::os
