// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The heap: an array of (when, timer) pairs with four children per node, so
// that a level fits one cache line of entries and comparing does not follow
// pointers. Each timer knows its index: stopping removes it there and then, in
// O(log n).

#include "sched/timer.h"

#include <cstdlib>
#include <new>

#include "sched/debug.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

std::int64_t WhenAfter(std::int64_t now, std::int64_t d) {
  if (d <= 0) return now;
  std::int64_t when;
  return __builtin_add_overflow(now, d, &when) ? INT64_MAX : when;
}

void TimerHeap::Place(std::uint32_t i, Entry e) {
  v_[i] = e;
  if (e.Stoppable()) e.T()->index = i;
}

void TimerHeap::SiftUp(std::uint32_t i) {
  Entry e = v_[i];
  while (i > 0) {
    std::uint32_t parent = (i - 1) / 4;
    if (v_[parent].when <= e.when) break;
    Place(i, v_[parent]);
    i = parent;
  }
  Place(i, e);
}

std::uint32_t TimerHeap::SiftDown(std::uint32_t i) {
  Entry e = v_[i];
  for (;;) {
    std::uint32_t first = 4 * i + 1;
    if (first >= n_) break;
    std::uint32_t least = first;
    std::uint32_t end = first + 4 < n_ ? first + 4 : n_;
    for (std::uint32_t c = first + 1; c < end; c++) {
      if (v_[c].when < v_[least].when) least = c;
    }
    if (v_[least].when >= e.when) break;
    Place(i, v_[least]);
    i = least;
  }
  Place(i, e);
  return i;
}

void TimerHeap::Publish() {
  size_.store(n_, std::memory_order_relaxed);
  // release: pairs with Next's acquire
  next_.store(n_ > 0 ? v_[0].when : 0, std::memory_order_release);
}

void TimerHeap::Insert(Timer* t) {
  if (n_ == cap_) {
    std::uint32_t cap = cap_ == 0 ? 64 : cap_ * 2;
    void* v = std::realloc(static_cast<void*>(v_), cap * sizeof(Entry));
    if (v == nullptr)
      Throw("out of memory: cannot grow a timer heap to %u entries", cap);
    v_ = static_cast<Entry*>(v);
    cap_ = cap;
  }
  v_[n_] = Entry{t->when, reinterpret_cast<std::uintptr_t>(t) |
                              (t->stoppable ? std::uintptr_t{1} : 0)};
  n_++;
  t->heap.store(this, std::memory_order_relaxed);  // under mu_
  SiftUp(n_ - 1);
  Publish();
}

void TimerHeap::Cut(std::uint32_t i) {
  n_--;
  if (i != n_) {
    v_[i] = v_[n_];
    SiftUp(SiftDown(i));
  }
}

void TimerHeap::RemoveAt(std::uint32_t i) {
  // release: pairs with TimerStop's acquire; who finds null may reuse the timer
  v_[i].T()->heap.store(nullptr, std::memory_order_release);
  Cut(i);
}

int TimerHeap::Run(std::int64_t now) {
  struct Due {
    decltype(Timer::fire) fire;
    void* arg;
    std::uint64_t seq;
  };
  constexpr int kBatch = 16;
  Timer* timers[kBatch];
  Due due[kBatch];
  int fired = 0;
  int n;
  do {
    n = 0;
    {
      MutexLock l(&mu_);
      while (n < kBatch && n_ > 0 && v_[0].when <= now) {
        // What may be stopped is fired by itself: an earlier one's fire may do
        // that.
        const bool alone = v_[0].Stoppable();
        if (alone && n > 0) break;
        // A sleeper's is far away: ask for it, and look at the next one
        // meanwhile.
        timers[n] = v_[0].T();
        __builtin_prefetch(timers[n], 1);
        n++;
        Cut(0);
        fired_.Add();
        if (alone) break;
      }
      for (int i = 0; i < n; i++) {
        Timer* t = timers[i];
        due[i] = {t->fire, t->arg, t->seq};
        __builtin_prefetch(t->arg, 1);
        t->heap.store(nullptr, std::memory_order_release);  // as in RemoveAt
      }
      Publish();
    }
    // From here on these may be gone: their owners may have been waiting for
    // nothing but this.
    for (int i = 0; i < n; i++) due[i].fire(due[i].arg, due[i].seq, now);
    fired += n;
  } while (n > 0);
  return fired;
}

void TimerHeap::TakeAll(TimerHeap& from) {
  // Under stop-the-world: nobody else holds two of these locks.
  MutexLock l1(&mu_);
  MutexLock l2(&from.mu_);
  while (from.n_ > 0) {
    Timer* t = from.v_[from.n_ - 1].T();
    from.n_--;
    Insert(t);
  }
  from.Publish();
}

void TimerAdd(Timer* t, bool soon) {
  M* m = CurrentM();
  // A thread without a P uses the first P's heap.
  TimerHeap& heap = (m->p != nullptr ? m->p : sched.allp[0])->timers;
  std::int64_t when = t->when;
  bool first;
  {
    MutexLock l(&heap.mu_);
    heap.Insert(t);
    first = t->index == 0;
  }
  // Only a heap's first timer can be earlier than what the timekeeper waits
  // for.
  if (first && !(soon && m->p != nullptr)) NoteNewTimer(when);
}

bool TimerStop(Timer* t) {
  for (;;) {
    // acquire: pairs with RemoveAt's release
    TimerHeap* heap = t->heap.load(std::memory_order_acquire);
    if (heap == nullptr) return false;
    MutexLock l(&heap->mu_);
    // Fired, or moved by procresize?
    if (t->heap.load(std::memory_order_relaxed) != heap) continue;
    heap->RemoveAt(t->index);
    heap->Publish();
    return true;
  }
}

}  // namespace gosling::sched
