// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Async: a goroutine with a result.
//
//     const go::Future<int> answer = go::Async([] { return 6 * 7; });
//     go::Select(go::OnRecv(answer.Done(),
//                           [&] { std::printf("%d\n", answer.Get()); }),
//                go::OnRecv(go::time::After(2s), [] { GiveUp(); }));
//
// An exception of the function does not end the program, as in other goroutines:
// Get throws it. If no caller asks, it is lost. To start several and wait for all of
// them, use a Group or Scope (<gosling/group.h>).
//
// Unlike std::future, a Future waits as a goroutine does, without its thread, may
// be copied, and does not wait in its destructor: the goroutine goes on.
//
// Goroutines and threads may use it, signal handlers may not. Memory ordering:
// the end of the function, and of its destruction, happens before Get returns and
// before a receiver learns it from Done. Go has none; there it is a channel with
// room for one.

#ifndef GOSLING_ASYNC_H_
#define GOSLING_ASYNC_H_

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/internal/async.h>
#include <gosling/internal/misuse.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace gosling {

// Future is a handle on the result of a goroutine that Async has started: copies
// share it. T is void if there is none.
template <class T>
class Future {
 public:
  // Done returns a channel that is closed when the result is there.
  [[nodiscard]] RecvChan<Unit> Done() const { return state_->Done(); }

  // Get parks until the result is there and returns it, or throws the function's
  // exception, each time; Panic("Async: the function has called Goexit") if it
  // did. The reference is good as long as a Future has the result.
  internal::FutureResult<T> Get() const {
    state_->Wait();
    if constexpr (!std::is_void_v<T>) return *state_->value;
  }

  // Take is Get, but moves the result out: it is for one caller, once.
  T Take() const {
    state_->Wait();
    if constexpr (!std::is_void_v<T>) return *std::move(state_->value);
  }

 private:
  friend struct internal::FutureAccess;

  explicit Future(std::shared_ptr<internal::FutureState<T>> state) noexcept
      : state_(std::move(state)) {}

  std::shared_ptr<internal::FutureState<T>> state_;
};

// Async starts f() as a goroutine and returns the Future of what it returns. f may
// be move-only. Never parks. Throws what moving f throws, and std::bad_alloc.
template <class F>
[[nodiscard]] auto Async(F&& f) {
  if constexpr (internal::CheckStored<F>()) {
    using T = std::decay_t<std::invoke_result_t<std::decay_t<F>&>>;
    auto state = std::make_shared<internal::FutureState<T>>();
    auto future = internal::FutureAccess::Make<T>(state);
    Go(internal::FutureTask<T, std::decay_t<F>>{
        internal::FutureEntry<T>(std::move(state)), std::forward<F>(f)});
    return future;
  } else {
    return internal::Anything();
  }
}

}  // namespace gosling

#endif  // GOSLING_ASYNC_H_
