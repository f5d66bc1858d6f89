// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/time.h>: durations in nanoseconds, and the timer of a function,
// whatever its type is.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_TIME_H_
#define GOSLING_INTERNAL_TIME_H_

#include <gosling/internal/export.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <ratio>
#include <type_traits>
#include <utility>

namespace gosling::internal {

// ClampToNanoseconds brings a duration into the range of nanoseconds.
template <class Rep, class Period>
constexpr std::int64_t ClampToNanoseconds(
    std::chrono::duration<Rep, Period> d) {
  using Limits = std::numeric_limits<std::int64_t>;
  if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>,
                               std::chrono::nanoseconds>) {
    return d.count();
  } else {
    constexpr double kMax = 9.2233720368547e18;  // a little less than 2^63
    double ns = std::chrono::duration<double, std::nano>(d).count();
    if (ns >= kMax) return Limits::max();
    if (!(ns > -kMax)) return Limits::min();  // NaN, too
    using Ns = std::chrono::duration<std::int64_t, std::nano>;
    return std::chrono::duration_cast<Ns>(d).count();
  }
}

// FuncOps is what a timer knows of the function it is to call.
struct FuncOps {
  std::size_t size;
  std::size_t align;
  void (*call)(void* function);
  void (*destroy)(void* function) noexcept;
};

template <class F>
inline constexpr FuncOps kFuncOps{
    sizeof(F), alignof(F), [](void* f) { (*static_cast<F*>(f))(); },
    [](void* f) noexcept { std::destroy_at(static_cast<F*>(f)); }};

// FuncTimer is an AfterFunc's timer with its function, in one allocation;
// counted (runtime/time.cc).
struct FuncTimer;

// NewFuncTimer makes one with a reference, which the caller owns, and raw room
// for the function. When that is filled, StartFuncTimer; if filling it throws,
// DiscardFuncTimer.
GOSLING_API FuncTimer* NewFuncTimer(const FuncOps* ops);
GOSLING_API void* FuncTimerRoom(FuncTimer* timer) noexcept;
GOSLING_API void StartFuncTimer(FuncTimer* timer, std::int64_t ns);
GOSLING_API void DiscardFuncTimer(FuncTimer* timer) noexcept;

GOSLING_API void RefFuncTimer(FuncTimer* timer) noexcept;
GOSLING_API void UnrefFuncTimer(FuncTimer* timer) noexcept;

// FuncTimerRef is a counted reference to a FuncTimer, or null.
class FuncTimerRef {
 public:
  constexpr FuncTimerRef() noexcept = default;
  // Takes over a reference that the caller owns.
  explicit FuncTimerRef(FuncTimer* timer) noexcept : timer_(timer) {}
  FuncTimerRef(const FuncTimerRef& other) noexcept : timer_(other.timer_) {
    if (timer_ != nullptr) RefFuncTimer(timer_);
  }
  FuncTimerRef(FuncTimerRef&& other) noexcept
      : timer_(std::exchange(other.timer_, nullptr)) {}
  FuncTimerRef& operator=(FuncTimerRef other) noexcept {
    std::swap(timer_, other.timer_);
    return *this;
  }
  ~FuncTimerRef() {
    if (timer_ != nullptr) UnrefFuncTimer(timer_);
  }

  FuncTimer* get() const noexcept { return timer_; }

 private:
  FuncTimer* timer_ = nullptr;
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_TIME_H_
