// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SigQueue: from any number of signal handlers to one receiver, without a lock.
//
// The promise. Every Send of a signal that is wanted ends in exactly one
// arrival at the receiver, alone or together with others of its number; and the
// receiver takes that arrival after the Send began. So something always comes
// after the last signal, however many there were; and the counts add up.
//
// Two ways in. By default a signal is *merged*: its slot counts the Sends, and
// the one that finds the count at 0 owns the slot, writes the sender's data
// there and announces it. While a channel wants each signal by itself
// (SetQueued), its Sends are *queued* in a ring; when that is full, they merge.
//
// Three words, and their rules:
//
//   news       a bit per signal, in one word for slots and one for rings. Set
//              after the slot or the cell is complete. The handler that turns a
//              bit from 0 to 1 calls Notify afterwards; one that finds it set
//              need not: the other's Notify is still to come, or the receiver
//              has not taken the news since.
//   pending    of a slot, not 0: the slot's owner has announced it, or is about
//              to. Exchanged for 0 by the receiver, after it has copied the
//              data and before it acts on them. A Send that finds it above 0
//              has been counted before that exchange, and is done.
//   state      whether the receiver has to be told.
//
//                 Notify                AwaitNews
//     kSending ◄────────── kIdle ──────────────────────► kReceiving
//        │                 ▲   ▲                             │
//        └──── TakeNews ───┘   └─── Notify, with a Wakeup ───┘
//
//   kIdle       the receiver is at work and will look at the state before it
//               sleeps.
//   kSending    as kIdle, and there is news since it last looked.
//   kReceiving  it sleeps on the note, or is about to; the first Notify takes
//               the state back to kIdle and wakes it. No other code calls
//               Wakeup, so there is exactly one for each time it sleeps.
//
// Invariant: if there is news and no Notify under way, then the state is
// kSending, or the receiver is between leaving kSending or kReceiving and
// taking the news. It is never kReceiving. Proof: a Notify whose news is not
// taken leaves kSending, or finds it, or turns kReceiving into kIdle and wakes
// the receiver. To return to kReceiving the state must pass AwaitNews's
// exchange of kIdle, and each way to there takes the news first. All of this
// is read and written in the single total order of seq_cst: with less, Notify
// could see a stale kSending while the receiver misses the news (each reading
// before the other's write). On amd64 that costs nothing.
//
// `delivering` counts the Sends under way, so that a channel can be stopped
// without losing a signal: see WaitUntilIdle.
//
// The functions of the sending half are in sigqueue_send.cc, apart from
// everything else, because handler.cc may call only functions that its head
// lists.
//
// Source: Go's runtime/sigqueue.go. There the mask of news is the count: a
// signal is merged if its bit is set. Rings, counts and senders' data are ours.

#ifndef GOSLING_SIGNALS_SIGQUEUE_H_
#define GOSLING_SIGNALS_SIGQUEUE_H_

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "sched/os/fork.h"
#include "signals/info_ring.h"
#include "signals/signote.h"
#include "signals/table.h"

namespace gosling::signals {

// Stamp is a moment of the monotonic clock, in units of 64 ns, that comes again
// after four and a half minutes. Never 0.
inline std::uint32_t Stamp(std::int64_t nanotime) {
  return static_cast<std::uint32_t>(nanotime >> 6) | 1;
}

// SinceStamp returns how many nanoseconds have passed.
inline std::int64_t SinceStamp(std::uint32_t stamp, std::int64_t nanotime) {
  return std::int64_t{Stamp(nanotime) - stamp} << 6;
}

// Arrival is one or more Sends of a signal, as the receiver gets them.
struct Arrival {
  Info info;                // of the first of them
  std::uint64_t count = 0;  // how many Sends; 1 if queued
};

class SigQueue {
 public:
  constexpr SigQueue() = default;
  SigQueue(const SigQueue&) = delete;
  SigQueue& operator=(const SigQueue&) = delete;

  // Setup makes the note. 0 or -errno. Before anything is wanted.
  int Setup(SigNoteKind kind) { return note_.Setup(kind); }

  // --- The sending half: signal handlers. Async-signal-safe. ---

  // Send takes a signal that has come. False: no channel wants it.
  bool Send(int sig, const siginfo_t& info);

  // Wanted says whether a channel wants `sig`: none in a forked child, which
  // has no receiver, and whose pipe is its parent's.
  bool Wanted(int sig) const {
    return (wanted_.load(std::memory_order_seq_cst) & BitOf(sig)) != 0 &&
           !sched::InForkedChild();
  }

  // --- The wanted signals: under the registry's lock. ---

  void SetWanted(int sig, bool wanted);

  // PrepareQueued takes the memory that SetQueued needs. Throws std::bad_alloc.
  void PrepareQueued(int sig);

  // SetTimed says whether the Sends say when they began, in Info::when.
  void SetTimed(bool timed) { timed_.store(timed, std::memory_order_relaxed); }

  // SetQueued says whether each `sig` is to be queued by itself.
  void SetQueued(int sig, bool queued);

  // WaitUntilIdle returns when every Send that began before the call, and was
  // wanted, has been taken, and the receiver has delivered it and asked for the
  // next news. Calls `yield` while it waits. The signals in question must not
  // be wanted any more. Sends of other signals may go on meanwhile; they do not
  // keep it waiting. Not by the receiver. Go: signalWaitUntilIdle.
  void WaitUntilIdle(void (*yield)());

  // ForgetWanted makes every signal unwanted, in a forked child.
  void ForgetWanted() { wanted_.store(0); }

  // --- The receiving half: one thread at a time. ---

  struct News {
    SignalSet merged = 0;
    SignalSet queued = 0;
  };

  // TakeNews says whether there may be news, and marks it as noticed.
  bool TakeNews();

  // AwaitNews blocks the thread until there may be news. Meanwhile wanted
  // signals are not blocked in it, whatever its mask says: one that is blocked
  // in every other thread is taken here. (Go: ensureSigM.)
  void AwaitNews();

  // Take returns the signals that have news, after TakeNews or AwaitNews.
  News Take();

  // TakeMerged empties the slot of a signal in News::merged. Once per Take.
  Arrival TakeMerged(int sig);

  // QueuedNow returns how many are queued of `sig`; TakeQueued takes the oldest
  // of them. False: none, or it will be announced anew.
  std::uint64_t QueuedNow(int sig) const;
  bool TakeQueued(int sig, Arrival* arrival);

  // PendingNow returns how many Sends of `sig` have not been taken.
  std::uint64_t PendingNow(int sig) const;

  // Kick makes the receiver go round once, so that it sleeps with a new mask;
  // only if the mask of its thread makes a difference for one of `signals`.
  void KickIfBlocked(SignalSet signals);

 private:
  friend struct SigQueueTestPeer;

  enum class State : std::uint32_t { kIdle, kReceiving, kSending };

  struct alignas(64) Slot {
    std::atomic<std::uint64_t> pending{0};  // Sends merged and not yet taken
    Info info;  // the owner's until it is announced, then the receiver's
    std::atomic<InfoRing*> ring{nullptr};  // set once, before queued_'s bit
  };

  bool Timed() const { return timed_.load(std::memory_order_relaxed); }
  void Merge(int sig, const siginfo_t& info);
  void Announce(std::atomic<SignalSet>& news, SignalSet bit);
  void Notify();

  // Read by every handler, written seldom.
  alignas(64) std::atomic<SignalSet> wanted_{0};
  std::atomic<SignalSet> queued_{0};
  std::atomic<bool> timed_{false};

  alignas(64) std::atomic<std::uint32_t> delivering_{0};

  alignas(64) std::atomic<SignalSet> merged_news_{0};
  std::atomic<SignalSet> queued_news_{0};
  std::atomic<State> state_{State::kIdle};

  // The receiver's. rounds_ counts the Takes; blocked_ is what the mask of the
  // thread it last slept in blocks: all, until it is known.
  alignas(64) std::atomic<std::uint64_t> rounds_{0};
  std::atomic<SignalSet> blocked_{~SignalSet{0}};
  sigset_t mask_ = {};  // the mask that blocked_ was found in

  SigNote note_;
  Slot slots_[kMaxSignal + 1];
};

static_assert(std::atomic<SignalSet>::is_always_lock_free &&
                  std::atomic<std::uint32_t>::is_always_lock_free &&
                  std::atomic<InfoRing*>::is_always_lock_free,
              "a lock in a signal handler could be held by its own thread");

// The program's queue. In handlers this is the only thing that is shared.
extern constinit SigQueue sigqueue;

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_SIGQUEUE_H_
