// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receiving half of SigQueue, and its switches. The invariant heads
// sigqueue.h; seq_cst, the default, wherever that speaks of a total order.

#include "signals/sigqueue.h"

#include <signal.h>

#include <cstring>
#include <new>

#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/storm.h"

namespace gosling::signals {

constinit SigQueue sigqueue;

namespace {

SignalSet MembersOf(const sigset_t& set, SignalSet among) {
  SignalSet members = 0;
  for (; among != 0; among &= among - 1) {
    if (sigismember(&set, LowestOf(among)) == 1) members |= among & -among;
  }
  return members;
}

// NewRing leaves the cells untouched: they cost memory once they are used.
InfoRing* NewRing() {
  const std::size_t page = sched::os::PageSize();
  void* const memory =
      sched::os::Reserve((sizeof(InfoRing) + page - 1) / page * page);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<InfoRing*>(memory);
}

}  // namespace

void SigQueue::SetWanted(int sig, bool wanted) {
  if (wanted) {
    wanted_.fetch_or(BitOf(sig));
  } else {
    wanted_.fetch_and(~BitOf(sig));
    sched::EndStorms(BitOf(sig));
  }
}

void SigQueue::PrepareQueued(int sig) {
  std::atomic<InfoRing*>& ring = slots_[sig].ring;
  if (ring.load(std::memory_order_relaxed) == nullptr) {
    ring.store(NewRing(), std::memory_order_relaxed);
  }
}

void SigQueue::SetQueued(int sig, bool queued) {
  if (queued) {
    queued_.fetch_or(BitOf(sig));
  } else {
    queued_.fetch_and(~BitOf(sig));
  }
}

// Two steps. First the Sends: a handler that came before `delivering_` is seen
// at 0 has announced its signal; a later one sees that the signal is not
// wanted. Then the receiver: asleep, it has taken everything announced. At
// work, it may be in a Take that was too early, so the Take after the next one
// must have begun: then one that began after the announcement has been acted
// upon.
//
// Unlike Go, which waits for the receiver to be asleep: under a storm of other
// signals that may never be seen.
void SigQueue::WaitUntilIdle(void (*yield)()) {
  while (delivering_.load() != 0) yield();
  const std::uint64_t round = rounds_.load();
  while (state_.load() != State::kReceiving && rounds_.load() < round + 2) {
    yield();
  }
}

bool SigQueue::TakeNews() {
  State state = State::kSending;
  if (state_.compare_exchange_strong(state, State::kIdle)) return true;
  if (state == State::kReceiving) {
    sched::Throw("signal_recv: inconsistent state");
  }
  return false;
}

void SigQueue::AwaitNews() {
  // Until the set is complete: blocked_ must tell the truth before wanted_ is
  // read for the last time, or KickIfBlocked could miss that it matters.
  SignalSet unblocked = 0;
  sigset_t old_mask = {};  // the kernel's part of it is filled in
  ::pthread_sigmask(SIG_BLOCK, nullptr, &old_mask);
  // After the mask: what a handler holds back in between is then taken for held
  // back and not blocked, which does no harm. The other way round it would be
  // blocked here for good, for no reason that anybody knows of.
  const SignalSet held_back = sched::HeldBack();
  if (blocked_.load() == ~SignalSet{0} ||
      std::memcmp(&mask_, &old_mask, sizeof mask_) != 0) {
    mask_ = old_mask;
    blocked_.store(MembersOf(old_mask, CatchableSignals()));
  }
  for (;;) {
    const SignalSet blocked = blocked_.load();
    const SignalSet missing = wanted_.load() & blocked & ~unblocked;
    if (missing == 0) break;
    const sigset_t set = sched::os::SigsetOf(missing);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    unblocked |= missing;
  }

  State state = State::kIdle;
  if (state_.compare_exchange_strong(state, State::kReceiving)) {
    do {
      note_.Sleep();
    } while (state_.load() == State::kReceiving);
  }

  if (unblocked != 0) {
    ::pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
    // What a handler here has held back of them is blocked as it was before.
    sched::ForgetHeldBack(unblocked & ~held_back);
  }
  TakeNews();
}

SigQueue::News SigQueue::Take() {
  // Before the exchanges: see WaitUntilIdle.
  rounds_.fetch_add(1);
  return {.merged = merged_news_.exchange(0),
          .queued = queued_news_.exchange(0)};
}

Arrival SigQueue::TakeMerged(int sig) {
  Slot& slot = slots_[sig];
  Arrival arrival;
  arrival.info = slot.info;  // announced by its owner: seq_cst in Take
  // acq_rel: pairs with Merge's fetch_add, both ways.
  arrival.count = slot.pending.exchange(0, std::memory_order_acq_rel);
  if (arrival.count == 0) sched::Throw("signal_recv: slot without a signal");
  return arrival;
}

std::uint64_t SigQueue::QueuedNow(int sig) const {
  const InfoRing* const ring = slots_[sig].ring.load(std::memory_order_relaxed);
  return ring == nullptr ? 0 : ring->Size();
}

bool SigQueue::TakeQueued(int sig, Arrival* arrival) {
  arrival->count = 1;
  return slots_[sig].ring.load(std::memory_order_relaxed)->Pop(&arrival->info);
}

std::uint64_t SigQueue::PendingNow(int sig) const {
  return slots_[sig].pending.load(std::memory_order_relaxed) + QueuedNow(sig);
}

void SigQueue::KickIfBlocked(SignalSet signals) {
  if ((blocked_.load() & signals) != 0) Notify();
}

}  // namespace gosling::signals
