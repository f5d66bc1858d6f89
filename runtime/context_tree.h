// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The tree of cancellation under <gosling/context.h>: a Canceller is what can be
// cancelled, by a call or when its time is up, and keeps its children, until
// they are cancelled or it is. It knows nothing of contexts, their values and
// their handles (context.cc).
//
// A canceller knows its parent weakly, to be taken out of there.
//
// All cancellers below the first one under Background have one mutex, the
// tree's. With one each, as in Go, the way down would hold the locks of all
// ancestors, and recurse, on stacks that do not grow. Under it are children,
// parents, timers, functions, and the writing of err and cause; those two are
// read without it once `state` is not kLive, and change no more.
//
// Invariants. An ended canceller has no children, no timer and no function. When
// one ends all below it end before the mutex is released, and Err says nothing
// of it earlier: a caller that has seen an error finds Done closed and all below
// ended, and a receiver woken by Done of a child finds its parent ended. An
// ended canceller gets no children.
//
// Go: context/context.go.

#ifndef GOSLING_RUNTIME_CONTEXT_TREE_H_
#define GOSLING_RUNTIME_CONTEXT_TREE_H_

#include <gosling/chan.h>
#include <gosling/errors.h>
#include <gosling/internal/context.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace gosling::internal {

class Canceller;
using CancellerRef = std::shared_ptr<Canceller>;

// Canceller: any goroutine and any thread may call anything at any time.
class Canceller : public std::enable_shared_from_this<Canceller> {
 public:
  // Make makes one below `parent`, or, if that is null, one with a tree of its
  // own. `function`, or null, is what is called at its end, which may come at
  // once.
  static CancellerRef Make(const CancellerRef& parent,
                           std::unique_ptr<ContextFunction> function = nullptr);

  Canceller() = default;
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller();

  // End ends it and all below, if it has not ended. `err` is not nil.
  void End(const Error& err, const Error& cause);

  // EndAt ends it then, unless it has ended before.
  void EndAt(time::Time deadline, const Error& cause);

  // Forget takes the function away, and says whether it was there still.
  bool Forget();

  RecvChan<Unit> Done();
  Error Err() const { return HasEndedForAll() ? err_ : nullptr; }
  Error Cause() const { return HasEndedForAll() ? cause_ : nullptr; }

 private:
  class Functions;  // to be called when the mutex has been released

  // kEnding: it has ended, but Done or something below may not have yet.
  enum class State : std::uint8_t { kLive, kEnding, kEnded };

  bool HasEnded() const {
    // acquire: pairs with the release in EndLocked
    return state_.load(std::memory_order_acquire) != State::kLive;
  }

  // HasEndedForAll waits until the thread that is ending it is through. Not
  // under the mutex.
  bool HasEndedForAll() const {
    // acquire: as above
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::kEnding) std::lock_guard lock(*mutex_);
    return state != State::kLive;
  }

  // Under the mutex. EndLocked wants one that is in no list. LeaveParent
  // returns the parent, for the reference may be the last one: it is to be
  // dropped when the mutex has been released.
  void EndLocked(const Error& err, const Error& cause, Functions* functions);
  void Adopt(Canceller* child);
  CancellerRef LeaveParent();

  std::shared_ptr<sync::Mutex> mutex_;
  std::weak_ptr<Canceller> parent_;
  Canceller* first_child_ = nullptr;
  Canceller* next_ = nullptr;  // in the list of its parent's children
  Canceller* previous_ = nullptr;
  CancellerRef kept_;  // itself, as long as it is in that list
  std::unique_ptr<ContextFunction> function_;
  std::optional<time::Timer> timer_;

  std::atomic<State> state_{State::kLive};
  Error err_;
  Error cause_;

  // The channel is made by the first Done; has_done_ says that it is there.
  std::atomic<bool> has_done_{false};
  Chan<Unit> done_;
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_CONTEXT_TREE_H_
