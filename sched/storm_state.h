// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// StormState: which signals there is a storm of. For storm.cc and
// storm_handler.cc.

#ifndef GOSLING_SCHED_STORM_STATE_H_
#define GOSLING_SCHED_STORM_STATE_H_

#include <atomic>
#include <cstdint>

#include "sched/m.h"

namespace gosling::sched {

// How long a declared storm lasts, in nanoseconds. When it is over a thread that
// is hit again takes eight signals before it is held back again; so much longer
// than that it should be, and no longer than a signal to the thread may wait.
inline constexpr std::int64_t kStormTime = 100'000'000;

// Bits of M::slow: threads whose mask is the program's own, while they are awake.
inline constexpr std::uint32_t kOwnMask =
    kForeign | kLocked | kForkedChild | kControlled;

struct StormState {
  std::atomic<std::uint64_t> signals{0};  // bit n-1 is signal n
  std::atomic<std::int64_t> until{0};     // os::Nanotime(); of the latest
};
extern constinit StormState storm_state;  // storm_handler.cc

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_STORM_STATE_H_
