// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/light_mutex.h"

#include "sched/fence.h"
#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "sched/os/spin.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kLookAgain = 1'000'000;  // ns

}  // namespace

constinit std::atomic<std::uint32_t> LightMutex::sleepers_[kCounters] = {};

void LightMutex::PrepareWithoutMembarrier() {
  for (std::atomic<std::uint32_t>& s : sleepers_) s.fetch_or(kNoMembarrier);
}

void LightMutex::LockSlow() {
  // Read first: writers that fail would take the line from the holder.
  const auto try_lock = [this] {
    return word_.load(std::memory_order_relaxed) == kFree &&
           word_.exchange(kHeld, std::memory_order_acquire) == kFree;
  };
  for (Spin spin(LockSpin()); spin.Left();) {
    spin.Pass();
    if (try_lock()) return;
  }
  std::atomic<std::uint32_t>& sleepers = SleepersOf(this);
  sleepers.fetch_add(1, std::memory_order_relaxed);
  // Pairs with the compiler barrier in Unlock.
  const std::int64_t limit = HeavyFence() ? -1 : kLookAgain;
  while (!try_lock()) os::FutexWait(&word_, kHeld, limit);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void LightMutex::UnlockSlow() {
  FullFence();  // for lack of a membarrier; harmless otherwise
  if ((SleepersOf(this).load(std::memory_order_relaxed) & ~kNoMembarrier) !=
      0) {
    os::FutexWake(&word_, 1);  // only the address is used: the lock may be gone
  }
}

}  // namespace gosling::sched
