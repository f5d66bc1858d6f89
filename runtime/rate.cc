// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/rate.h>. The bucket is not filled by a timer: each call adds what has
// come in since the one before. Less than no tokens are a debt, of those that
// have reserved.
//
// Go: golang.org/x/time/rate/rate.go.

#include <gosling/rate.h>
#include <gosling/select.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

namespace gosling::rate {

using time::Duration;
using time::Time;

namespace {

// Plus is t + d, but not beyond the end of time.
Time Plus(Time t, Duration d) {
  return d > Time::max() - std::max(t, Time{}) ? Time::max() : t + d;
}

double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

// How long `tokens` take to come in, and how many do in a time.
Duration TimeOf(Limit limit, double tokens) {
  if (limit <= 0) return InfDuration;
  const double ns = tokens / limit * 1e9;
  // 2^63: not less is too much for a Duration.
  if (!(ns < 9223372036854775808.0)) return InfDuration;
  return Duration(static_cast<Duration::rep>(ns));
}
double TokensOf(Limit limit, Duration d) {
  return limit <= 0 ? 0 : Seconds(d) * limit;
}

Error Refused(int n, const std::string& why) {
  return errors::New("rate: Wait(n=" + std::to_string(n) + ") " + why);
}

}  // namespace

Limit Every(time::Delay interval) {
  if (interval.Nanoseconds() <= 0) return Inf;
  return 1 / Seconds(Duration(interval.Nanoseconds()));
}

Duration Reservation::DelayFrom(Time t) const {
  if (!ok_) return InfDuration;
  return at_ > t ? at_ - t : Duration(0);
}

void Reservation::CancelAt(Time t) {
  if (!ok_) return;
  const std::lock_guard lock(limiter_->mutex_);
  if (limiter_->limit_ == Inf || tokens_ == 0 || at_ < t) return;
  // What has been reserved after it is not given back: those events would
  // otherwise come too early.
  const double back = tokens_ - TokensOf(limit_, limiter_->latest_ - at_);
  if (back <= 0) return;
  limiter_->tokens_ = std::min(limiter_->Advanced(t) + back,
                               static_cast<double>(limiter_->burst_));
  limiter_->last_ = t;
  if (at_ == limiter_->latest_) {
    const Duration before = TimeOf(limit_, tokens_);
    if (before != InfDuration && at_ - before >= t) {
      limiter_->latest_ = at_ - before;
    }
  }
}

bool Limiter::AllowN(Time t, int n) {
  const std::lock_guard lock(mutex_);
  return ReserveLocked(t, n, Duration(0)).ok_;
}

Reservation Limiter::ReserveN(Time t, int n) {
  const std::lock_guard lock(mutex_);
  return ReserveLocked(t, n, InfDuration);
}

Error Limiter::WaitN(const context::Context& ctx, int n) {
  {
    const std::lock_guard lock(mutex_);
    if (n > burst_ && limit_ != Inf) {
      return Refused(n, "exceeds limiter's burst " + std::to_string(burst_));
    }
  }
  if (Error err = ctx.Err()) return err;
  const Time now = time::Now();
  Duration longest = InfDuration;
  if (const std::optional<Time> deadline = ctx.Deadline()) {
    longest = *deadline - now;
  }
  Reservation reserved;
  {
    const std::lock_guard lock(mutex_);
    reserved = ReserveLocked(now, n, longest);
  }
  if (!reserved.ok_) return Refused(n, "would exceed context deadline");
  const Duration delay = reserved.DelayFrom(now);
  if (delay == Duration(0)) return nullptr;
  const RecvChan<Unit> done = ctx.Done();
  if (SelectFor(delay, OnRecv(done)) == -1) return nullptr;
  reserved.Cancel();
  return ctx.Err();
}

double Limiter::Limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

int Limiter::Burst() const {
  const std::lock_guard lock(mutex_);
  return burst_;
}

double Limiter::TokensAt(Time t) const {
  const std::lock_guard lock(mutex_);
  return Advanced(t);
}

void Limiter::SetLimitAt(Time t, double limit) {
  const std::lock_guard lock(mutex_);
  tokens_ = Advanced(t);
  last_ = t;
  limit_ = limit;
}

void Limiter::SetBurstAt(Time t, int burst) {
  const std::lock_guard lock(mutex_);
  tokens_ = Advanced(t);
  last_ = t;
  burst_ = burst;
}

// ReserveLocked: not OK if more than `longest` would have to be waited. Under
// mutex_.
Reservation Limiter::ReserveLocked(Time t, int n, Duration longest) {
  Reservation reserved;
  reserved.limiter_ = this;
  reserved.limit_ = limit_;
  if (limit_ == Inf) {
    reserved.ok_ = true;
    reserved.tokens_ = n;
    reserved.at_ = t;
    return reserved;
  }
  const double tokens = Advanced(t) - n;
  const Duration wait = tokens < 0 ? TimeOf(limit_, -tokens) : Duration(0);
  reserved.ok_ = n <= burst_ && wait <= longest && wait != InfDuration;
  if (!reserved.ok_) return reserved;
  reserved.tokens_ = n;
  reserved.at_ = Plus(t, wait);
  tokens_ = tokens;
  last_ = t;
  latest_ = reserved.at_;
  return reserved;
}

// Advanced returns how many tokens there are at t. Under mutex_.
double Limiter::Advanced(Time t) const {
  const Duration passed = t > last_ ? t - last_ : Duration(0);
  return std::min(tokens_ + TokensOf(limit_, passed),
                  static_cast<double>(burst_));
}

}  // namespace gosling::rate
