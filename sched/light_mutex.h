// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LightMutex: Mutex for the hottest paths, with one atomic read-modify-write
// per lock and unlock together.
//
// Mutex must exchange in Unlock, to learn whether a thread sleeps. Here Unlock
// is a plain store, then a plain load of a counter of sleepers; the fence
// between the two that this needs is on the sleeper's side, as a membarrier
// (fence.h). The counters stand in a small table for all locks together, chosen
// by address, and not in the lock: the thread that takes the lock after the
// store may free it, so Unlock may not read it again.
//
//     sleeper                            holder
//
//     sleepers++                         word = free
//     HeavyFence                         compiler barrier
//     while (word is held)               if (sleepers != 0)
//       sleep on the word                  wake one that sleeps on the word
//
// Invariant: a thread goes to sleep on the word only if a holder's Unlock is
// still to come that sees the counter. For if the store of the last Unlock is
// not visible to the sleeper after its fence, then that Unlock's load comes
// after the fence. A woken sleeper wakes the next one in turn, since the
// counter is still up. Two locks that share a counter cost each other useless
// wakes, nothing else.
//
// Where there is no membarrier, the counters have kNoMembarrier set, so that
// every Unlock takes the slow path and fences there. An Unlock that looked for
// it just before it was set, when membarrier was lost (fence.h), may have
// missed a sleeper: from then on sleepers look at the word again every
// millisecond.
//
// Rules as for Mutex: threads only, never across a park, never in a signal
// handler.

#ifndef GOSLING_SCHED_LIGHT_MUTEX_H_
#define GOSLING_SCHED_LIGHT_MUTEX_H_

#include <atomic>
#include <cstdint>

#include "absl/base/optimization.h"
#include "absl/base/thread_annotations.h"

namespace gosling::sched {

class ABSL_LOCKABLE LightMutex {
 public:
  constexpr LightMutex() = default;
  LightMutex(const LightMutex&) = delete;
  LightMutex& operator=(const LightMutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    // acquire: pairs with the release in Unlock
    if (ABSL_PREDICT_FALSE(word_.exchange(kHeld, std::memory_order_acquire) !=
                           kFree))
      LockSlow();
  }

  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    // acquire: as in Lock
    return word_.exchange(kHeld, std::memory_order_acquire) == kFree;
  }

  void Unlock() ABSL_UNLOCK_FUNCTION() {
    std::atomic<std::uint32_t>& sleepers = SleepersOf(this);
    // The lock may be gone from here on.
    word_.store(kFree, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (ABSL_PREDICT_FALSE(sleepers.load(std::memory_order_relaxed) != 0))
      UnlockSlow();
  }

  // PrepareWithoutMembarrier makes all Unlocks fence that begin from now on.
  static void PrepareWithoutMembarrier();

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kNoMembarrier = 1U << 31;
  static constexpr std::uintptr_t kCounters = 64;

  static std::atomic<std::uint32_t>& SleepersOf(const LightMutex* m) {
    return sleepers_[(reinterpret_cast<std::uintptr_t>(m) >> 6) % kCounters];
  }
  void LockSlow();
  void UnlockSlow();

  static std::atomic<std::uint32_t> sleepers_[kCounters];
  std::atomic<std::uint32_t> word_{kFree};
};

class ABSL_SCOPED_LOCKABLE LightMutexLock {
 public:
  explicit LightMutexLock(LightMutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~LightMutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  LightMutexLock(const LightMutexLock&) = delete;
  LightMutexLock& operator=(const LightMutexLock&) = delete;

 private:
  LightMutex* const mutex_;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_LIGHT_MUTEX_H_
