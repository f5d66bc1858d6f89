// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/light_mutex.h"

#include "arch/arch.h"
#include "sched/fence.h"
#include "sched/os.h"

namespace gosling::sched {

namespace {

// A microsecond or two; not at all on one CPU, where the holder cannot run
// meanwhile. As Mutex spins.
constexpr int kSpins = 4;
constexpr int kPauses = 30;

}  // namespace

constinit std::atomic<std::uint32_t> LightMutex::sleepers_[kCounters] = {};

void LightMutex::PrepareWithoutMembarrier() {
  for (std::atomic<std::uint32_t>& s : sleepers_) s.fetch_add(kNoMembarrier);
}

void LightMutex::LockSlow() {
  // Read first: writers that fail would take the line from the holder.
  const auto try_lock = [this] {
    return word_.load(std::memory_order_relaxed) == kFree &&
           word_.exchange(kHeld, std::memory_order_acquire) == kFree;
  };
  static const int spins = os::NumCPU() > 1 ? kSpins : 0;
  for (int i = 0; i < spins; i++) {
    for (int j = 0; j < kPauses; j++) arch::Pause();
    if (try_lock()) return;
  }
  std::atomic<std::uint32_t>& sleepers = SleepersOf(this);
  sleepers.fetch_add(1, std::memory_order_relaxed);
  HeavyFence();  // pairs with the compiler barrier in Unlock
  while (!try_lock()) os::FutexWait(&word_, kHeld, -1);
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
