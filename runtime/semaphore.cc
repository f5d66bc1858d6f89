// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/semaphore.h>. A waiter stands on the stack of its Acquire, in a list
// under the mutex. Its server takes it off the list, counts its units as held
// and closes its channel, all under the mutex; the waiter leaves the list itself
// if its context ends first. So each has one of the two, and a cancelled waiter
// that finds itself served gives its units on.
//
// Invariant, whenever the mutex is free: the first waiter wants more than is
// left.
//
// Go: golang.org/x/sync/semaphore/semaphore.go.

#include <gosling/chan.h>
#include <gosling/panic.h>
#include <gosling/select.h>
#include <gosling/semaphore.h>

#include <mutex>

namespace gosling {
namespace internal {

struct WeightedWaiter {
  std::int64_t n;
  Chan<Unit> served = MakeChan<Unit>();
  bool in_list = true;  // under the mutex
  WeightedWaiter* next = nullptr;
  WeightedWaiter* before = nullptr;
};

}  // namespace internal

namespace sync {

using internal::WeightedWaiter;

namespace {

// Leave takes w off the list.
void Leave(WeightedWaiter* w, WeightedWaiter** first, WeightedWaiter** last) {
  (w->before != nullptr ? w->before->next : *first) = w->next;
  (w->next != nullptr ? w->next->before : *last) = w->before;
  w->in_list = false;
}

}  // namespace

Error Weighted::Acquire(const context::Context& ctx, std::int64_t n) {
  if (Error err = ctx.Err()) return err;
  {
    const std::lock_guard lock(mutex_);
    if (size_ - held_ >= n && first_ == nullptr) {
      held_ += n;
      return nullptr;
    }
  }
  // What may throw comes before the waiter is in the list.
  const RecvChan<Unit> ended = ctx.Done();
  if (n > size_) {
    ended.Recv();
    return ctx.Err();
  }
  WeightedWaiter w{n};
  {
    const std::lock_guard lock(mutex_);
    if (size_ - held_ >= n && first_ == nullptr) {
      held_ += n;
      return nullptr;
    }
    w.before = last_;
    (last_ != nullptr ? last_->next : first_) = &w;
    last_ = &w;
  }
  Select(OnRecv(ended, [] {}), OnRecv(w.served, [] {}));
  const std::lock_guard lock(mutex_);
  if (Error err = ctx.Err()) {
    if (w.in_list) {
      Leave(&w, &first_, &last_);
    } else {
      held_ -= n;
    }
    ServeWaiters();
    return err;
  }
  return nullptr;
}

bool Weighted::TryAcquire(std::int64_t n) {
  const std::lock_guard lock(mutex_);
  if (size_ - held_ < n || first_ != nullptr) return false;
  held_ += n;
  return true;
}

void Weighted::Release(std::int64_t n) {
  const std::lock_guard lock(mutex_);
  if (n > held_) throw Panic("semaphore: released more than held");
  held_ -= n;
  ServeWaiters();
}

// ServeWaiters serves the first waiters, as far as the units go; the caller
// holds the mutex.
void Weighted::ServeWaiters() {
  while (WeightedWaiter* w = first_) {
    if (size_ - held_ < w->n) return;
    held_ += w->n;
    Leave(w, &first_, &last_);
    w->served.Close();
  }
}

}  // namespace sync
}  // namespace gosling
