// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The slow half of Mutex: spin a little, then sleep. The protocol heads
// mutex.h.

#include "sched/os/mutex.h"

#include <atomic>

#include "sched/os/fatal.h"
#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "sched/os/spin.h"

namespace gosling::sched {

void Mutex::LockSlow() {
  for (Spin spin(LockSpin()); spin.Left();) {
    spin.Pass();
    // Read first: writers that fail would take the line from the holder.
    if (!Held() && TryLock()) return;
  }
  // acquire: pairs with the release in Unlock.
  while (state_.exchange(kHeldSleepers, std::memory_order_acquire) != kFree) {
    os::FutexWait(&state_, kHeldSleepers, -1);
  }
}

void Mutex::UnlockSlow(std::uint32_t was) {
  if (was == kFree) Throw("unlock of unlocked lock");
  os::FutexWake(&state_, 1);
}

}  // namespace gosling::sched
