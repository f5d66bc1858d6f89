// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pin, Park, Ready, Yield: the scheduler's part that the rest of the runtime
// calls. The design stands at the head of proc.cc.
//
// A runtime operation has this shape:
//
//     Pinned pin;  // from here on this M keeps its P
//     G* g = pin.g();
//     lock_.Lock();
//     if (a goroutine waits) {
//       … take its sudog off the queue …
//       lock_.Unlock();
//       Ready(sudog->g);
//     } else {
//       … enqueue a Sudog that stands on this stack …
//       ParkUnlock(g, WaitReason::kChanReceive, lock_);
//       // here again when a waker has called Ready(g)
//     }
//
// HACKING.md has the rules: the pin rule, the thread rule, the order of locks.
//
// All of it works on foreign threads as well: the thread gets a G whose park is
// a note.

#ifndef GOSLING_SCHED_PROC_H_
#define GOSLING_SCHED_PROC_H_

#include <cstdint>

#include "absl/base/optimization.h"
#include "absl/base/thread_annotations.h"
#include "arch/arch.h"
#include "sched/foreign.h"
#include "sched/g.h"
#include "sched/gqueue.h"
#include "sched/m.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

// CurrentM returns this thread's M, or null on a thread that has not used the
// runtime yet. Read anew each time: never keep the result over a Park.
// Async-signal-safe.
inline M* CurrentM() { return static_cast<M*>(arch::ThreadWord()); }

// EnsureM returns this thread's M; a foreign thread is adopted at its first
// call, which also starts the runtime if need be.
inline M* EnsureM() {
  M* m = CurrentM();
  return ABSL_PREDICT_TRUE(m != nullptr) ? m : AdoptThread();
}

// CurrentG returns the calling goroutine (on a foreign thread, the thread's own
// G).
inline G* CurrentG() { return EnsureM()->curg; }

// GoroutineOn returns the goroutine that runs on m; nullptr if m is null, runs
// the scheduler, or is a foreign thread's.
inline G* GoroutineOn(const M* m) {
  if (m == nullptr || m->curg == &m->g0 || m->curg->HasFlag(kGForeign)) {
    return nullptr;
  }
  return m->curg;
}

// PinSlow is Pin when m->slow has a bit that Pin minds.
G* PinSlow(M* m);

// Pin keeps sysmon from taking this M's P until the matching Unpin, and returns
// the current goroutine. If P is gone already, it waits for one, as Go's
// exitsyscall does; so it may park. Pins nest.
inline G* Pin() {
  M* m = EnsureM();
  std::uint32_t n = m->pinned.load(std::memory_order_relaxed) + 1;
  m->pinned.store(n, std::memory_order_relaxed);
  // Pairs with sysmon's membarrier in TryRetake.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (ABSL_PREDICT_FALSE(
          (m->slow.load(std::memory_order_relaxed) & ~kPinIgnores) != 0) &&
      n == 1)
    return PinSlow(m);
  return m->curg;
}

inline void Unpin() {
  M* m = CurrentM();
  // release: what the goroutine did to P is visible to the sysmon that finds
  // pinned == 0
  m->pinned.store(m->pinned.load(std::memory_order_relaxed) - 1,
                  std::memory_order_release);
}

// TryPin pins if that takes no call; false: it has changed nothing. With it a
// fast path can be a leaf function, and leave the rest to another one. `mind`:
// the bits of M::slow that it fails for.
inline bool TryPin(M* m, std::uint32_t mind = ~kPinIgnores) {
  if (ABSL_PREDICT_FALSE(m == nullptr)) return false;
  std::uint32_t n = m->pinned.load(std::memory_order_relaxed);
  m->pinned.store(n + 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // as in Pin
  if (ABSL_PREDICT_TRUE((m->slow.load(std::memory_order_relaxed) & mind) == 0))
    return true;
  m->pinned.store(n, std::memory_order_release);  // as in Unpin
  return false;
}

class Pinned {
 public:
  Pinned() : g_(Pin()) {}
  ~Pinned() { Unpin(); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  G* g() const { return g_; }

 private:
  G* const g_;
};

// ParkCommitted switches away from the calling goroutine, which has made itself
// visible to its waker already. Use Park.
void ParkCommitted(G* g);

// Park blocks the calling goroutine until Ready. `commit` runs on its stack
// after its status says that it waits, and makes it visible to wakers (it
// releases the lock that protects the wait queue); from that moment on Ready
// may be called, even before Park has switched away. Pinned before and after.
template <class Commit>
inline void Park(G* g, WaitReason reason, Commit&& commit) {
  g->wait_reason.store(static_cast<std::uint8_t>(reason),
                       std::memory_order_relaxed);
  // Published by commit's unlock.
  g->status.store(GStatus::kWaiting, std::memory_order_relaxed);
  commit();
  ParkCommitted(g);
}

// ParkUnlock is Park where the commit releases `lock` and does no more. Go:
// goparkunlock.
template <class Lock>
inline void ParkUnlock(G* g, WaitReason reason, Lock& lock)
    ABSL_UNLOCK_FUNCTION(lock) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  Park(g, reason, [&lock]() ABSL_NO_THREAD_SAFETY_ANALYSIS { lock.Unlock(); });
}

// ParkForever blocks the calling goroutine for good: a nil channel, select with
// no cases.
[[noreturn]] void ParkForever(WaitReason reason);

// NotWaiting ends the program: a goroutine was readied that is not parked.
[[noreturn]] void NotWaiting();

// Ready makes a parked goroutine runnable: next on this P if `next`, else
// behind the others. The caller has taken it off its wait queue, is pinned, and
// holds no lock that the woken goroutine's M could need.
void Ready(G* g, bool next = true);

// NoteReady does what those who watch want of a G that is about to be readied.
void NoteReady(G* g, std::uint32_t flags);

// ReadyApart is Ready for a G that no queue of the scheduler's ever holds.
void ReadyApart(G* g, std::uint32_t flags);

// Flags of a G that Ready has more to do for than to queue it.
inline constexpr std::uint32_t kNotPlainlyReady =
    kGForeign | kGAbandoned | kGTraced | kGControlled | kGTimed | kGSampled;

// MakePlainlyRunnable is MakeRunnable for a G with none of these.
inline void MakePlainlyRunnable(G* g) {
  if (ABSL_PREDICT_FALSE(g->status.load(std::memory_order_relaxed) !=
                         GStatus::kWaiting)) {
    NotWaiting();
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
}

// MakeRunnable is Ready's half that does not queue. False: g is not to be
// queued: it stands for a thread, which has been woken, has been given to its
// controller, or its Run is over.
inline bool MakeRunnable(G* g) {
  const std::uint32_t flags = g->flags.load(std::memory_order_relaxed);
  if (ABSL_PREDICT_FALSE((flags & kNotPlainlyReady) != 0)) {
    if ((flags & (kGForeign | kGAbandoned | kGControlled)) != 0) {
      ReadyApart(g, flags);
      return false;
    }
    NoteReady(g, flags);
  }
  MakePlainlyRunnable(g);
  return true;
}

// ReadyBatch queues the n Gs of a batch, which are runnable. On g0, for
// FindRunnable: the first is this M's to run next, the others are in its ring,
// and Schedule wakes an M for those. Without a P, or on a thread without an M:
// into the global queue, and an M is woken.
void ReadyBatch(GQueue& batch, int n);

// ReadyNew queues a goroutine that has just been made: it runs next. Pinned.
void ReadyNew(G* g);

// Yield puts the calling goroutine behind the others that are runnable. Pinned.
// Go: Gosched, goyield. Unlike Go, whose Gosched uses the global queue, the
// goroutine goes to the tail of its own P's ring: no lock. The global queue
// keeps its turn through the check every 61 ticks.
void Yield(G* g);

// HandoffYield readies `g`, which is parked, and puts the caller behind the
// others, so that `g` runs at once (the direct hand-over of a starving mutex).
// Pinned.
void HandoffYield(G* g);

// FastRand returns a pseudo-random number from this thread's generator; not for
// secrets.
inline std::uint32_t FastRand() {
  M* m = EnsureM();
  // wyrand's increment and fold, as Go's cheaprand.
  std::uint64_t x = m->rand_state;
  x += 0xa0761d6478bd642fULL;
  m->rand_state = x;
  return static_cast<std::uint32_t>(
      arch::FoldedProduct(x, x ^ 0xe7037ed1a0b428dbULL));
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_PROC_H_
