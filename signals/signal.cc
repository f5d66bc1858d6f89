// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The public functions: their arguments are judged here, the work is the
// registry's.

#include <gosling/panic.h>
#include <gosling/signal.h>

#include <string>
#include <utility>

#include "signals/latency_buckets.h"
#include "signals/registry.h"
#include "signals/table.h"

namespace gosling::signal {
namespace {

using signals::BitOf;
using signals::CatchableSignals;
using signals::FactsOf;
using signals::Registration;
using signals::Registry;
using signals::SignalSet;
using signals::TheRegistry;

std::string Symbol(int sig) {
  const char* const symbol = FactsOf(sig).symbol;
  return symbol != nullptr ? symbol : "signal " + std::to_string(sig);
}

// CheckSignal refuses numbers that no signal has.
int CheckSignal(const char* function, Signal sig) {
  if (!signals::IsSignal(sig.number())) {
    throw Panic(std::string("signal: ") + function + " of invalid signal " +
                std::to_string(sig.number()));
  }
  return sig.number();
}

// Catchable returns the set of `signals`, of all if there are none, and refuses
// those that cannot be caught.
SignalSet Catchable(const char* function, std::span<const Signal> signals) {
  if (signals.empty()) return CatchableSignals();
  SignalSet set = 0;
  for (Signal s : signals) {
    const int sig = CheckSignal(function, s);
    if ((CatchableSignals() & BitOf(sig)) == 0) {
      throw Panic(std::string("signal: ") + function + " of " + Symbol(sig) +
                  (FactsOf(sig).use == signals::Use::kKernel
                       ? ", which cannot be caught"
                       : ", which is reserved by the C library"));
    }
    set |= BitOf(sig);
  }
  return set;
}

}  // namespace

std::string Signal::String() const {
  if (signals::IsSignal(number_)) {
    const char* const description = FactsOf(number_).description;
    if (description != nullptr) return description;
  }
  return "signal " + std::to_string(number_);
}

void Notify(SendChan<Signal> c, std::span<const Signal> signals) {
  if (!c) throw Panic("os/signal: Notify using nil channel");
  Registration r;
  r.plain = std::move(c);
  r.signals = Catchable("Notify", signals);
  TheRegistry().Notify(std::move(r));
}

void NotifyInfo(SendChan<SignalInfo> c, std::span<const Signal> signals) {
  if (!c) throw Panic("os/signal: NotifyInfo using nil channel");
  Registration r;
  r.info = std::move(c);
  r.signals = Catchable("NotifyInfo", signals);
  TheRegistry().Notify(std::move(r));
}

void Stop(const SendChan<Signal>& c) {
  Registration r;
  r.plain = c;
  TheRegistry().Stop(r);
}

void Stop(const SendChan<SignalInfo>& c) {
  Registration r;
  r.info = c;
  TheRegistry().Stop(r);
}

void Ignore(std::span<const Signal> signals) {
  TheRegistry().Cancel(Catchable("Ignore", signals), Registry::Then::kIgnore);
}

bool Ignored(Signal sig) {
  return TheRegistry().Ignored(CheckSignal("Ignored", sig));
}

void Reset(std::span<const Signal> signals) {
  SignalSet set = 0;
  for (Signal s : signals) set |= BitOf(CheckSignal("Reset", s));
  if (signals.empty()) set = CatchableSignals();
  TheRegistry().Cancel(set, Registry::Then::kRestore);
}

Counters Stats(Signal sig) {
  return TheRegistry().Stats(CheckSignal("Stats", sig));
}

void MeasureLatency(bool on) { TheRegistry().MeasureLatency(on); }

Latency StatsLatency(Signal sig) {
  return TheRegistry().StatsLatency(CheckSignal("StatsLatency", sig));
}

std::chrono::nanoseconds Latency::UpperBound(int bucket) {
  return std::chrono::nanoseconds(signals::UpperBound(bucket));
}

std::chrono::nanoseconds Latency::Quantile(double share) const {
  const double wanted = share * static_cast<double>(count);
  std::uint64_t seen = 0;
  for (int i = 0; i < kBuckets; i++) {
    seen += buckets[static_cast<std::size_t>(i)];
    if (seen != 0 && static_cast<double>(seen) >= wanted) return UpperBound(i);
  }
  return {};
}

}  // namespace gosling::signal
