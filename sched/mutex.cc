// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The slow half of Mutex: spin a little, then sleep. The protocol heads
// mutex.h.

#include "sched/mutex.h"

#include <algorithm>
#include <atomic>

#include "arch/arch.h"
#include "sched/debug.h"
#include "sched/os.h"

namespace gosling::sched {
namespace {

// Rounds and pauses in each, as Go's active_spin and active_spin_cnt: about a
// microsecond or two in all, longer than a section under a runtime lock takes
// and shorter than a sleep and a wake. Go then yields once to the system, which
// we leave out: a holder that has lost its processor is better waited for
// asleep.
constexpr int kSpins = 4;
constexpr int kPauses = 30;

// Spins is how many rounds make sense on this machine, found out once. A race
// to do so is harmless: all find the same.
int Spins() {
  static std::atomic<int> spins{-1};
  int n = spins.load(std::memory_order_relaxed);
  if (n < 0) {
    n = os::NumCPU() > 1 ? kSpins : 0;
    spins.store(n, std::memory_order_relaxed);
  }
  return n;
}

}  // namespace

void Mutex::LockSlow() {
  for (int i = Spins(); i > 0; i--) {
    for (int j = 0; j < kPauses; j++) arch::Pause();
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
