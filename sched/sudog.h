// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sudog: one goroutine's place in one wait queue. It lives on the waiting
// goroutine's stack, which is safe because stacks do not move and the goroutine
// does not return before it has been taken off every queue: waiting allocates
// nothing. (Go must heap-allocate and cache sudogs, since its stacks move.)
//
// A goroutine in a select stands in several queues at once. A waker that
// dequeues one of its sudogs must win g->select_done first: one exchange; a
// waker that loses it skips the sudog as if it were not there.
//
// Everything here is protected by the lock of the object that owns the queue,
// `select_done` excepted.
//
// Go: runtime/runtime2.go, type sudog; runtime/chan.go, waitq.

#ifndef GOSLING_SCHED_SUDOG_H_
#define GOSLING_SCHED_SUDOG_H_

#include <cstdint>

#include "sched/g.h"

namespace gosling::sched {

struct Sudog {
  G* g = nullptr;
  Sudog* next = nullptr;
  Sudog* prev = nullptr;
  void* elem = nullptr;      // where to copy the value from or to
  void* owner = nullptr;     // a select's: the case that it stands for
  std::uint32_t ticket = 0;  // free for the queue's owner
  bool is_select = false;    // must win g->select_done
  bool success = false;      // woken by a value, not by close
};

// WaitQ is a FIFO of sudogs.
class WaitQ {
 public:
  bool Empty() const { return first_ == nullptr; }
  Sudog* First() const { return first_; }
  Sudog* Last() const { return last_; }

  void Enqueue(Sudog* s) {
    s->next = nullptr;
    s->prev = last_;
    (last_ != nullptr ? last_->next : first_) = s;
    last_ = s;
  }
  // EnqueueFront puts `s` before all others (sync's LIFO re-queueing of woken
  // waiters).
  void EnqueueFront(Sudog* s) {
    s->prev = nullptr;
    s->next = first_;
    (first_ != nullptr ? first_->prev : last_) = s;
    first_ = s;
  }
  // Dequeue takes the first waiter that can still be woken: selects that
  // another case has won and goroutines of a Run that is over are dropped on
  // the way. nullptr: none.
  Sudog* Dequeue() {
    while (first_ != nullptr) {
      Sudog* s = first_;
      Unlink(s);
      if (s->g->HasFlag(kGAbandoned)) continue;
      if (s->is_select &&
          s->g->select_done.exchange(1, std::memory_order_acq_rel) != 0)
        continue;
      return s;
    }
    return nullptr;
  }
  // Remove takes `s` out wherever it stands; harmless if it is no longer queued
  // (a select's loser that a Dequeue has dropped already).
  void Remove(Sudog* s) {
    if (s->prev != nullptr || s->next != nullptr || first_ == s) Unlink(s);
  }

 private:
  void Unlink(Sudog* s) {
    (s->prev != nullptr ? s->prev->next : first_) = s->next;
    (s->next != nullptr ? s->next->prev : last_) = s->prev;
    s->next = s->prev = nullptr;
  }

  Sudog* first_ = nullptr;
  Sudog* last_ = nullptr;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SUDOG_H_
