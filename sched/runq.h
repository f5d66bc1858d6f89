// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Run queues: a ring of 256 and a `runnext` slot per P. Gs that do not
// fit go to the global queue, a GQueue (gqueue.h).
//
// The ring has one producer, the M that owns the P, and many consumers: the
// owner and thieves. Invariants:
//   * only the owner moves tail_; owner and thieves move head_, by
//     compare-and-swap;
//   * slots [head_, tail_) hold runnable Gs; a slot is rewritten only after
//     head_ has passed it;
//   * tail_ - head_ <= 256 (unsigned arithmetic, so both may wrap).
//
// `runnext` is the G that should run next, inheriting the rest of the time
// slice: a pair of goroutines that talk to each other stays hot and stays
// together. Unlike Go's, ours is private to the owner: thieves never take it,
// so putting and getting are plain stores. sysmon notices when it starves, and
// takes the whole P from an M that sits in user code with something in runnext
// (sysmon.h); and while other Ps are idle and slices are long, Ready puts the G
// into the ring instead, where a thief finds it at once.
//
// Go: runtime/proc.go, runqput, runqget, runqgrab, runqsteal, globrunqget.

#ifndef GOSLING_SCHED_RUNQ_H_
#define GOSLING_SCHED_RUNQ_H_

#include <atomic>
#include <cstdint>

#include "sched/g.h"
#include "sched/gqueue.h"

namespace gosling::sched {

class RunQueue {
 public:
  static constexpr std::uint32_t kSize = 256;

  // Put adds at the tail. Owner only. False: the ring is full.
  bool Put(G* g) {
    // acquire: pairs with the compare-and-swaps of Get, TakeHalf and StealFrom:
    // the slot's last reader is done with it.
    std::uint32_t h = head_.load(std::memory_order_acquire);
    std::uint32_t t = tail_.load(std::memory_order_relaxed);
    if (t - h >= kSize) return false;
    ring_[t % kSize].store(g, std::memory_order_relaxed);
    // release: publishes the slot to StealFrom's acquire of tail_.
    tail_.store(t + 1, std::memory_order_release);
    return true;
  }

  // Get takes from the head. Owner only. `thieves`: whether there may be any;
  // with a single P there are none, and the locked instruction is saved.
  [[gnu::always_inline]] G* Get(bool thieves = true) {
    // acquire: as in Put
    std::uint32_t h = head_.load(std::memory_order_acquire);
    if (!thieves) {
      std::uint32_t t = tail_.load(std::memory_order_relaxed);
      if (t == h) return nullptr;
      G* g = ring_[h % kSize].load(std::memory_order_relaxed);
      // release: as below
      head_.store(h + 1, std::memory_order_release);
      if (t - h > kFew) Prefetch(h + 1);
      return g;
    }
    for (;;) {
      std::uint32_t t = tail_.load(std::memory_order_relaxed);
      if (t == h) return nullptr;
      G* g = ring_[h % kSize].load(std::memory_order_relaxed);
      // release: the slot has been read, for Put's acquire; acquire: as above
      if (head_.compare_exchange_weak(h, h + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        if (t - h > kFew) Prefetch(h + 1);
        return g;
      }
    }
  }

  // TakeHalf moves the older half of a full ring, and `g` after it, to `out`.
  // Owner only. Returns how many; 0 if thieves have made room meanwhile.
  int TakeHalf(G* g, GQueue& out);

  // StealFrom moves the older half (rounded up) of `victim` into this ring,
  // except for one G which is returned. Called by this ring's owner, whose ring
  // is empty. nullptr: nothing to steal.
  G* StealFrom(RunQueue& victim);

  // Size and Empty are exact for the owner while no thief is about, and a hint
  // for other threads.
  std::uint32_t Size() const {
    // acquire: pairs with the compare-and-swaps, and with Put's release: a tail
    // is read that is no older than the head
    std::uint32_t h = head_.load(std::memory_order_acquire);
    std::uint32_t t = tail_.load(std::memory_order_acquire);
    std::uint32_t n = t - h;
    return n <= kSize ? n : 0;
  }
  bool Empty() const { return Size() == 0; }
  // Tail returns the place of the next Put, and Holds says whether the G that
  // was put just before the tail stood at `tail` is still here. Owner only; a
  // thief may take it at any time.
  std::uint32_t Tail() const { return tail_.load(std::memory_order_relaxed); }
  bool Holds(std::uint32_t tail) const {
    std::uint32_t n = tail - head_.load(std::memory_order_relaxed);
    return n != 0 && n <= kSize;
  }
  // EmptyForOwner is Empty for the owner: two loads.
  bool EmptyForOwner() const {
    return head_.load(std::memory_order_relaxed) ==
           tail_.load(std::memory_order_relaxed);
  }

 private:
  // More goroutines than this do not stay in the nearest cache while they take
  // turns.
  static constexpr std::uint32_t kFew = 16;

  // Prefetch asks for the memory that a switch to the next ones will touch: the
  // stack of the one at `h`, whose G an earlier call has asked for, or, if it
  // has none yet, its closure; and the G of one that comes later. Some of them
  // may be stolen, and then even be written, meanwhile. (yield1000, sleep100k,
  // spawn10k in tools/bench/.)
  [[gnu::noinline, gnu::no_sanitize_thread]] void Prefetch(
      std::uint32_t h) const {
    const G* next = ring_[h % kSize].load(std::memory_order_relaxed);
    const SwitchPoint stack = next->switch_point;
    if (stack != nullptr) {
      PrefetchStack(stack);
    } else {
      PrefetchG(next);
    }
    __builtin_prefetch(ring_[(h + 1) % kSize].load(std::memory_order_relaxed),
                       1);
  }

  alignas(64) std::atomic<std::uint32_t> head_{0};
  std::atomic<std::uint32_t> tail_{0};
  std::atomic<G*> ring_[kSize] = {};
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_RUNQ_H_
