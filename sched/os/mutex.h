// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Mutex: the lock that the runtime's own data stand under (not sync::Mutex,
// which parks goroutines).
//
// It blocks the thread, never a goroutine, so it may be taken on any stack by
// any thread, but not from a signal handler. Sections under it are short and
// bounded: no park, no system call that can wait, no user code. Not recursive.
//
// The word says what Unlock has to do:
//
//     0  free
//     1  held; Unlock wakes no thread
//     2  held; Unlock wakes one sleeper
//
// A thread sleeps only while the word is 2, having written that 2 or seen it.
// The invariant: while any thread sleeps, the word is 2, or a thread that an
// Unlock woke is awake and has yet to write 2. The woken thread cannot know
// whether others still sleep, and so it takes the lock by writing 2, never 1:
// being wrong costs one useless wake, where the opposite mistake would leave a
// thread asleep for ever.
//
// Locking is a compare-and-swap and not Go's exchange: a failed exchange would
// have to write 1 over a 2, and every contender would then have to remember the
// lost 2. Both cost the same when the lock is free.
//
// Unlocking may touch the address once more (a futex wake) after another thread
// has taken the lock and even freed it. That wake reads no memory; at worst an
// unrelated sleeper there wakes early, which every sleeper on a futex allows
// for.
//
// Source: runtime/lock_futex.go (lock2, unlock2) in Go; the protocol is the
// third one of Drepper's "Futexes Are Tricky".

#ifndef GOSLING_SCHED_OS_MUTEX_H_
#define GOSLING_SCHED_OS_MUTEX_H_

#include <atomic>
#include <cstdint>

#include "absl/base/optimization.h"
#include "absl/base/thread_annotations.h"

namespace gosling::sched {

class ABSL_LOCKABLE Mutex {
 public:
  constexpr Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Lock takes the lock: at once if it is free, else after a short spin (on
  // more than one processor only: on one, the holder cannot run meanwhile),
  // else asleep. Blocks the thread.
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    std::uint32_t free = kFree;
    // acquire: pairs with the release in Unlock.
    if (ABSL_PREDICT_FALSE(!state_.compare_exchange_strong(
            free, kHeld, std::memory_order_acquire,
            std::memory_order_relaxed))) {
      LockSlow();
    }
  }

  // TryLock takes the lock if it is free and says whether it did. Never blocks.
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    std::uint32_t free = kFree;
    // acquire: pairs with the release in Unlock.
    return state_.compare_exchange_strong(
        free, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
  }

  // Unlock gives the lock up. Any thread may do so for the one that locked it:
  // a goroutine may have changed threads meanwhile (StopTheWorld).
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    // release: pairs with the acquire of the next Lock.
    std::uint32_t was = state_.exchange(kFree, std::memory_order_release);
    if (ABSL_PREDICT_FALSE(was != kHeld)) UnlockSlow(was);
  }

  // Held says whether a thread holds the lock. A hint.
  bool Held() const { return state_.load(std::memory_order_relaxed) != kFree; }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kHeldSleepers = 2;

  void LockSlow() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void UnlockSlow(std::uint32_t was);

  std::atomic<std::uint32_t> state_{kFree};
};

static_assert(sizeof(Mutex) == 4);

// MutexLock holds a Mutex for the length of a scope.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }

 private:
  Mutex* const mutex_;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_MUTEX_H_
