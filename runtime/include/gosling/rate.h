// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Limiter: how often something may happen, by a bucket of tokens.
//
//     go::rate::Limiter limiter(10, 3);  // ten a second, three at once
//     const auto ctx = go::context::Background();
//     for (int v : ch) {
//       if (go::Error err = limiter.Wait(ctx)) return Report(err);
//       std::printf("%d\n", v);
//     }
//
// The bucket holds `burst` tokens, is full at first, and fills at `limit` tokens a
// second. An event takes one. Allow says whether there is one now, for what is
// dropped otherwise; Wait waits for one; Reserve takes one that may be due later
// only, and says how long that is.
//
// Goroutines and foreign threads may use it; signal handlers may not. Only Wait
// parks longer than for a moment. No call orders memory for another.
//
// Go: golang.org/x/time/rate.

#ifndef GOSLING_RATE_H_
#define GOSLING_RATE_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <limits>

namespace gosling::rate {

class Limiter;

// Limit is a number of events a second. 0: none, but the burst. Go: rate.Limit.
using Limit = double;

// Inf is the limit that lets everything pass, whatever the burst is. Go:
// rate.Inf.
inline constexpr Limit Inf = std::numeric_limits<double>::max();

// InfDuration is the delay of what will never be. Go: rate.InfDuration.
inline constexpr time::Duration InfDuration = time::Duration::max();

// Every is the limit of one event each `interval`; Inf if that is not positive.
// Go: rate.Every.
[[nodiscard]] GOSLING_API Limit Every(time::Delay interval);

// Reservation is what Reserve returns: events that may happen after a delay. The
// limiter must still be there when it is asked or cancelled. Go:
// rate.Reservation.
class Reservation {
 public:
  // OK says whether the limiter can ever grant it; if not, Delay returns
  // InfDuration and Cancel does nothing. Go: Reservation.OK.
  [[nodiscard]] bool OK() const { return ok_; }

  // Delay returns how long to wait from now, or from t, before acting. Go:
  // Reservation.Delay, DelayFrom.
  [[nodiscard]] time::Duration Delay() const { return DelayFrom(time::Now()); }
  [[nodiscard]] GOSLING_API time::Duration DelayFrom(time::Time t) const;

  // Cancel says that the events will not happen, and gives back what others have
  // not taken meanwhile; nothing if their time has come. Go:
  // Reservation.Cancel, CancelAt.
  void Cancel() { CancelAt(time::Now()); }
  GOSLING_API void CancelAt(time::Time t);

 private:
  friend class Limiter;

  bool ok_ = false;
  int tokens_ = 0;
  Limiter* limiter_ = nullptr;
  Limit limit_ = 0;  // when it was made
  time::Time at_{};  // when to act
};

// Limiter: see above. Not copied or moved. A t is the time at which a call is to
// take place, otherwise now. Go: rate.Limiter.
class Limiter {
 public:
  // Go: rate.NewLimiter.
  Limiter(double limit, int burst)
      : limit_(limit), burst_(burst), tokens_(burst) {}
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // Allow says whether an event may happen now, and has taken its token then;
  // AllowN, n of them at once. Go: Limiter.Allow, AllowN.
  [[nodiscard]] bool Allow() { return AllowN(1); }
  [[nodiscard]] bool AllowN(int n) { return AllowN(time::Now(), n); }
  [[nodiscard]] GOSLING_API bool AllowN(time::Time t, int n);

  // Reserve takes a token, or n of them, that may not be there yet; nothing if n
  // is more than the burst. The caller waits for as long as Delay says. Go:
  // Limiter.Reserve, ReserveN.
  [[nodiscard]] Reservation Reserve() { return ReserveN(1); }
  [[nodiscard]] Reservation ReserveN(int n) { return ReserveN(time::Now(), n); }
  [[nodiscard]] GOSLING_API Reservation ReserveN(time::Time t, int n);

  // Wait takes a token, or n of them, and parks until they are there. Returns
  // nil; or, with nothing taken, ctx.Err(), an error if n is more than the burst,
  // and at once an error if ctx's deadline would come first. Throws
  // std::bad_alloc, and Panic if ctx is nil. Go: Limiter.Wait, WaitN.
  [[nodiscard]] Error Wait(const context::Context& ctx) {
    return WaitN(ctx, 1);
  }
  [[nodiscard]] GOSLING_API Error WaitN(const context::Context& ctx, int n);

  // Limit and Burst return what was set last; Tokens, how many there are, less
  // than none if some are reserved. Go: Limiter.Limit, Burst, Tokens, TokensAt.
  [[nodiscard]] GOSLING_API double Limit() const;
  [[nodiscard]] GOSLING_API int Burst() const;
  [[nodiscard]] double Tokens() const { return TokensAt(time::Now()); }
  [[nodiscard]] GOSLING_API double TokensAt(time::Time t) const;

  // SetLimit and SetBurst change it for what is reserved from now on. Go:
  // Limiter.SetLimit, SetLimitAt, SetBurst, SetBurstAt.
  void SetLimit(double limit) { SetLimitAt(time::Now(), limit); }
  GOSLING_API void SetLimitAt(time::Time t, double limit);
  void SetBurst(int burst) { SetBurstAt(time::Now(), burst); }
  GOSLING_API void SetBurstAt(time::Time t, int burst);

 private:
  friend class Reservation;

  Reservation ReserveLocked(time::Time t, int n, time::Duration longest);
  double Advanced(time::Time t) const;

  mutable sync::Mutex mutex_;
  // Under mutex_.
  double limit_;
  int burst_;
  double tokens_;        // at last_
  time::Time last_{};    // when tokens_ was counted
  time::Time latest_{};  // when the latest of the events is due
};

}  // namespace gosling::rate

#endif  // GOSLING_RATE_H_
