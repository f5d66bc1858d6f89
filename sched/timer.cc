// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The heap: an array of (when, timer) pairs with four children per node, so
// that a level fits one cache line of entries and comparing does not follow
// pointers. Each timer knows its index: stopping removes it there and then, in
// O(log n).

#include "sched/timer.h"

#include <cstdlib>

#include "sched/control.h"
#include "sched/idle.h"
#include "sched/os/fatal.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/trace/recorder.h"

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
  // release: pairs with TimerStop's acquire, whose caller may reuse the timer
  v_[i].T()->heap.store(nullptr, std::memory_order_release);
  Cut(i);
}

namespace {

// FiredInOrder keeps the goroutines that timers make runnable on a P in the
// order of the timers. Ready puts each into runnext and sends the one that was
// there to the ring's tail, so that of several the last would run first, and
// before those of an earlier Run. Hence only a lone one stays in runnext, and
// only if none of an earlier Run still waits; all others go to the ring's tail.
// Unlike Go, whose order is Ready's.
//
// While one waits there, the goroutines before it have no whole slices (MindFired in
// next.cc): else each timer would be as late as the slices of all of those.
//
// A G that is moved to the ring here wakes no M: Run's caller goes on to find
// something to run, and looks at the Gs that it leaves (LeavesWork in
// schedule.cc).
class FiredInOrder {
 public:
  // nullptr: this thread has no P; Ready uses the global queue.
  explicit FiredInOrder(P* p) : p_(p) {
    if (p == nullptr) return;
    next_ = p->runnext.load(std::memory_order_relaxed);
    tail_ = p->runq.Tail();
    others_first_ = p->runq.Holds(p->fired_tail) ||
                    (next_ != nullptr && next_ == p->fired_next);
  }
  FiredInOrder(const FiredInOrder&) = delete;
  FiredInOrder& operator=(const FiredInOrder&) = delete;
  ~FiredInOrder() {
    if (!in_ring_) return;
    p_->fired_tail = p_->runq.Tail();
    p_->fired_waits = true;
  }

  // Fired is called after each timer's fire.
  void Fired() {
    if (p_ == nullptr) return;
    G* g = p_->runnext.load(std::memory_order_relaxed);
    if (g != next_) {
      // Ready has sent next_, if there was one, to the tail. That is no G of a
      // timer's, unless fired_next says so.
      if (next_ != nullptr && next_ == p_->fired_next) in_ring_ = true;
      if (others_first_) {
        p_->runnext.store(nullptr, std::memory_order_relaxed);
        RunqPut(p_, g, false);
        g = nullptr;
        in_ring_ = true;
      }
      p_->fired_next = g;
      next_ = g;
      others_first_ = true;
    } else if (p_->runq.Tail() != tail_) {
      others_first_ = true;
      in_ring_ = true;
    }
    tail_ = p_->runq.Tail();
  }

 private:
  P* const p_;
  G* next_ = nullptr;          // the one in runnext
  std::uint32_t tail_ = 0;     // the ring's, before the next fire
  bool others_first_ = false;  // the next one must not run before others
  bool in_ring_ = false;       // this Run has put one there
};

}  // namespace

int TimerHeap::Run(std::int64_t now) {
  struct Due {
    decltype(Timer::fire) fire;
    void* arg;
    std::uint64_t seq;
  };
  constexpr int kBatch = 16;
  Timer* timers[kBatch];
  Due due[kBatch];
  FiredInOrder order(CurrentM()->p);
  int fired = 0;
  int n;
  do {
    n = 0;
    {
      MutexLock l(&mu_);
      while (n < kBatch && n_ > 0 && v_[0].when <= now) {
        // A stoppable timer is fired alone: an earlier one's fire may stop it.
        const bool alone = v_[0].Stoppable();
        if (alone && n > 0) break;
        // A sleeper's timer is in no cache: ask for it, and look at the next
        // one meanwhile.
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
    // From here on these timers may be gone: an owner may free its timer once
    // it has left the heap.
    for (int i = 0; i < n; i++) {
      due[i].fire(due[i].arg, due[i].seq, now);
      order.Fired();
    }
    fired += n;
  } while (n > 0);
  if (fired > 0) {
    trace::Cold(trace::Kind::kTimers, static_cast<std::uint64_t>(fired));
  }
  return fired;
}

void TimerHeap::TakeAll(TimerHeap& from) {
  // The world is stopped: no other thread holds two of these locks.
  MutexLock l1(&mu_);
  MutexLock l2(&from.mu_);
  while (from.n_ > 0) {
    Timer* t = from.v_[from.n_ - 1].T();
    from.n_--;
    Insert(t);
  }
  from.Publish();
}

namespace {

// FarTimers is the heap that a thread without a P uses: its controller's, or
// the first P's.
TimerHeap& FarTimers(const M* m) {
  Control* control = ControlOf(m);
  return control != nullptr ? control->Timers() : scheduler.allp[0]->timers;
}

}  // namespace

void TimerAdd(Timer* t, bool soon) {
  M* m = CurrentM();
  TimerHeap& heap = m->p != nullptr ? m->p->timers : FarTimers(m);
  std::int64_t when = t->when;
  bool first;
  {
    MutexLock l(&heap.mu_);
    heap.Insert(t);
    first = t->index == 0;
  }
  // Only a heap's first timer can be earlier than what the timekeeper waits
  // for.
  if (first && !(soon && m->p != nullptr) && ControlOf(m) == nullptr) {
    NoteNewTimer(when);
  }
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
