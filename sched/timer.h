// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Timers: a four-way heap per P, under a lock of its own, run by the P's
// scheduler, or by another M's when the P is idle or its M is deep in user
// code.
//
// A Timer is intrusive and belongs to the code that declares it; the heap holds
// a pointer while it is armed. Invariant: t->heap is non-null exactly while t
// is in that heap, and changes only under that heap's lock. `fire` is called
// once per arming, after t has left the heap, with no lock held: from then on
// the heap does not touch t again, so a Sleep's timer may stand on the
// sleeper's stack. TimerStop returning true means that fire was not and will
// not be called for that arming. Returning false means: not armed, fired, or
// firing right now; owners that care carry `seq` and compare.
//
// Unlike Go's, a timer has no period: a ticker arms itself anew (time.cc).
//
// Go: runtime/time.go.

#ifndef GOSLING_SCHED_TIMER_H_
#define GOSLING_SCHED_TIMER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sched/os/mutex.h"
#include "sched/peeked.h"

namespace gosling::sched {

class TimerHeap;

struct Timer {
  std::int64_t when = 0;  // os::Nanotime() at which to fire
  std::uint64_t seq = 0;  // handed to fire: tells one arming from the next
  // Runs pinned, on g0; must not park, may call Ready and StartG.
  void (*fire)(void* arg, std::uint64_t seq, std::int64_t now) = nullptr;
  void* arg = nullptr;

  std::atomic<TimerHeap*> heap{nullptr};
  std::uint32_t index = 0;  // in the heap, if stoppable
  // Whether TimerStop may be called. If not, the heap does not store its index
  // each time it moves, which would be a cache miss.
  bool stoppable = true;
};

// TimerAdd arms a timer that is not armed. Pinned. `soon`: the caller is about
// to park, so its own P will see the timer, and no M needs to be woken.
void TimerAdd(Timer* t, bool soon = false);
// TimerStop disarms; true if it was armed. Pinned.
bool TimerStop(Timer* t);

// WhenAfter adds a duration to now, clamped to the largest time. Go: time.when.
std::int64_t WhenAfter(std::int64_t now, std::int64_t d);

class alignas(64) TimerHeap {
 public:
  TimerHeap() = default;
  ~TimerHeap() { std::free(v_); }  // the Ps' live for ever
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  // Next returns when the earliest timer fires; 0: none. Lock-free. (acquire:
  // pairs with Publish's release.)
  std::int64_t Next() const { return next_.load(std::memory_order_acquire); }
  std::size_t Size() const { return size_.load(std::memory_order_relaxed); }
  // Fired returns how many times a timer has fired here.
  std::uint64_t Fired() const { return fired_; }
  // Run fires what is due at `now`; returns how many. Pinned.
  int Run(std::int64_t now);
  // TakeAll moves all timers of `from` here (procresize).
  void TakeAll(TimerHeap& from);

 private:
  friend void TimerAdd(Timer* t, bool soon);
  friend bool TimerStop(Timer* t);
  struct Entry {
    std::int64_t when;
    std::uintptr_t timer;  // lowest bit: stoppable

    Timer* T() const {
      return reinterpret_cast<Timer*>(timer & ~std::uintptr_t{1});
    }
    bool Stoppable() const { return (timer & 1) != 0; }
  };
  void Insert(Timer* t) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveAt(std::uint32_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Cut removes the entry; the timer is not touched.
  void Cut(std::uint32_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SiftUp(std::uint32_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // SiftDown returns the entry's new index.
  std::uint32_t SiftDown(std::uint32_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Place(std::uint32_t i, Entry e) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Publish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Mutex mu_;
  Entry* v_ ABSL_GUARDED_BY(mu_) = nullptr;  // the heap; four children per node
  std::uint32_t n_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint32_t cap_ ABSL_GUARDED_BY(mu_) = 0;
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::size_t> size_{0};
  Counter fired_;  // written under mu_
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_TIMER_H_
