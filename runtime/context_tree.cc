// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Cancelling, and what comes of it: children, functions, timers, Done. The
// invariants head runtime/context_tree.h.
//
// Go: context/context.go.

#include "runtime/context_tree.h"

#include <gosling/context.h>
#include <gosling/go.h>

#include <chrono>
#include <exception>
#include <utility>

#include "runtime/errors.h"
#include "sched/control.h"

namespace gosling {

namespace {

constinit internal::Immortal<internal::KnownError> canceled_node(
    "context canceled", false);
constinit internal::Immortal<internal::KnownError> deadline_node(
    "context deadline exceeded", true);
constinit internal::ErrorAccess::Known canceled(&canceled_node.value);
constinit internal::ErrorAccess::Known deadline_exceeded(&deadline_node.value);

}  // namespace

constinit const Error& context::Canceled = canceled.error;
constinit const Error& context::DeadlineExceeded = deadline_exceeded.error;

namespace internal {

// Functions are what is to be called when the mutex has been released, in the
// order in which they came.
class Canceller::Functions {
 public:
  Functions() = default;
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;
  ~Functions() {
    while (first_ != nullptr) Pop();
  }

  void Push(std::unique_ptr<ContextFunction> function) {
    *last_ = function.release();
    last_ = &(*last_)->next;
  }

  // Start starts them all, also if one cannot be started.
  void Start() {
    std::exception_ptr failure;
    while (first_ != nullptr) {
      try {
        Go([function = Pop()] { function->Call(); });
      } catch (...) {
        failure = std::current_exception();
      }
    }
    if (failure != nullptr) std::rethrow_exception(failure);
  }

 private:
  std::unique_ptr<ContextFunction> Pop() {
    std::unique_ptr<ContextFunction> function(first_);
    first_ = function->next;
    if (first_ == nullptr) last_ = &first_;
    return function;
  }

  ContextFunction* first_ = nullptr;
  ContextFunction** last_ = &first_;
};

CancellerRef Canceller::Make(const CancellerRef& parent,
                             std::unique_ptr<ContextFunction> function) {
  auto child = std::make_shared<Canceller>();
  child->function_ = std::move(function);
  if (parent == nullptr) {
    child->mutex_ = std::make_shared<sync::Mutex>();
    return child;
  }
  child->mutex_ = parent->mutex_;
  child->parent_ = parent;
  Functions functions;
  {
    std::lock_guard lock(*child->mutex_);
    if (parent->HasEnded()) {
      child->EndLocked(parent->err_, parent->cause_, &functions);
    } else {
      parent->Adopt(child.get());
    }
  }
  functions.Start();
  return child;
}

// The caller that drops the last reference to a parent takes what is below apart
// here, and not each destructor the next. It does not hold the mutex.
Canceller::~Canceller() {
  if (first_child_ == nullptr) return;
  std::lock_guard lock(*mutex_);
  Canceller* todo = first_child_;
  while (todo != nullptr) {
    Canceller* child = todo;
    todo = child->next_;
    child->next_ = child->previous_ = nullptr;
    const CancellerRef last = std::move(child->kept_);
    // References to it are made of others, or under the mutex.
    if (last.use_count() > 1) continue;
    while (Canceller* grandchild = child->first_child_) {
      child->first_child_ = grandchild->next_;
      grandchild->next_ = todo;
      todo = grandchild;
    }
  }
}

void Canceller::Adopt(Canceller* child) {
  child->kept_ = child->shared_from_this();
  child->next_ = first_child_;
  if (first_child_ != nullptr) first_child_->previous_ = child;
  first_child_ = child;
}

CancellerRef Canceller::LeaveParent() {
  CancellerRef parent = parent_.lock();
  if (parent == nullptr || kept_ == nullptr) return parent;
  (previous_ != nullptr ? previous_->next_ : parent->first_child_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  next_ = previous_ = nullptr;
  kept_ = nullptr;  // not the last reference: the caller has one
  return parent;
}

void Canceller::EndLocked(const Error& err, const Error& cause,
                          Functions* functions) {
  Canceller* todo = this;
  Canceller* ended = nullptr;
  while (todo != nullptr) {
    Canceller* c = todo;
    todo = c->next_;
    c->previous_ = nullptr;
    c->err_ = err;
    c->cause_ = cause ? cause : err;
    // release: pairs with HasEnded
    c->state_.store(State::kEnding, std::memory_order_release);
    if (c->done_) c->done_.Close();
    if (c->function_ != nullptr) functions->Push(std::move(c->function_));
    if (c->timer_) {
      c->timer_->Stop();
      c->timer_.reset();  // it refers to this canceller
    }
    while (Canceller* child = c->first_child_) {
      c->first_child_ = child->next_;
      child->next_ = todo;
      todo = child;
    }
    c->next_ = ended;
    ended = c;
  }
  while (ended != nullptr) {
    Canceller* c = ended;
    ended = c->next_;
    c->next_ = nullptr;
    const CancellerRef last = std::move(c->kept_);
    // release: pairs with HasEnded
    c->state_.store(State::kEnded, std::memory_order_release);
  }
}

void Canceller::End(const Error& err, const Error& cause) {
  const CancellerRef self = shared_from_this();
  CancellerRef parent;
  Functions functions;
  {
    std::lock_guard lock(*mutex_);
    if (HasEnded()) return;
    parent = LeaveParent();
    EndLocked(err, cause, &functions);
  }
  functions.Start();
}

void Canceller::EndAt(time::Time deadline, const Error& cause) {
  const time::Time now{time::Duration(sched::Clock())};
  if (deadline <= now) {
    End(deadline_exceeded.error, cause);
    return;
  }
  std::lock_guard lock(*mutex_);
  if (HasEnded()) return;
  timer_ = time::AfterFunc(deadline - now, [self = shared_from_this(), cause] {
    self->End(deadline_exceeded.error, cause);
  });
}

bool Canceller::Forget() {
  const CancellerRef self = shared_from_this();
  CancellerRef parent;
  std::unique_ptr<ContextFunction> doomed;
  std::lock_guard lock(*mutex_);
  if (function_ == nullptr) return false;
  doomed = std::move(function_);
  parent = LeaveParent();
  return true;
}

RecvChan<Unit> Canceller::Done() {
  // acquire: pairs with the release below
  if (has_done_.load(std::memory_order_acquire)) return done_;
  std::lock_guard lock(*mutex_);
  if (!done_) {
    done_ = MakeChan<Unit>();
    if (HasEnded()) done_.Close();
    has_done_.store(true, std::memory_order_release);
  }
  return done_;
}

}  // namespace internal
}  // namespace gosling
