// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Registry: which channel wants which signals, and the counts of their
// deliveries.
//
// Invariant, whenever the lock is free: a signal is wanted (sigqueue) exactly
// if a registration that is not being stopped has it, and queued exactly if one
// of those is NotifyInfo's.
//
// The lock is the runtime's, taken pinned, and not a sync::Mutex: its holder is
// never put aside, so the end of a Run cannot leave it locked for ever by a
// goroutine that is not resumed. The work under it is bounded: sends that do
// not wait, and two system calls for each signal that changes hands.
//
// Source: Go's os/signal/signal.go, handlers.

#ifndef GOSLING_SIGNALS_REGISTRY_H_
#define GOSLING_SIGNALS_REGISTRY_H_

#include <gosling/chan.h>
#include <gosling/signal.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sched/os/mutex.h"
#include "signals/sigqueue.h"
#include "signals/table.h"

namespace gosling::signals {

// Registration is one channel's. One of the two handles is set.
struct Registration {
  SendChan<signal::Signal> plain;
  SendChan<signal::SignalInfo> info;
  SignalSet signals = 0;
  bool stopping = false;     // Stop waits for signals on their way to it
  std::uint32_t run_id = 0;  // of the goroutine in that Stop

  bool SameChannel(const Registration& r) const {
    return plain == r.plain && info == r.info;
  }
};

class Registry {
 public:
  // Notify adds to the signals of a channel. Throws what StartReceiver throws,
  // and std::bad_alloc, having changed nothing.
  void Notify(Registration r);

  // Stop is signal::Stop. Yields.
  void Stop(const Registration& r);

  enum class Then { kRestore, kIgnore };

  // Cancel takes signals from every channel.
  void Cancel(SignalSet signals, Then then);

  // Raise sends to those channels only that `owner`, a bubble, has made. True:
  // there are such. Not counted.
  bool Raise(int sig, std::uint32_t owner);

  bool Ignored(int sig);
  signal::Counters Stats(int sig);
  void MeasureLatency(bool on);
  signal::Latency StatsLatency(int sig);

  // FanOut hands new signals to the channels; true if any of them took one.
  // Calls `yield` where a channel is full, so that its reader can make room for
  // the next, as long as that does not take long. The receiver's.
  bool FanOut(SigQueue::News news, void (*yield)());

 private:
  enum class Outcome { kNothing, kTaken, kTakenAndFull };

  Outcome Deliver(int sig, const Arrival& arrival)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  SignalSet WantedSignals() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  SignalSet QueuedSignals() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TellShunned() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TellScheduler() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Registration>::iterator Find(const Registration& r, bool stopping)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  sched::Mutex mu_;
  bool receiving_ ABSL_GUARDED_BY(mu_) = false;  // the receiver runs
  bool waker_ ABSL_GUARDED_BY(mu_) = false;      // counts as external waker
  std::vector<Registration> registrations_ ABSL_GUARDED_BY(mu_);
  signal::Counters counters_[kMaxSignal + 1] ABSL_GUARDED_BY(mu_);
  // By signal; null until the first MeasureLatency.
  std::unique_ptr<signal::Latency[]> latencies_ ABSL_GUARDED_BY(mu_);
};

// TheRegistry is never destroyed: signals may come until the very end.
Registry& TheRegistry();

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_REGISTRY_H_
