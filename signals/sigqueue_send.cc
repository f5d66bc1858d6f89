// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The sending half of SigQueue, which the signal handler calls. Nothing else
// belongs into this file. handler.cc lists the functions that it may call in
// turn.
//
// A Send that is merged into an earlier one costs three atomic read-modify-
// writes on three cache lines and touches neither the news nor the state.

#include <signal.h>

#include <atomic>

#include "sched/os/os.h"
#include "sched/os/siginfo.h"
#include "sched/storm.h"
#include "sched/trace/recorder.h"
#include "signals/sigqueue.h"

namespace gosling::signals {
namespace {

// So many Sends that have not been served are a storm (sched/storm.h).
constexpr std::uint64_t kStorm = 8;

Info ToInfo(int sig, const siginfo_t& info, bool timed) {
  const sched::Sender sender = sched::SenderOf(sig, info);
  return {.code = info.si_code,
          .pid = sender.pid,
          .uid = sender.uid,
          .when = timed ? Stamp(sched::os::Nanotime()) : 0,
          .value = sender.value};
}

void Trace(int sig, sched::trace::SignalStep step) {
  if (!sched::trace::On()) return;
  sched::trace::AddFromHandler(sched::trace::Kind::kSignal,
                               static_cast<std::uint64_t>(step),
                               static_cast<unsigned>(sig));
}

}  // namespace

// seq_cst throughout: see the invariant in sigqueue.h.
bool SigQueue::Send(int sig, const siginfo_t& info) {
  // Before the look at wanted_: pairs with WaitUntilIdle, which looks at
  // delivering_ after wanted_ has changed.
  delivering_.fetch_add(1);
  const bool wanted = Wanted(sig);
  if (wanted) {
    // acquire, by seq_cst: the ring was stored before the bit.
    const bool queued = (queued_.load() & BitOf(sig)) != 0;
    if (queued && slots_[sig]
                      .ring.load(std::memory_order_relaxed)
                      ->Push(ToInfo(sig, info, Timed()))) {
      Trace(sig, sched::trace::SignalStep::kTaken);
      Announce(queued_news_, BitOf(sig));
    } else {
      Merge(sig, info);
    }
  }
  delivering_.fetch_sub(1);
  return wanted;
}

void SigQueue::Merge(int sig, const siginfo_t& info) {
  Slot& slot = slots_[sig];
  // acq_rel: pairs with TakeMerged's exchange, both ways. The handler's earlier
  // writes are visible to the receiver that takes this Send; the slot is free
  // for its owner.
  const std::uint64_t before =
      slot.pending.fetch_add(1, std::memory_order_acq_rel);
  if (before != 0) {
    // Not of what a fault can raise: one in a thread that blocks its signal
    // ends the process.
    if (before + 1 >= kStorm && !sched::SentToThread(info) &&
        FactsOf(sig).fault == Fault::kNo) {
      sched::DeclareStorm(sig);
    }
    Trace(sig, sched::trace::SignalStep::kMerged);
    return;
  }
  slot.info = ToInfo(sig, info, Timed());
  Trace(sig, sched::trace::SignalStep::kTaken);
  Announce(merged_news_, BitOf(sig));
}

void SigQueue::Announce(std::atomic<SignalSet>& news, SignalSet bit) {
  if ((news.fetch_or(bit) & bit) == 0) Notify();
}

void SigQueue::Notify() {
  State state = state_.load();
  for (;;) {
    switch (state) {
      case State::kSending:
        return;
      case State::kIdle:
        if (state_.compare_exchange_weak(state, State::kSending)) return;
        break;
      case State::kReceiving:
        if (state_.compare_exchange_weak(state, State::kIdle)) {
          note_.Wakeup();
          return;
        }
        break;
    }
  }
}

}  // namespace gosling::signals
