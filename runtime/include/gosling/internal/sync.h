// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/sync.h>: room for the waiters of a lock, and the call that the
// copies of a OnceFunc share.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_SYNC_H_
#define GOSLING_INTERNAL_SYNC_H_

#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace gosling::internal {

// WaitList is room for a lock, a word and a queue of waiters, all zero to begin
// with. Its contents are private (runtime/sema.h), so that this header
// needs only the standard library.
class WaitList {
 public:
  constexpr WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  void* Room() { return room_; }

 private:
  static constexpr std::size_t kSize = 2 * sizeof(void*) + 8;

  alignas(void*) unsigned char room_[kSize] = {};
};

// explorations counts the tests that explore schedules just now
// (<gosling/testing.h>).
GOSLING_API extern std::atomic<int> explorations;

// UnderTest says whether there are any. Never for an object that is
// constant-initialized.
constexpr bool UnderTest() {
  return !std::is_constant_evaluated() &&
         explorations.load(std::memory_order_relaxed) != 0;
}

// CheckReturnsValue is CheckCallable for OnceValue.
template <class F>
constexpr bool CheckReturnsValue() {
  if constexpr (CheckCallable<F>()) {
    constexpr bool kReturnsValue = !std::is_void_v<std::invoke_result_t<F>>;
    static_assert(kReturnsValue,
                  "OnceValue: the function returns nothing: use OnceFunc");
    return kReturnsValue;
  } else {
    return false;
  }
}

// CallAndKeepError calls f(arg). An exception of f passes through, and is in
// *error then.
GOSLING_API void CallAndKeepError(void (*f)(void*), void* arg,
                                  std::exception_ptr* error);

template <class Lock>
concept BasicLockable = requires(Lock& lock) {
  lock.lock();
  lock.unlock();
};

// OnceCall is what the copies of one OnceFunc or OnceValue share. Once is
// sync::Once.
template <class Once, class F, class T>
class OnceCall {
 public:
  explicit OnceCall(F&& f) : function_(std::move(f)) {}

  const T& Get() {
    once_.Do([this] {
      // f goes as soon as it has run, and what it captured with it.
      struct Drop {
        std::optional<F>& function;
        ~Drop() { function.reset(); }
      } drop{function_};
      CallAndKeepError([](void* self) { static_cast<OnceCall*>(self)->Call(); },
                       this, &error_);
    });
    if (!value_) [[unlikely]] {
      std::rethrow_exception(error_);
    }
    return *value_;
  }

 private:
  void Call() {
    if constexpr (std::is_same_v<T, std::monostate>) {
      (*function_)();
      value_.emplace();
    } else {
      value_.emplace((*function_)());
    }
  }

  Once once_;
  // Written under once_, read after it.
  std::optional<F> function_;
  std::optional<T> value_;
  std::exception_ptr error_;
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_SYNC_H_
