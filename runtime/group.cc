// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/group.h>. A GroupState belongs to the handles and to the goroutines:
// the last of them frees it, so that a Group may go while its goroutines run.
//
// A goroutine's account is opened by its starter and closed by the destructor of
// the closure, after that of the user's function. Closing gives the place back
// before the WaitGroup's Done: when Wait has returned, every place is free.
//
// Go: golang.org/x/sync/errgroup/errgroup.go.

#include <gosling/chan.h>
#include <gosling/group.h>
#include <gosling/panic.h>
#include <gosling/sync.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sched/goroutine.h"

namespace gosling {
namespace internal {

class GroupState {
 public:
  GroupState() = default;
  explicit GroupState(const context::Context& parent) {
    auto [ctx, cancel] = context::WithCancelCause(parent);
    context_ = std::move(ctx);
    cancel_ = std::move(cancel);
  }

  // Enter returns whether the goroutine occupies a place.
  bool Enter() {
    const Chan<Unit> places = places_;
    if (places) places.Send(Unit());
    Begin();
    return static_cast<bool>(places);
  }

  // TryEnter returns false if there is no place.
  bool TryEnter(bool* has_place) {
    *has_place = static_cast<bool>(places_);
    if (*has_place && !places_.TrySend(Unit())) return false;
    Begin();
    return true;
  }

  void Leave(bool has_place) {
    std::optional<Unit> place;
    if (has_place) places_.TryRecv(place);
    // release: pairs with SetLimit's acquire
    active_.fetch_sub(1, std::memory_order_release);
    running_.Done();
  }

  void SetLimit(int n) {
    // acquire: pairs with Leave
    const int active = active_.load(std::memory_order_acquire);
    if (active != 0) {
      throw Panic("errgroup: modify limit while " + std::to_string(active) +
                  " goroutines in the group are still active");
    }
    places_ =
        n < 0 ? Chan<Unit>() : MakeChan<Unit>(static_cast<std::size_t>(n));
  }

  // Fail notes an error or an exception, if it is the first, and cancels.
  void Fail(Error error, std::exception_ptr exception) {
    {
      const std::lock_guard lock(mutex_);
      if (error_ || exception_ != nullptr) return;
      error_ = error;
      exception_ = std::move(exception);
    }
    Cancel(std::move(error));
  }

  // Cancel cancels the context, if there is one; nil: Canceled.
  void Cancel(Error cause) const {
    if (cancel_) cancel_(std::move(cause));
  }

  void Wait() { running_.Wait(); }

  Error FirstError() {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  std::exception_ptr FirstException() {
    const std::lock_guard lock(mutex_);
    return exception_;
  }
  std::exception_ptr TakeException() {
    const std::lock_guard lock(mutex_);
    return std::exchange(exception_, nullptr);
  }

  const context::Context& Ctx() const { return context_; }

 private:
  void Begin() {
    active_.fetch_add(1, std::memory_order_relaxed);
    running_.Add(1);
  }

  sync::WaitGroup running_;
  std::atomic<int> active_{0};
  // As many values in it as goroutines occupy a place; nil: no limit. Written
  // while none is active.
  Chan<Unit> places_;
  context::Context context_;
  context::CancelCauseFunc cancel_;
  sync::Mutex mutex_;
  // The first failure, under mutex_: one of the two.
  Error error_;
  std::exception_ptr exception_;
};

void GroupEntry::Run(Error (*f)(void*), void* arg) const {
  try {
    if (Error error = f(arg)) state_->Fail(std::move(error), nullptr);
  } catch (...) {
    if (sched::MustPassOn()) throw;
    state_->Fail(nullptr, std::current_exception());
  }
}

void GroupEntry::Close() noexcept { state_->Leave(has_place_); }

GroupEntry OpenEntry(const std::shared_ptr<GroupState>& state) {
  const bool has_place = state->Enter();
  return {state, has_place};
}

GroupEntry TryOpenEntry(const std::shared_ptr<GroupState>& state) {
  bool has_place = false;
  if (!state->TryEnter(&has_place)) return {};
  return {state, has_place};
}

}  // namespace internal

namespace sync {

using internal::GroupState;

Group::Group() : state_(std::make_shared<GroupState>()) {}

void Group::SetLimit(int n) const { state_->SetLimit(n); }

Error Group::Wait() const {
  state_->Wait();
  Error error = state_->FirstError();
  state_->Cancel(error);
  if (std::exception_ptr exception = state_->FirstException()) {
    std::rethrow_exception(std::move(exception));
  }
  return error;
}

std::pair<Group, context::Context> WithContext(const context::Context& parent) {
  auto state = std::make_shared<GroupState>(parent);
  context::Context ctx = state->Ctx();
  return {Group(std::move(state)), std::move(ctx)};
}

Scope::Scope(const context::Context& parent, int limit)
    : state_(std::make_shared<GroupState>(parent)),
      uncaught_(std::uncaught_exceptions()) {
  state_->SetLimit(limit);
}

Scope::~Scope() noexcept(false) {
  const bool unwinding = std::uncaught_exceptions() > uncaught_;
  if (unwinding) state_->Cancel(nullptr);
  state_->Wait();
  state_->Cancel(nullptr);
  std::exception_ptr exception = state_->TakeException();
  if (exception != nullptr && !unwinding) {
    std::rethrow_exception(std::move(exception));
  }
}

void Scope::Wait() {
  state_->Wait();
  if (std::exception_ptr exception = state_->TakeException()) {
    std::rethrow_exception(std::move(exception));
  }
}

context::Context Scope::Context() const { return state_->Ctx(); }

}  // namespace sync
}  // namespace gosling
