// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/async.h>: what a goroutine and its Futures share.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_ASYNC_H_
#define GOSLING_INTERNAL_ASYNC_H_

#include <gosling/chan.h>
#include <gosling/internal/export.h>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace gosling {

template <class T>
class Future;

namespace internal {

// FutureCore is written by the goroutine before it closes `done`, and read after
// that.
class FutureCore {
 public:
  RecvChan<Unit> Done() const { return done_; }

  // Run calls f(arg) and keeps its exception. Goexit passes through.
  GOSLING_API void Run(void (*f)(void*), void* arg);
  // End closes `done`; if Run has not come to its end, that is the failure.
  GOSLING_API void End() noexcept;
  // Wait parks until then, and throws the exception.
  GOSLING_API void Wait() const;

 private:
  const Chan<Unit> done_ = MakeChan<Unit>();
  bool has_returned_ = false;
  std::exception_ptr failure_;
};

template <class T>
struct FutureState : FutureCore {
  std::optional<T> value;
};
template <>
struct FutureState<void> : FutureCore {};

// FutureEntry ends the state when it is destroyed.
template <class T>
struct FutureEntry {
  explicit FutureEntry(std::shared_ptr<FutureState<T>> s) noexcept
      : state(std::move(s)) {}
  FutureEntry(FutureEntry&&) noexcept = default;
  FutureEntry& operator=(FutureEntry&&) = delete;
  ~FutureEntry() {
    if (state != nullptr) state->End();
  }

  std::shared_ptr<FutureState<T>> state;
};

struct FutureAccess {
  template <class T>
  static Future<T> Make(std::shared_ptr<FutureState<T>> state) {
    return Future<T>(std::move(state));
  }
};

template <class T>
using FutureResult = std::conditional_t<std::is_void_v<T>, void,
                                        std::add_lvalue_reference_t<const T>>;

// FutureTask is what the goroutine runs.
template <class T, class F>
struct FutureTask {
  FutureEntry<T> entry;  // first, so that it is destroyed after f
  F f;

  void operator()() {
    entry.state->Run(
        [](void* arg) {
          auto& task = *static_cast<FutureTask*>(arg);
          if constexpr (std::is_void_v<T>) {
            task.f();
          } else {
            task.entry.state->value.emplace(task.f());
          }
        },
        this);
  }
};

}  // namespace internal
}  // namespace gosling

#endif  // GOSLING_INTERNAL_ASYNC_H_
