// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sleep, timers and tickers, over the heaps of sched/timer.h.
//
// The danger here is time passing between a timer's leaving the heap and its
// `fire` being heard: Stop finds it in no heap, Reset arms it anew, the last
// handle goes, while an M still has the old arming in its hands. Hence, for
// every timer that outlives a call (an Alarm):
//
// * `pending` says that the latest arming has not been acted on. Stop and Reset
//   clear it; only a fire that finds it set, and the arming's number unchanged,
//   acts. All under the owner's lock. So Stop's answer is exact: true means
//   that this arming never acts.
// * Each arming counts as a reference to the object that holds the alarm, given
//   back by the fire, acting or not, or by the caller whose TimerStop took it
//   out of the heap. So an M never fires into freed memory.
//
// A ticker arms itself again in fire, under that lock. Periodic timers in the
// heap, such as Go has, would not do: they are back in the heap while they fire,
// so that a fire that is still under way would hold no reference.
//
// Lock order: the owner's lock, then what TimerAdd and TimerStop take.
//
// Go: time/sleep.go, tick.go; runtime/time.go, which has the channel's side of
// it in the heap itself.

#include <gosling/panic.h>
#include <gosling/time.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "runtime/chan.h"
#include "sched/control.h"
#include "sched/goroutine.h"
#include "sched/light_mutex.h"
#include "sched/proc.h"
#include "sched/run.h"
#include "sched/timer.h"

namespace gosling {

using sched::Clock;
using sched::G;
using sched::Pinned;

static_assert(std::is_same_v<time::Time::duration, time::Duration>,
              "times of the scheduler's clock are turned into Time by counting "
              "nanoseconds");

namespace {

// Alarm: see above. Under its owner's lock.
struct Alarm {
  sched::Timer timer;
  bool pending = false;

  // Arm needs a reference that the arming owns. Pinned.
  void Arm(std::int64_t when) {
    timer.when = when;
    timer.seq++;
    pending = true;
    sched::TimerAdd(&timer);
  }

  // Disarm says whether it was pending; then *reference says whether the
  // arming's reference is the caller's again. If not, its fire is under way and
  // will give it back.
  bool Disarm(bool* reference) {
    *reference = false;
    if (!pending) return false;
    pending = false;
    *reference = sched::TimerStop(&timer);
    return true;
  }

  // Due says whether a fire is to act, which it then must.
  bool Due(std::uint64_t seq) {
    if (!pending || timer.seq != seq) return false;
    pending = false;
    return true;
  }
};

// TimerChan is the channel of a Timer or Ticker, with its alarm and room for
// one value, in one allocation. Everything is under the channel's lock; its
// handles are the user's; armings are counted in `selects`, for they will come
// back. Once the handles are gone the alarm is stopped (DropChan), and a fire
// that was under way is the last to come back.
struct TimerChan : Hchan {
  Alarm alarm;
  std::int64_t period = 0;   // > 0: a ticker
  std::uint32_t run_id = 0;  // the Run in which it was last set
  alignas(time::Time) unsigned char slot[sizeof(time::Time)];
};

void FireChan(void* arg, std::uint64_t seq, std::int64_t now) {
  auto* c = static_cast<TimerChan*>(arg);
  time::Time at{time::Duration(now)};
  Partner receiver;  // is given `at` by Wake, once the lock is free
  c->lock.Lock();
  bool rearmed = false;
  if (c->alarm.Due(seq) && !c->handles_gone) {
    if (c->period > 0 && !sched::RunOver(c->run_id) &&
        !sched::ControlClosing()) {
      // The beat stays: the next tick that is not over yet.
      std::int64_t when = c->alarm.timer.when;
      std::int64_t beats = (now - when) / c->period + 1;
      std::int64_t next;
      if (__builtin_mul_overflow(beats, c->period, &next) ||
          __builtin_add_overflow(when, next, &next)) {
        next = INT64_MAX;
      }
      c->alarm.Arm(next);  // this arming's reference goes over to the next one
      rearmed = true;
    }
    c->Send(&at, &receiver);  // dropped if the slot is taken
  }
  if (!rearmed) c->selects--;
  bool last = c->handles_gone && c->selects == 0;
  const Elem elem = c->elem;
  c->lock.Unlock();
  if (receiver.sudog != nullptr) receiver.Wake(elem);
  if (last) FreeHchan(c);
}

// Set arms the alarm of c. Pinned, under the lock.
void Set(TimerChan* c, std::int64_t now, std::int64_t ns, bool periodic,
         std::uint32_t run_id) {
  c->period = periodic ? ns : 0;
  c->run_id = run_id;
  c->selects++;
  c->alarm.Arm(sched::WhenAfter(now, ns));
}

// Unset undoes that: no value of an earlier arming can be received any more.
// True if that changed anything.
bool Unset(TimerChan* c) {
  bool reference;
  bool running = c->alarm.Disarm(&reference);
  if (reference) c->selects--;
  if (c->Count() == 0) return running;
  time::Time stale;
  Partner none;  // no sender ever waits here
  c->Recv(&stale, &none);
  return true;
}

RecvChan<time::Time> MakeTimerChan(std::int64_t ns, bool periodic) {
  const internal::ElemOps& ops = internal::kElemOps<time::Time>;
  // FreeHchan will free it.
  static_assert(alignof(TimerChan) == alignof(Hchan));
  static_assert(std::is_trivially_destructible_v<TimerChan>);
  auto* c = ::new (::operator new (
      sizeof(TimerChan), std::align_val_t{alignof(TimerChan)})) TimerChan;
  InitHchan(c, &ops, 1, c->slot);
  c->SetOwner(sched::ControlId());
  c->hide_buffer = true;
  c->timer = &c->alarm.timer;
  c->alarm.timer.fire = FireChan;
  c->alarm.timer.arg = c;
  {
    Pinned pin;  // no lock: no other goroutine knows it yet
    Set(c, Clock(), ns, periodic, pin.g()->run_id);
  }
  return internal::ChanAccess::FromRef<RecvChan<time::Time>>(
      internal::ChanRef(c));
}

TimerChan* AsTimerChan(const RecvChan<time::Time>& channel) {
  return static_cast<TimerChan*>(AsHchan(internal::ChanAccess::Core(channel)));
}

bool StopChan(const RecvChan<time::Time>& channel) {
  TimerChan* c = AsTimerChan(channel);
  Pinned pin;
  if (ABSL_PREDICT_FALSE(c->apart != 0))
    sched::CheckInside(c->owner, "stops", "a timer");
  c->lock.Lock();
  bool changed = Unset(c);
  c->lock.Unlock();
  return changed;
}

bool ResetChan(const RecvChan<time::Time>& channel, std::int64_t ns,
               bool periodic) {
  TimerChan* c = AsTimerChan(channel);
  Pinned pin;
  if (ABSL_PREDICT_FALSE(c->apart != 0))
    sched::CheckInside(c->owner, "resets", "a timer");
  std::int64_t now = Clock();
  c->lock.Lock();
  bool changed = Unset(c);
  Set(c, now, ns, periodic, pin.g()->run_id);
  c->lock.Unlock();
  return changed;
}

void WakeSleeper(void* arg, std::uint64_t, std::int64_t) {
  sched::Ready(static_cast<G*>(arg));
}

}  // namespace

namespace internal {

// FuncTimer is followed in memory by the function, as aligned as that wants.
struct FuncTimer {
  const FuncOps* const ops;
  // Handles, armings, goroutines that are to call the function.
  std::atomic<std::uint32_t> refs{1};

  sched::LightMutex lock;
  Alarm alarm ABSL_GUARDED_BY(lock){};
  // The Run in which it was last set.
  std::uint32_t run_id ABSL_GUARDED_BY(lock) = 0;
  const std::uint32_t owner = sched::ControlId();  // as a channel's

  FuncTimer* next = nullptr;  // see Keep

  FuncTimer(const FuncOps* o, void (*fire)(void*, std::uint64_t, std::int64_t))
      : ops(o) {
    alarm.timer.fire = fire;
    alarm.timer.arg = this;
  }

  static std::size_t Offset(const FuncOps& ops) {
    return (sizeof(FuncTimer) + ops.align - 1) & ~(ops.align - 1);
  }
  static std::align_val_t Align(const FuncOps& ops) {
    return std::align_val_t{
        ops.align > alignof(FuncTimer) ? ops.align : alignof(FuncTimer)};
  }
};

namespace {

// StartWith starts a goroutine that calls run(&timer), in a given Run. Runs on
// a scheduler's stack.
void StartWith(FuncTimer* timer, void (*run)(void*), std::uint32_t run_id) {
  // NOLINTNEXTLINE(bugprone-sizeof-expression): the pointer is the closure
  G* g = sched::NewG(sizeof(timer), alignof(FuncTimer*), nullptr);
  ::new (g->closure) FuncTimer*(timer);
  g->invoke = run;
  g->run_id = run_id;
  sched::StartG(g);
}

// CallFunction is the goroutine that an AfterFunc starts. It owns a reference.
void CallFunction(void* closure) {
  FuncTimerRef ref(*static_cast<FuncTimer**>(closure));
  ref.get()->ops->call(FuncTimerRoom(ref.get()));
}

void DropReference(void* closure) {
  UnrefFuncTimer(*static_cast<FuncTimer**>(closure));
}

// Timers that came due when the Run that set them was over. They are kept for
// good: destroying the function would be running code of that Run. The list is
// for leak checkers.
std::atomic<FuncTimer*> outlived{nullptr};

void Keep(FuncTimer* timer) {
  timer->next = outlived.load(std::memory_order_relaxed);
  while (!outlived.compare_exchange_weak(timer->next, timer,
                                         std::memory_order_relaxed)) {
  }
}

void FireFunc(void* arg, std::uint64_t seq, std::int64_t) {
  auto* timer = static_cast<FuncTimer*>(arg);
  timer->lock.Lock();
  bool due = timer->alarm.Due(seq);
  std::uint32_t run_id = timer->run_id;
  timer->lock.Unlock();
  // The arming's reference goes over to the goroutine. If there is nothing to
  // call, it is dropped in one as well: it could be the last, and destroying
  // the function is user code, for which this is no stack.
  if (!due) {
    StartWith(timer, DropReference, 0);
  } else if (sched::RunOver(run_id) || sched::ControlClosing()) {
    Keep(timer);
  } else {
    StartWith(timer, CallFunction, run_id);
  }
}

// Set arms the alarm of `timer`. Pinned, under the lock.
void Set(FuncTimer* timer, std::int64_t now, std::int64_t ns,
         std::uint32_t run_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(timer->lock) {
  timer->run_id = run_id;
  RefFuncTimer(timer);
  timer->alarm.Arm(sched::WhenAfter(now, ns));
}

bool StopFunc(FuncTimer* timer) {
  bool reference;
  bool running;
  {
    Pinned pin;
    sched::CheckInside(timer->owner, "stops", "a timer");
    timer->lock.Lock();
    running = timer->alarm.Disarm(&reference);
    timer->lock.Unlock();
  }
  if (reference) UnrefFuncTimer(timer);  // not the last: the handle has one
  return running;
}

bool ResetFunc(FuncTimer* timer, std::int64_t ns) {
  bool reference;
  bool running;
  {
    Pinned pin;
    sched::CheckInside(timer->owner, "resets", "a timer");
    std::int64_t now = Clock();
    timer->lock.Lock();
    running = timer->alarm.Disarm(&reference);
    Set(timer, now, ns, pin.g()->run_id);
    timer->lock.Unlock();
  }
  if (reference) UnrefFuncTimer(timer);
  return running;
}

}  // namespace

FuncTimer* NewFuncTimer(const FuncOps* ops) {
  void* memory = ::operator new(FuncTimer::Offset(*ops) + ops->size,
                                FuncTimer::Align(*ops));
  return ::new (memory) FuncTimer(ops, FireFunc);
}

void* FuncTimerRoom(FuncTimer* timer) noexcept {
  return reinterpret_cast<unsigned char*>(timer) +
         FuncTimer::Offset(*timer->ops);
}

void StartFuncTimer(FuncTimer* timer, std::int64_t ns) { ResetFunc(timer, ns); }

void DiscardFuncTimer(FuncTimer* timer) noexcept {
  std::align_val_t align = FuncTimer::Align(*timer->ops);
  timer->~FuncTimer();
  ::operator delete(static_cast<void*>(timer), align);
}

void RefFuncTimer(FuncTimer* timer) noexcept {
  timer->refs.fetch_add(1, std::memory_order_relaxed);
}

void UnrefFuncTimer(FuncTimer* timer) noexcept {
  // acq_rel: the last owner has seen the others' use of the function end
  if (timer->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  timer->ops->destroy(FuncTimerRoom(timer));
  DiscardFuncTimer(timer);
}

}  // namespace internal

namespace time {

namespace {

Duration Between(Time from, Time to) {
  std::int64_t ns;
  if (__builtin_sub_overflow(to.time_since_epoch().count(),
                             from.time_since_epoch().count(), &ns)) {
    return to > from ? Duration::max() : Duration::min();
  }
  return Duration(ns);
}

}  // namespace

Time Now() { return Time(Duration(Clock())); }

Duration Since(Time t) { return Between(t, Now()); }

Duration Until(Time t) { return Between(Now(), t); }

void Sleep(Delay d) {
  if (d.Nanoseconds() <= 0) return;
  Pinned pin;
  // On the stack: once it fires, the heap does not touch it again.
  sched::Timer timer;
  timer.when = sched::WhenAfter(Clock(), d.Nanoseconds());
  timer.fire = WakeSleeper;
  timer.arg = pin.g();
  timer.stoppable = false;
  sched::Park(pin.g(), sched::WaitReason::kSleep,
              [&timer] { sched::TimerAdd(&timer, /*soon=*/true); });
}

bool Timer::Stop() const {
  if (channel_) return StopChan(channel_);
  if (function_.get() == nullptr) {
    throw Panic("time: Stop called on uninitialized Timer");
  }
  return internal::StopFunc(function_.get());
}

bool Timer::Reset(Delay d) const {
  if (channel_) return ResetChan(channel_, d.Nanoseconds(), /*periodic=*/false);
  if (function_.get() == nullptr) {
    throw Panic("time: Reset called on uninitialized Timer");
  }
  return internal::ResetFunc(function_.get(), d.Nanoseconds());
}

Timer NewTimer(Delay d) {
  Timer timer;
  timer.channel_ = After(d);
  return timer;
}

RecvChan<Time> After(Delay d) {
  return MakeTimerChan(d.Nanoseconds(), /*periodic=*/false);
}

void Ticker::Stop() const {
  if (channel_) StopChan(channel_);
}

void Ticker::Reset(Delay d) const {
  if (d.Nanoseconds() <= 0) {
    throw Panic("non-positive interval for Ticker.Reset");
  }
  if (!channel_) throw Panic("time: Reset called on uninitialized Ticker");
  ResetChan(channel_, d.Nanoseconds(), /*periodic=*/true);
}

Ticker NewTicker(Delay d) {
  if (d.Nanoseconds() <= 0) throw Panic("non-positive interval for NewTicker");
  Ticker ticker;
  ticker.channel_ = MakeTimerChan(d.Nanoseconds(), /*periodic=*/true);
  return ticker;
}

RecvChan<Time> Tick(Delay d) {
  if (d.Nanoseconds() <= 0) return {};
  return MakeTimerChan(d.Nanoseconds(), /*periodic=*/true);
}

}  // namespace time
}  // namespace gosling
