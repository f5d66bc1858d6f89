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
// Time is that of std::chrono::steady_clock: it does not jump when the system's
// clock is set. Any duration of std::chrono may be given; one that is too long
// to count in nanoseconds (292 years) means "never", and one that is zero or
// negative "now".
//
// The channels of timers and tickers are as in Go since 1.23. They hand over
// one value, never an outdated one: when Stop or Reset has returned, a value
// that the timer had sent before and no receiver has taken is gone, and will
// not be received. Len and Cap of them say 0. A tick not yet received makes
// room for no other: the new one is dropped. They are never closed.
//
// A timer lives as long as the program can learn of it. When the last Timer or
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
#include <gosling/internal/misuse.h>
#include <gosling/internal/time.h>

#include <chrono>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace gosling::time {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// Delay is what the functions below take: any duration, brought into the range
// of nanoseconds.
class Delay {
 public:
  template <class Rep, class Period>
  // NOLINTNEXTLINE(google-explicit-constructor): durations are what one passes
  constexpr Delay(std::chrono::duration<Rep, Period> d)
      : nanoseconds_(internal::ClampToNanoseconds(d)) {}

  // An argument that is no duration only says so.
  template <class T>
  requires(!std::is_same_v<T, Delay>)
      // NOLINTNEXTLINE(google-explicit-constructor)
      constexpr Delay(const T&)
      : nanoseconds_(0) {
    static_assert(internal::kNever<T>,
                  "a time to wait has a unit: std::chrono::milliseconds(5), or "
                  "5ms after using namespace std::chrono_literals; a moment "
                  "does not do");
  }

  constexpr std::int64_t Nanoseconds() const { return nanoseconds_; }

 private:
  std::int64_t nanoseconds_;
};

// Now returns the time of the clock by which everything here and all deadlines
// go. (In a bubble of <gosling/testing.h> that is the bubble's clock, so programs
// to be tested in one ask Now, not std::chrono.) Never parks. Go: time.Now.
[[nodiscard]] GOSLING_API Time Now();

// Since returns how long ago t was, Until how long it is until t; each is the
// other, negated, and stops at what a Duration can hold. Go: time.Since,
// time.Until.
[[nodiscard]] GOSLING_API Duration Since(Time t);
[[nodiscard]] GOSLING_API Duration Until(Time t);

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
  if constexpr (internal::CheckStored<F>()) {
    using Function = std::decay_t<F>;
    struct DiscardUnlessFilled {
      internal::FuncTimer* timer;
      ~DiscardUnlessFilled() {
        if (timer != nullptr) internal::DiscardFuncTimer(timer);
      }
    } guard{internal::NewFuncTimer(&internal::kFuncOps<Function>)};
    ::new (internal::FuncTimerRoom(guard.timer)) Function(std::forward<F>(f));
    Timer handle;
    handle.function_ =
        internal::FuncTimerRef(std::exchange(guard.timer, nullptr));
    internal::StartFuncTimer(handle.function_.get(), d.Nanoseconds());
    return handle;
  } else {
    return {};
  }
}

// Ticker is a handle on something that happens again and again: every so often
// the time is sent on C(). If the tick before has not been received, the new
// one is dropped; the beat stays, however late the receiver is. Copies refer to
// the same ticker; one made by default refers to none. Go: time.Ticker.
class Ticker {
 public:
  Ticker() noexcept = default;

  // C is the channel of the ticks.
  const RecvChan<Time>& C() const& noexcept { return channel_; }
  RecvChan<Time> C() && noexcept { return std::move(channel_); }

  // Stop ends the ticking. It does not close the channel: a receiver there goes
  // on waiting. Never parks. Go: Ticker.Stop.
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
// long as there is a handle of the channel. Go: time.Tick.
[[nodiscard]] GOSLING_API RecvChan<Time> Tick(Delay d);

}  // namespace gosling::time

#endif  // GOSLING_TIME_H_
