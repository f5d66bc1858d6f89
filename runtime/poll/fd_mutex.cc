// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/poll/fd_mutex.h"

#include "runtime/sema.h"
#include "sched/os/fatal.h"
#include "sched/wait_reason.h"

namespace gosling::poll {

namespace {

constexpr std::uint64_t kClosed = 1;
constexpr std::uint64_t kRef = 1 << 3;
constexpr std::uint64_t kRefMask = ((std::uint64_t{1} << 20) - 1) << 3;

constexpr std::uint64_t LockBit(FdMutex::Side side) { return 2U << side; }
constexpr std::uint64_t WaiterOf(FdMutex::Side side) {
  return std::uint64_t{1} << (side == FdMutex::kRead ? 23 : 43);
}
constexpr std::uint64_t WaiterMask(FdMutex::Side side) {
  return ((std::uint64_t{1} << 20) - 1) * WaiterOf(side);
}

void CheckRoom(std::uint64_t field) {
  if (field == 0) {
    sched::Throw(
        "too many concurrent operations on a single file or socket "
        "(max 1048575)");
  }
}

bool IsLast(std::uint64_t state) {
  return (state & (kClosed | kRefMask)) == kClosed;
}

}  // namespace

bool FdMutex::Ref() {
  std::uint64_t old = state_.load(std::memory_order_relaxed);
  std::uint64_t next;
  do {
    if ((old & kClosed) != 0) return false;
    next = old + kRef;
    CheckRoom(next & kRefMask);
  } while (!state_.compare_exchange_weak(old, next, std::memory_order_acquire,
                                         std::memory_order_relaxed));
  return true;
}

bool FdMutex::Lock(Side side) {
  std::uint64_t old = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((old & kClosed) != 0) return false;
    const bool is_free = (old & LockBit(side)) == 0;
    const std::uint64_t next =
        is_free ? (old | LockBit(side)) + kRef : old + WaiterOf(side);
    CheckRoom(next & (is_free ? kRefMask : WaiterMask(side)));
    // acquire: pairs with Unlock
    if (!state_.compare_exchange_weak(old, next, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
      continue;
    }
    if (is_free) return true;
    internal::SemAcquire(waiting_[side], sched::WaitReason::kSemacquire);
    old = state_.load(std::memory_order_relaxed);
  }
}

bool FdMutex::Unref() {
  std::uint64_t old = state_.load(std::memory_order_relaxed);
  do {
    if ((old & kRefMask) == 0) sched::Throw("inconsistent poll.fdMutex");
    // release: pairs with the acquire of whoever is told that it is the last
  } while (!state_.compare_exchange_weak(
      old, old - kRef, std::memory_order_acq_rel, std::memory_order_relaxed));
  return IsLast(old - kRef);
}

bool FdMutex::Unlock(Side side) {
  std::uint64_t old = state_.load(std::memory_order_relaxed);
  std::uint64_t next;
  do {
    if ((old & LockBit(side)) == 0 || (old & kRefMask) == 0) {
      sched::Throw("inconsistent poll.fdMutex");
    }
    next = (old & ~LockBit(side)) - kRef;
    if ((old & WaiterMask(side)) != 0) next -= WaiterOf(side);
    // release: pairs with Lock, and as in Unref
  } while (!state_.compare_exchange_weak(old, next, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  if ((old & WaiterMask(side)) != 0) {
    internal::SemWake(waiting_[side], /*handoff=*/false);
  }
  return IsLast(next);
}

bool FdMutex::Close() {
  std::uint64_t old = state_.load(std::memory_order_relaxed);
  std::uint64_t next;
  do {
    if ((old & kClosed) != 0) return false;
    next = (old | kClosed) + kRef;
    CheckRoom(next & kRefMask);
    next &= ~(WaiterMask(kRead) | WaiterMask(kWrite));
  } while (!state_.compare_exchange_weak(old, next, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  for (const Side side : {kRead, kWrite}) {
    const std::uint64_t waiters = (old & WaiterMask(side)) / WaiterOf(side);
    if (waiters != 0) {
      internal::SemRelease(waiting_[side], static_cast<std::uint32_t>(waiters));
    }
  }
  return true;
}

}  // namespace gosling::poll
