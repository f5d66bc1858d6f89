// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The slow paths of <gosling/sync.h>.
//
// Mutex. One word: locked, woken, starving, and the number of waiters. Waiters
// stand in a semaphore, first come, first served; one that was woken in vain
// goes back to the front.
//
//   Normal mode. Unlock wakes the first waiter and leaves the mutex free. The
//   woken one competes with the goroutines that come along, and usually loses,
//   since those are on a CPU already. That is what makes a hot mutex fast: it
//   goes from hand to hand without a switch. kWoken stands for "a goroutine
//   awake wants it": the woken waiter inherits it from Unlock, a spinning
//   newcomer sets it; while it is set, Unlock wakes none.
//
//   Starvation mode, entered by a waiter that is woken in vain after more than
//   1 ms. Unlock gives the mutex to the first waiter: kLocked is clear on the
//   way, but newcomers respect kStarving and queue up. That waiter ends the
//   mode if it is the last one, or has waited for less than 1 ms.
//
// Three things differ from Go's. Unlock clears kLocked, takes one waiter off
// the count and sets kWoken in one step, where Go frees the lock first and then
// looks for a waiter to wake: after that step it touches the waiters only,
// never state_ again, so that the mutex may be destroyed by its next holder
// (sync.h, Lifetime). A woken waiter reads the clock only if the mutex is not
// free again, and while it keeps losing, only the 1st, 2nd, 4th, 8th … time:
// the clock costs as much as the rest of a round, and this way the millisecond
// is at most doubled. A goroutine of an ended Run that stands in the queue is
// passed over.
//
// RWMutex, WaitGroup and Cond are Go's algorithms, over a semaphore whose
// permits go straight to a waiter.
//
// Of what is made while a test explores schedules, each call is a scheduling
// point: before it takes or adds something, after it releases something. The
// inline paths do not know; they find a Mutex marked, a writer at an RWMutex, a
// negative count in a WaitGroup, and call a slow path. RLock and Add have
// changed their word by then, before the point: so that word is of no further
// use, and another one counts.
//
// Go: sync/mutex.go, rwmutex.go, waitgroup.go, cond.go.

#include <gosling/sync.h>

#include <exception>

#include "runtime/sema.h"
#include "sched/control.h"
#include "sched/os/fatal.h"
#include "sched/os/spin.h"

namespace gosling::sync {

using sched::WaitReason;

namespace {

constexpr std::int64_t kStarvationNs = 1'000'000;

bool IsPowerOfTwo(std::uint32_t n) { return (n & (n - 1)) == 0; }

}  // namespace

void Mutex::LockSlow() {
  constexpr std::uint32_t kWaiterShift = 4;
  static_assert(kWaiter == 1 << kWaiterShift);
  std::int64_t wait_start = 0;  // when this Lock first queued up
  std::uint32_t failures = 0;   // how often it has been woken in vain
  bool starving = false;        // it has waited for too long
  bool awoke = false;           // kWoken is ours
  sched::Spin spin(sched::kMutexSpin);
  std::uint32_t old = state_.load(std::memory_order_relaxed);
  if ((old & kExplored) != 0) {
    sched::ControlPoint();
    old = state_.load(std::memory_order_relaxed);
  }
  for (;;) {
    if ((old & (kLocked | kStarving)) == kLocked &&
        internal::SpinWorthwhile() && spin.Left()) {
      // Let Unlock know, so that it does not wake others.
      if (!awoke && (old & kWoken) == 0 && (old >> kWaiterShift) != 0 &&
          state_.compare_exchange_strong(old, old | kWoken,
                                         std::memory_order_relaxed)) {
        awoke = true;
      }
      spin.Pass();
      old = state_.load(std::memory_order_relaxed);
      continue;
    }
    std::uint32_t next = old;
    if ((old & kStarving) == 0) next |= kLocked;
    if ((old & (kLocked | kStarving)) != 0) next += kWaiter;
    if (starving && (old & kLocked) != 0) next |= kStarving;
    if (awoke) {
      if ((next & kWoken) == 0) sched::Throw("sync: inconsistent mutex state");
      next &= ~kWoken;
    }
    // acquire: if this takes the lock, pairs with the release in Unlock
    if (!state_.compare_exchange_strong(old, next, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      continue;
    }
    if ((old & (kLocked | kStarving)) == 0) return;

    bool front = wait_start != 0;
    if (!front) wait_start = sched::Clock();
    internal::SemAcquire(waiters_, WaitReason::kSyncMutexLock, front);
    old = state_.load(std::memory_order_relaxed);
    if (!starving && ((old & kStarving) != 0 ||
                      ((old & kLocked) != 0 && IsPowerOfTwo(++failures)))) {
      starving = sched::Clock() - wait_start > kStarvationNs;
    }
    if ((old & kStarving) != 0) {
      // Handed over, but for the bookkeeping.
      if ((old & (kLocked | kWoken)) != 0 || (old >> kWaiterShift) == 0) {
        sched::Throw("sync: inconsistent mutex state");
      }
      std::uint32_t delta = kLocked - kWaiter;
      if (!starving || (old >> kWaiterShift) == 1) delta -= kStarving;
      // acquire: pairs with the release in UnlockSlow
      state_.fetch_add(delta, std::memory_order_acquire);
      return;
    }
    awoke = true;
    spin = sched::Spin(sched::kMutexSpin);
  }
}

void Mutex::UnlockSlow() {
  std::uint32_t old = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((old & kLocked) == 0) sched::Throw("sync: unlock of unlocked mutex");
    std::uint32_t next = old - kLocked;
    bool handoff = (old & kStarving) != 0;
    bool wake = handoff || ((old & kWoken) == 0 && old >= kWaiter);
    if (wake && !handoff) next = (next - kWaiter) | kWoken;
    // release: pairs with the acquire of the next holder
    if (state_.compare_exchange_weak(old, next, std::memory_order_release,
                                     std::memory_order_relaxed)) {
      if (wake) internal::SemWake(waiters_, handoff);
      if ((next & kExplored) != 0) sched::ControlPoint();
      return;
    }
  }
}

bool Mutex::TryLockExplored() {
  sched::ControlPoint();
  return TryTake(kLocked | kStarving);
}

std::atomic<std::int32_t>& RWMutex::Readers() {
  return writers_.Explored() ? explored_count_ : reader_count_;
}

void RWMutex::RLockSlow() {
  if (writers_.Explored()) {
    sched::ControlPoint();
    if (explored_count_.fetch_add(1, std::memory_order_acquire) >= 0) return;
  }
  // A writer has the lock or waits for it.
  internal::SemAcquire(reader_sem_, WaitReason::kSyncRWMutexRLock);
}

bool RWMutex::TryRLockExplored() {
  sched::ControlPoint();
  return TryRead(explored_count_);
}

void RWMutex::RUnlockSlow(std::int32_t before) {
  const bool explored = writers_.Explored();
  if (explored)
    before = explored_count_.fetch_sub(1, std::memory_order_release);
  if (before == 0 || before == -kMaxReaders)
    sched::Throw("sync: RUnlock of unlocked RWMutex");
  // A writer waits for the readers that were there before it. acq_rel: the last
  // reader passes on to it what all of them released.
  if (before < 0 && reader_wait_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    internal::SemRelease(writer_sem_, 1);
  if (explored) sched::ControlPoint();
}

void RWMutex::Lock() {
  writers_.Lock();
  // Announce the writer, and wait for the readers of now. acquire: pairs with
  // their release in RUnlock.
  std::int32_t readers =
      Readers().fetch_sub(kMaxReaders, std::memory_order_acq_rel);
  if (readers != 0 &&
      reader_wait_.fetch_add(readers, std::memory_order_acq_rel) + readers !=
          0) {
    internal::SemAcquire(writer_sem_, WaitReason::kSyncRWMutexLock);
  }
}

bool RWMutex::TryLock() {
  if (!writers_.TryLock()) return false;
  std::int32_t none = 0;
  if (Readers().compare_exchange_strong(none, -kMaxReaders,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
    return true;
  }
  writers_.Unlock();
  return false;
}

void RWMutex::Unlock() {
  // release: what was written, for readers that come from now on; those that
  // wait get it with their permit
  std::int32_t waiting =
      Readers().fetch_add(kMaxReaders, std::memory_order_acq_rel) + kMaxReaders;
  if (waiting >= kMaxReaders) sched::Throw("sync: Unlock of unlocked RWMutex");
  if (waiting > 0)
    internal::SemRelease(reader_sem_, static_cast<std::uint32_t>(waiting));
  writers_.Unlock();
}

void WaitGroup::AddSlow(int delta, std::uint64_t state) {
  const bool explored = (state & kExploredBit) != 0;
  if (explored) {
    if (delta > 0) sched::ControlPoint();
    state = explored_state_.fetch_add(Delta(delta), std::memory_order_acq_rel) +
            Delta(delta);
  }
  Settle(delta, state, explored ? explored_state_ : state_);
  if (explored && delta <= 0) sched::ControlPoint();
}

void WaitGroup::Settle(int delta, std::uint64_t state,
                       std::atomic<std::uint64_t>& word) {
  std::int32_t count = Count(state);
  std::uint32_t waiters = Waiters(state);
  if (count < 0) throw Panic("sync: negative WaitGroup counter");
  if (waiters != 0 && delta > 0 && count == delta) {
    throw Panic("sync: WaitGroup misuse: Add called concurrently with Wait");
  }
  if (count > 0 || waiters == 0) return;
  // The count is zero and there are waiters, so no other call may change the
  // state now: an Add from zero would be concurrent with Wait, and Wait does
  // not add a waiter to a zero count. A cheap check of that.
  if (word.load(std::memory_order_relaxed) != state) {
    throw Panic("sync: WaitGroup misuse: Add called concurrently with Wait");
  }
  word.store(0, std::memory_order_relaxed);
  // The last touch: a waiter may destroy *this.
  internal::SemRelease(sem_, waiters);
}

void WaitGroup::WaitSlow() {
  const bool explored =
      (state_.load(std::memory_order_relaxed) & kExploredBit) != 0;
  if (explored) sched::ControlPoint();
  std::atomic<std::uint64_t>& word = explored ? explored_state_ : state_;
  // acquire: as in Wait
  std::uint64_t state = word.load(std::memory_order_acquire);
  for (;;) {
    if (Count(state) == 0) return;
    if (word.compare_exchange_weak(state, state + 1, std::memory_order_acquire))
      break;
  }
  internal::SemAcquire(sem_, WaitReason::kSyncWaitGroupWait);
  if (word.load(std::memory_order_relaxed) != 0) {
    throw Panic("sync: WaitGroup is reused before previous Wait has returned");
  }
}

void Cond::Wait() {
  // Before the lock is released: a caller that changes the condition from here
  // on notifies this ticket too.
  std::uint32_t ticket = next_ticket_.fetch_add(1, std::memory_order_acq_rel);
  do_unlock_(lock_);
  internal::NotifyWait(waiters_, ticket);
  do_lock_(lock_);
}

void Cond::Signal() { internal::NotifyOne(waiters_, next_ticket_); }

void Cond::Broadcast() { internal::NotifyAll(waiters_, next_ticket_); }

}  // namespace gosling::sync

namespace gosling::internal {

constinit std::atomic<int> explorations{0};

void CallAndKeepError(void (*f)(void*), void* arg, std::exception_ptr* error) {
  try {
    f(arg);
  } catch (...) {
    *error = std::current_exception();
    throw;
  }
}

}  // namespace gosling::internal
