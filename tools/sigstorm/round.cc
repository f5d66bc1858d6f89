// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The order of a round. Each step has its phase with the watchdog, and waits
// for something that must happen, so that a library that loses it is found out
// there and not later.

#include "tools/sigstorm/round.h"

#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/progress.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/receiver.h"
#include "tools/sigstorm/signal_names.h"
#include "tools/sigstorm/stop_check.h"
#include "tools/sigstorm/verdict.h"
#include "tools/sigstorm/workers/crew.h"

namespace sigstorm {
namespace {

using Receivers = std::vector<std::unique_ptr<Receiver>>;

// Subscribe makes a receiver for every signal. A signal that the library leaves
// to its default action would end the program at the first send.
Receivers Subscribe(Stage& stage, gosling::sync::WaitGroup& group) {
  Receivers receivers;
  for (SignalSlot& slot : stage.ledger.signals()) {
    receivers.push_back(Receiver::Make(
        slot, static_cast<std::size_t>(stage.options.buffer), group));
    struct sigaction action;
    if (::sigaction(slot.number, nullptr, &action) != 0 ||
        action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) {
      Fail(absl::StrCat("signal::Notify does not catch ",
                        SignalName(slot.number)));
    }
  }
  return receivers;
}

// Count copies the books of one signal.
SignalResult Count(const Receiver& receiver) {
  const SignalSlot& slot = receiver.slot();
  const gosling::signal::Counters counters = receiver.Counters();
  SignalResult result;
  result.number = slot.number;
  result.realtime = slot.realtime;
  result.sent = slot.sent.load();
  result.refused = slot.refused.load();
  result.to_ended = slot.to_ended.load();
  result.expired = slot.expired.load();
  result.received = counters.received;
  result.coalesced = counters.coalesced;
  result.delivered = counters.delivered;
  result.dropped = counters.dropped;
  result.taken = receiver.taken().count();
  result.timed = receiver.timed();
  return result;
}

// Unsettled says what has been sent, received or delivered but not yet dealt
// with; "" if nothing.
std::string Unsettled(const Receivers& receivers) {
  const os::SignalSet pending = os::PendingForProcess();
  const std::vector<os::Thread> threads = os::Threads();
  for (const auto& receiver : receivers) {
    const SignalSlot& slot = receiver->slot();
    const std::string name = SignalName(slot.number);
    const os::SignalSet bit = os::BitOf(slot.number);
    if ((pending & bit) != 0) return name + " is pending in the kernel";
    for (const os::Thread& thread : threads) {
      if ((thread.pending & bit) == 0) continue;
      return absl::StrCat(
          name, " is pending in the kernel, for thread ", thread.id, ", ",
          thread.name, (thread.blocked & bit) != 0 ? ", which blocks it" : "");
    }
    const gosling::signal::Counters c = receiver->Counters();
    if (c.received != c.delivered + c.coalesced + c.dropped) {
      return absl::StrFormat(
          "%s: received %d, delivered %d, coalesced %d, dropped %d", name,
          c.received, c.delivered, c.coalesced, c.dropped);
    }
    if (c.delivered != receiver->taken().count()) {
      return absl::StrFormat("%s: delivered %d, taken %d", name, c.delivered,
                             receiver->taken().count());
    }
    const std::string unmatched = SendsUnmatched(Count(*receiver));
    if (!unmatched.empty()) return unmatched;
  }
  return "";
}

// Settle waits until nothing is unsettled, `patience` ns at the most, and
// returns what still is. Between a kernel that no longer shows a signal as
// pending and a handler that has not counted it yet, nothing can be seen of a
// standard signal, hence several looks.
std::string Settle(const Receivers& receivers, std::int64_t patience) {
  constexpr int kQuietLooks = 3;
  const std::int64_t until = NowNs() + patience;
  int quiet = 0;
  while (true) {
    std::string unsettled = Unsettled(receivers);
    quiet = unsettled.empty() ? quiet + 1 : 0;
    if (quiet == kQuietLooks) return "";
    if (NowNs() > until && quiet == 0) return unsettled;
    // The kernel has no event for a queue that has run empty.
    gosling::time::Sleep(std::chrono::milliseconds(1));
  }
}

// RaiseOnceMore raises the signal for the process and waits for its delivery.
// `lose` forgets to raise it.
bool RaiseOnceMore(const Receiver& receiver, std::int64_t patience, bool lose) {
  SignalSlot& slot = receiver.slot();
  const std::uint64_t before = receiver.taken().count();
  if (!lose) {
    const std::int64_t now = NowNs();
    slot.Stamp(now);
    const int error = slot.realtime
                          ? os::SendQueued(::getpid(), slot.number, now)
                          : ::kill(::getpid(), slot.number);
    if (error != 0) return false;
    slot.sent.fetch_add(1);
  }
  return receiver.taken().AwaitMore(before, patience);
}

// Falsify makes the books wrong where the fault is to be in them.
void Falsify(Inject inject, std::vector<SignalResult>& signals) {
  if (inject == Inject::kMiscount) signals.front().received++;
  if (inject == Inject::kForget) {
    for (SignalResult& signal : signals) {
      if (signal.realtime) signal.sent--;
    }
  }
}

}  // namespace

RoundResult RunRound(Stage& stage, std::int64_t duration, bool measured) {
  const Options& options = stage.options;
  const Inject inject = measured ? options.inject : Inject::kNone;
  Watchdog& watchdog = stage.watchdog;
  Random random(options.seed + (measured ? 1 : 0));
  // Shorter than the watchdog's: what does not arrive is a verdict of its own.
  const std::int64_t patience = options.patience / 2;
  RoundResult result;
  result.soak = measured && options.soak;

  watchdog.Enter("subscribe");
  stage.ledger.Reset(duration);
  gosling::sync::WaitGroup receiving;
  const Receivers receivers = Subscribe(stage, receiving);

  std::atomic<bool> stop_workers{false};
  gosling::sync::WaitGroup working;
  const Crew crew = MakeCrew(options, random.Next(), inject);
  for (const auto& worker : crew) worker->Start(working, stop_workers);

  watchdog.BeginStorm(crew, stage.ledger.signals(), duration);
  const std::int64_t start = NowNs();
  for (const auto& sender : stage.senders) sender->Start(random.Next());
  {
    std::optional<Progress> progress;
    if (measured) {
      progress.emplace(stage.ledger, receivers, crew, duration,
                       ::isatty(STDERR_FILENO) != 0, options.soak,
                       &result.samples);
    }
    auto timer = gosling::time::NewTimer(std::chrono::nanoseconds(duration));
    gosling::Select(
        gosling::OnRecv(timer.C(), [] {}),
        gosling::OnRecv(stage.interrupted, [&] { result.interrupted = true; }));
    timer.Stop();
  }
  stage.ledger.shared().stop = true;
  result.seconds = static_cast<double>(NowNs() - start) / 1e9;
  result.watch = watchdog.EndStorm();

  watchdog.Enter("end of the senders");
  for (const auto& sender : stage.senders) {
    const int error = sender->Join();
    if (error == 0) continue;
    result.failed_senders.push_back(absl::StrFormat(
        "a sender, %s, ended early: errno %d", sender->Name(), error));
  }

  result.stops = stage.ledger.shared().stops.load();

  watchdog.Enter("end of the workers");
  stop_workers = true;
  working.Wait();

  // First without another signal, which would wake a receiver that had missed
  // its last one, and then with one.
  watchdog.Enter("settling");
  result.unsettled = Settle(receivers, patience);
  result.settled = result.unsettled.empty();

  std::vector<bool> arrived;
  for (const auto& receiver : receivers) {
    watchdog.Enter("last raise");
    const bool lose = inject == Inject::kLose && arrived.empty();
    arrived.push_back(RaiseOnceMore(*receiver, patience, lose));
  }
  watchdog.Enter("settling after the last raise");
  Settle(receivers, patience);
  for (const auto& receiver : receivers) {
    result.signals.push_back(Count(*receiver));
    result.signals.back().last_arrived = arrived[result.signals.size() - 1];
  }
  Falsify(inject, result.signals);

  watchdog.Enter("stop");
  result.stop_wrong = StopCheck(receivers, patience, inject == Inject::kLate);
  receiving.Wait();
  for (std::size_t i = 0; i < receivers.size(); i++) {
    SignalResult& signal = result.signals[i];
    const Histogram& latency = receivers[i]->latency();
    signal.latency = {latency.count(),         latency.Quantile(0.5),
                      latency.Quantile(0.9),   latency.Quantile(0.99),
                      latency.Quantile(0.999), latency.Quantile(0.9999),
                      latency.max(),           latency.Buckets()};
    signal.strange = receivers[i]->strange();
    signal.late = receivers[i]->late();
  }
  for (const auto& worker : crew) {
    result.workers.push_back(
        {worker->name(), worker->steps(), worker->Mistake()});
  }
  watchdog.EndRound();
  return result;
}

}  // namespace sigstorm
