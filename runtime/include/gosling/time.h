// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sleep, timers and tickers.
//
//     namespace go = gosling;
//     using namespace std::chrono_literals;
//
//     go::Select(go::OnRecv(results, [](std::optional<int> r) { … }),
//                go::OnRecv(go::time::After(2s), [] { GiveUp(); }));
//
// Time is that of std::chrono::steady_clock: it does not jump when somebody
// sets the clock. Any duration of std::chrono may be given; one that is too
// long to count in nanoseconds (292 years) means "never", and one that is zero
// or negative "now".
//
// The channels of timers and tickers are as in Go since 1.23. They hand over
// one value, never an outdated one: when Stop or Reset has returned, what the
// timer had sent before and nobody has received is gone, and will not be
// received. Len and Cap of them say 0. A tick that nobody has fetched makes
// room for no other: the new one is dropped. They are never closed.
//
// A timer belongs to those who can still learn of it. When the last Timer or
// Ticker and the last handle of its channel are gone, it is taken out at once
// and its memory is freed: After in a loop piles nothing up, and a forgotten
// ticker does not tick. (Go leaves both to its garbage collector.) A function
// given to AfterFunc runs all the same. When a Run ends, its functions no
// longer start and its tickers stop.
//
// Everything may be called by goroutines and by any thread, not from signal
// handlers. Only Sleep parks. Late is possible, early is not.
//
// Go: package time.

#ifndef GOSLING_TIME_H_
#define GOSLING_TIME_H_

#include <gosling/chan.h>
#include <gosling/internal/export.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace gosling {

namespace time {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// Delay is what the functions below take: any duration, brought into the range
// of nanoseconds.
class Delay {
 public:
  template <class Rep, class Period>
  // NOLINTNEXTLINE(google-explicit-constructor): durations are what one passes
  constexpr Delay(std::chrono::duration<Rep, Period> d)
      : nanoseconds_(Clamp(d)) {}

  constexpr std::int64_t Nanoseconds() const { return nanoseconds_; }

 private:
  template <class Rep, class Period>
  static constexpr std::int64_t Clamp(std::chrono::duration<Rep, Period> d) {
    using Limits = std::numeric_limits<std::int64_t>;
    if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>,
                                 Duration>) {
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

  std::int64_t nanoseconds_;
};

}  // namespace time

namespace internal {

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

}  // namespace internal

namespace time {

// Sleep parks the calling goroutine, or blocks the calling thread, for at least
// d. Returns at once if d is not positive. Throws nothing. Go: time.Sleep.
GOSLING_API void Sleep(Delay d);

// Timer is a handle on something that happens once, when its time has come: a
// value in the channel C() (NewTimer) or a call of a function (AfterFunc).
// Copies refer to the same timer; one made by default refers to none. Go:
// time.Timer.
class Timer {
 public:
  Timer() noexcept = default;

  // C is the channel on which the time at which the timer fired is sent; no
  // channel for AfterFunc's.
  const RecvChan<Time>& C() const& noexcept { return channel_; }
  RecvChan<Time> C() && noexcept { return std::move(channel_); }

  // Stop keeps the timer from firing. True: it was running, or it had fired but
  // the value had not been received. False: it had been stopped, or its value
  // received, or its function has been started (and may run still: Stop does
  // not wait for it). Never parks. Throws Panic "time: Stop called on
  // uninitialized Timer". Go: Timer.Stop.
  GOSLING_API bool Stop() const;

  // Reset makes the timer fire d from now, whatever it was doing; returns what
  // Stop would have. A function may then run while its earlier call still does.
  // Never parks, allocates nothing. Throws Panic "time: Reset called on
  // uninitialized Timer". Go: Timer.Reset.
  GOSLING_API bool Reset(Delay d) const;

 private:
  friend Timer NewTimer(Delay d);
  template <class F>
  friend Timer AfterFunc(Delay d, F&& f);

  RecvChan<Time> channel_;
  internal::FuncTimerRef function_;  // at most one of the two is set
};

// NewTimer makes a timer that sends the time on its channel after d. One
// allocation. Throws std::bad_alloc. Go: time.NewTimer.
[[nodiscard]] GOSLING_API Timer NewTimer(Delay d);

// After is NewTimer(d).C(): a channel that delivers one value, after d. Go:
// time.After.
[[nodiscard]] GOSLING_API RecvChan<Time> After(Delay d);

// AfterFunc calls f() in a goroutine of its own after d; after a Reset once
// more. f is destroyed when no call is due or running any more and no Timer
// refers to it. Never parks. One allocation. Throws what copying or moving f
// throws, and std::bad_alloc. Go: time.AfterFunc.
template <class F>
Timer AfterFunc(Delay d, F&& f) {
  using Function = std::decay_t<F>;
  internal::FuncTimer* timer =
      internal::NewFuncTimer(&internal::kFuncOps<Function>);
  try {
    ::new (internal::FuncTimerRoom(timer)) Function(std::forward<F>(f));
  } catch (...) {
    internal::DiscardFuncTimer(timer);
    throw;
  }
  Timer handle;
  handle.function_ = internal::FuncTimerRef(timer);
  internal::StartFuncTimer(timer, d.Nanoseconds());
  return handle;
}

// Ticker is a handle on something that happens again and again: every so often
// the time is sent on C(). If nobody has received the tick before, the new one
// is dropped; the beat stays, however late the receiver is. Copies refer to the
// same ticker; one made by default refers to none. Go: time.Ticker.
class Ticker {
 public:
  Ticker() noexcept = default;

  // C is the channel of the ticks.
  const RecvChan<Time>& C() const& noexcept { return channel_; }
  RecvChan<Time> C() && noexcept { return std::move(channel_); }

  // Stop ends the ticking. It does not close the channel: whoever waits there
  // goes on waiting. Never parks. Go: Ticker.Stop.
  GOSLING_API void Stop() const;

  // Reset makes it tick every d from now on, the first time d from now; also if
  // it was stopped. Never parks, allocates nothing. Throws Panic "non-positive
  // interval for Ticker.Reset" and "time: Reset called on uninitialized
  // Ticker". Go: Ticker.Reset.
  GOSLING_API void Reset(Delay d) const;

 private:
  friend Ticker NewTicker(Delay d);

  RecvChan<Time> channel_;
};

// NewTicker makes a ticker that ticks every d, the first time d from now. One
// allocation. Throws Panic "non-positive interval for NewTicker", and
// std::bad_alloc. Go: time.NewTicker.
[[nodiscard]] GOSLING_API Ticker NewTicker(Delay d);

// Tick is NewTicker(d).C(), or no channel if d is not positive. It ticks as
// long as somebody has a handle of the channel. Go: time.Tick.
[[nodiscard]] GOSLING_API RecvChan<Time> Tick(Delay d);

}  // namespace time
}  // namespace gosling

#endif  // GOSLING_TIME_H_
