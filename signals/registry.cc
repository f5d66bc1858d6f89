// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Registering, stopping, and fanning out.

#include "signals/registry.h"

#include <signal.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "sched/os/os.h"
#include "sched/os/siginfo.h"
#include "sched/proc.h"
#include "sched/run.h"
#include "sched/shun.h"
#include "sched/storm.h"
#include "sched/syscall.h"
#include "sched/trace/recorder.h"
#include "signals/disposition.h"
#include "signals/latency_buckets.h"
#include "signals/patience.h"
#include "signals/recv.h"

namespace gosling::signals {

using sched::MutexLock;
using sched::Pinned;

Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

std::vector<Registration>::iterator Registry::Find(const Registration& r,
                                                   bool stopping) {
  return std::find_if(registrations_.begin(), registrations_.end(),
                      [&](const Registration& other) {
                        return other.SameChannel(r) &&
                               other.stopping == stopping;
                      });
}

SignalSet Registry::WantedSignals() const {
  SignalSet set = 0;
  for (const Registration& r : registrations_) {
    if (!r.stopping) set |= r.signals;
  }
  return set;
}

SignalSet Registry::QueuedSignals() const {
  SignalSet set = 0;
  for (const Registration& r : registrations_) {
    if (!r.stopping && r.info) set |= r.signals;
  }
  return set;
}

// Sweep forgets the registration of a Stop whose goroutine will never come
// back: its Run has ended.
void Registry::Sweep() {
  std::erase_if(registrations_, [](const Registration& r) {
    return r.stopping && sched::RunOver(r.run_id);
  });
}

// TellShunned says which signals sleeping threads had better leave to others.
void Registry::TellShunned() {
  SignalSet shunned = WantedSignals();
  for (SignalSet s = shunned; s != 0; s &= s - 1) {
    if (FactsOf(LowestOf(s)).fault != Fault::kNo) shunned &= ~(s & -s);
  }
  sched::SetShunned(shunned);
}

// TellScheduler tells the scheduler whether a signal might wake a goroutine, and
// what to shun.
void Registry::TellScheduler() {
  const SignalSet wanted = WantedSignals();
  TellShunned();
  const bool waker = wanted != 0;
  if (waker != waker_) sched::AddExternalWaker(waker ? 1 : -1);
  waker_ = waker;
}

// Everything that can fail comes first, so that a call that throws has changed
// nothing.
void Registry::Notify(Registration r) {
  SignalSet added = 0;
  {
    Pinned pin;
    MutexLock lock(&mu_);
    Sweep();
    registrations_.reserve(registrations_.size() + 1);
    for (SignalSet s = r.signals; s != 0; s &= s - 1) {
      if (r.info) sigqueue.PrepareQueued(LowestOf(s));
      PrepareSignal(LowestOf(s));
    }
    if (!receiving_) {
      StartReceiver();
      receiving_ = true;
    }
    added = r.signals & ~WantedSignals();
    for (SignalSet s = r.info ? r.signals : 0; s != 0; s &= s - 1) {
      sigqueue.SetQueued(LowestOf(s), true);
    }
    for (SignalSet s = added; s != 0; s &= s - 1) EnableSignal(LowestOf(s));
    auto known = Find(r, /*stopping=*/false);
    if (known != registrations_.end()) {
      known->signals |= r.signals;
    } else {
      registrations_.push_back(std::move(r));
    }
    TellScheduler();
  }
  sigqueue.KickIfBlocked(added);
}

// Between the two sections the registration stands aside: signals that were
// taken before they were disabled still go there.
void Registry::Stop(const Registration& r) {
  SignalSet gone = 0;
  {
    Pinned pin;
    MutexLock lock(&mu_);
    Sweep();
    auto known = Find(r, /*stopping=*/false);
    if (known != registrations_.end()) {
      known->stopping = true;
      known->run_id = pin.g()->run_id;
      gone = known->signals & ~WantedSignals();
      sched::LetGoHere(gone);  // what has been raised is delivered still
      for (SignalSet s = gone; s != 0; s &= s - 1) DisableSignal(LowestOf(s));
      for (SignalSet s = known->signals & ~QueuedSignals(); s != 0;
           s &= s - 1) {
        sigqueue.SetQueued(LowestOf(s), false);
      }
      TellScheduler();
    } else if (Find(r, /*stopping=*/true) == registrations_.end()) {
      return;
    }  // else another Stop is at it, and this one may not return before
  }
  sigqueue.KickIfBlocked(gone);
  sigqueue.WaitUntilIdle(YieldToReceiver);

  Registration last;  // outlives the lock: it may be the channel's last handle
  Pinned pin;
  MutexLock lock(&mu_);
  auto known = Find(r, /*stopping=*/true);
  if (known == registrations_.end()) return;
  last = std::move(*known);
  registrations_.erase(known);
}

void Registry::Cancel(SignalSet signals, Then then) {
  std::vector<Registration> emptied;  // outlives the lock
  {
    Pinned pin;
    MutexLock lock(&mu_);
    emptied.reserve(registrations_.size());
    const bool ignore = then == Then::kIgnore;
    for (SignalSet s = ignore ? signals : 0; s != 0; s &= s - 1) {
      PrepareSignal(LowestOf(s));
    }
    const SignalSet wanted = WantedSignals() & signals;
    sched::LetGoHere(wanted);
    for (SignalSet s = ignore ? signals : wanted; s != 0; s &= s - 1) {
      if (ignore) {
        IgnoreSignal(LowestOf(s));
      } else {
        DisableSignal(LowestOf(s));
      }
      sigqueue.SetQueued(LowestOf(s), false);
    }
    for (Registration& r : registrations_) {
      if (r.stopping) continue;
      r.signals &= ~signals;
      if (r.signals == 0) emptied.push_back(r);
    }
    std::erase_if(registrations_, [](const Registration& r) {
      return !r.stopping && r.signals == 0;
    });
    TellScheduler();
  }
  sched::LetGoHere(signals);  // a handler may have been late
  sigqueue.KickIfBlocked(signals);
}

bool Registry::Raise(int sig, std::uint32_t owner) {
  const signal::SignalInfo info = {.signal = sig, .code = sched::kSentToThread};
  bool any = false;
  Pinned pin;
  MutexLock lock(&mu_);
  for (Registration& r : registrations_) {
    if (r.stopping || (r.signals & BitOf(sig)) == 0 ||
        internal::ChanOwner(r.info ? internal::ChanAccess::Core(r.info)
                                   : internal::ChanAccess::Core(r.plain)) !=
            owner) {
      continue;
    }
    any = true;
    r.info ? r.info.TrySend(info) : r.plain.TrySend(info.signal);
  }
  return any;
}

bool Registry::Ignored(int sig) {
  Pinned pin;
  MutexLock lock(&mu_);
  return SignalIgnored(sig);
}

signal::Counters Registry::Stats(int sig) {
  Pinned pin;
  MutexLock lock(&mu_);
  signal::Counters counters = counters_[sig];
  counters.received += sigqueue.PendingNow(sig);
  return counters;
}

void Registry::MeasureLatency(bool on) {
  std::unique_ptr<signal::Latency[]> fresh(
      on ? new signal::Latency[kMaxSignal + 1] : nullptr);
  Pinned pin;
  MutexLock lock(&mu_);
  if (on && latencies_ == nullptr) latencies_ = std::move(fresh);
  sigqueue.SetTimed(on);
}

signal::Latency Registry::StatsLatency(int sig) {
  Pinned pin;
  MutexLock lock(&mu_);
  return latencies_ != nullptr ? latencies_[static_cast<std::size_t>(sig)]
                               : signal::Latency();
}

// Each arrival is taken, counted and delivered under one hold of the lock, so
// that Stats finds it on one side or the other. The lock is given back after
// each arrival: a backlog can be thousands. Without the yields a channel with
// one place would get the lowest signal of each round and never another.
//
// A yield may take as long as every other goroutine's slice, and a backlog of
// thousands as many yields: that would keep all other channels' signals waiting
// for one reader with a small channel. So once the yields have used the
// patience up there is one more before each further signal, and none before
// each further arrival of it; an arrival that finds no room is dropped, as
// signal.h says.
bool Registry::FanOut(SigQueue::News news, void (*yield)()) {
  bool any = false;
  bool full = false;  // a channel has become full since the last yield
  Patience patience;
  for (SignalSet s = news.merged | news.queued; s != 0; s &= s - 1) {
    const int sig = LowestOf(s);
    // No more than there are by now: a signal that keeps coming shall not keep
    // the others waiting. It will be announced again.
    std::uint64_t backlog =
        (news.queued & BitOf(sig)) != 0 ? sigqueue.QueuedNow(sig) : 0;
    bool merged = (news.merged & BitOf(sig)) != 0;
    while (backlog != 0 || merged) {
      Outcome outcome;
      {
        Pinned pin;
        MutexLock lock(&mu_);
        Arrival arrival;
        if (backlog != 0) {
          backlog--;
          if (!sigqueue.TakeQueued(sig, &arrival)) {
            backlog = 0;
            continue;
          }
        } else {
          merged = false;
          arrival = sigqueue.TakeMerged(sig);
        }
        outcome = Deliver(sig, arrival);
      }
      if (outcome != Outcome::kNothing) any = true;
      if (outcome == Outcome::kTakenAndFull) full = true;
      const bool more_of_it = backlog != 0 || merged;
      if (full && (more_of_it ? outcome != Outcome::kNothing && patience.Left()
                              : (s & (s - 1)) != 0)) {
        full = false;
        patience.Spend(yield);
      }
    }
  }
  return any;
}

Registry::Outcome Registry::Deliver(int sig, const Arrival& arrival) {
  const signal::SignalInfo info = {.signal = sig,
                                   .code = arrival.info.code,
                                   .pid = arrival.info.pid,
                                   .uid = arrival.info.uid,
                                   .value = arrival.info.value};
  bool taken = false;
  bool full = false;
  for (Registration& r : registrations_) {
    if ((r.signals & BitOf(sig)) == 0) continue;
    if (r.info) {
      taken |= r.info.TrySend(info);
      full |= r.info.Len() >= r.info.Cap();
    } else {
      taken |= r.plain.TrySend(info.signal);
      full |= r.plain.Len() >= r.plain.Cap();
    }
  }
  signal::Counters& counters = counters_[sig];
  counters.received += arrival.count;
  counters.coalesced += arrival.count - 1;
  (taken ? counters.delivered : counters.dropped)++;
  if (arrival.info.when != 0) {
    const std::int64_t took =
        SinceStamp(arrival.info.when, sched::os::Nanotime());
    signal::Latency& latency = latencies_[static_cast<std::size_t>(sig)];
    latency.count++;
    latency.buckets[static_cast<std::size_t>(BucketOf(took))]++;
  }
  if (sched::trace::On()) {
    using Step = sched::trace::SignalStep;
    for (const Step step :
         {Step::kReceived, taken ? Step::kDelivered : Step::kDropped}) {
      sched::trace::Add(sched::trace::Kind::kSignal,
                        static_cast<std::uint64_t>(step),
                        static_cast<unsigned>(sig));
    }
  }
  if (!taken) return Outcome::kNothing;
  return full ? Outcome::kTakenAndFull : Outcome::kTaken;
}

}  // namespace gosling::signals
