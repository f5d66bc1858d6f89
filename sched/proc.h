// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the rest of the runtime calls of the scheduler. The design stands at the
// head of proc.cc.
//
// A runtime operation has this shape:
//
//     Pinned pin;  // from here on this M keeps its P
//     G* g = pin.g();
//     lock_.Lock();
//     if (somebody waits) {
//       … take its sudog off the queue …
//       lock_.Unlock();
//       Ready(sudog->g);
//     } else {
//       … enqueue a Sudog that stands on this stack …
//       Park(g, WaitReason::kChanReceive, [&] { lock_.Unlock(); });
//       // here again when somebody has called Ready(g)
//     }
//
// Rules:
//   1. No runtime lock is held across a park; the commit releases the last one.
//   2. After Park the goroutine may be on another thread: trust no
//      thread-local, no M*, no P* from before.
//   3. Pin before locking: the slow path of Pin may put the goroutine aside for
//      long.
//   4. Park pinned exactly once (not inside a nested pin).
//   5. User code (closures, handlers) runs unpinned: P may be taken from under
//      it.
//
// All of it works on threads that are not ours as well: the thread gets a G
// whose park is a note.

#ifndef GOSLING_SCHED_PROC_H_
#define GOSLING_SCHED_PROC_H_

#include <cstddef>
#include <cstdint>

#include "arch/arch.h"
#include "sched/g.h"
#include "sched/m.h"

namespace gosling::sched {

// CurrentM returns this thread's M, or null on a thread that has not used the
// runtime yet. Read anew each time: never keep the result over a Park.
// Async-signal-safe.
inline M* CurrentM() { return static_cast<M*>(arch::ThreadWord()); }

// EnsureM returns this thread's M; a thread that is not ours is adopted at its
// first call, which also starts the runtime if need be.
inline M* EnsureM() {
  M* m = CurrentM();
  return __builtin_expect(m != nullptr, 1) ? m : AdoptThread();
}

// CurrentG returns the calling goroutine (the thread's own G on a thread that
// is not ours).
inline G* CurrentG() { return EnsureM()->curg; }

// GoroutineOn returns the goroutine that runs on m; nullptr if m is null, runs
// the scheduler, or is a thread that is not the runtime's.
inline G* GoroutineOn(const M* m) {
  if (m == nullptr || m->curg == &m->g0 || m->curg->HasFlag(kGForeign)) {
    return nullptr;
  }
  return m->curg;
}

// Pin keeps sysmon from taking this M's P until the matching Unpin, and returns
// the current goroutine. If P is gone already, it waits for one, as Go's
// exitsyscall does; so it may park. Pins nest.
inline G* Pin() {
  M* m = EnsureM();
  std::uint32_t n = m->pinned.load(std::memory_order_relaxed) + 1;
  m->pinned.store(n, std::memory_order_relaxed);
  // Pairs with sysmon's membarrier in TryRetake.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (__builtin_expect(m->slow.load(std::memory_order_relaxed) != 0, 0) &&
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

// TryPin is Pin where that takes no call; false: nothing has happened. With it a
// fast path can be a leaf, which leaves everything else to a function of its
// own.
inline bool TryPin(M* m) {
  if (__builtin_expect(m == nullptr, 0)) return false;
  std::uint32_t n = m->pinned.load(std::memory_order_relaxed);
  m->pinned.store(n + 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // as in Pin
  if (__builtin_expect(m->slow.load(std::memory_order_relaxed) == 0, 1))
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

// ParkForever blocks the calling goroutine for good: a nil channel, select with
// no cases.
[[noreturn]] void ParkForever(WaitReason reason);

// Ready makes a parked goroutine runnable: next on this P if `next`, else
// behind the others. The caller has taken it off its wait queue, is pinned, and
// holds no lock that the woken goroutine's M could need.
void Ready(G* g, bool next = true);

// Yield puts the calling goroutine behind the others that are runnable. Pinned.
// Go: Gosched, goyield. Unlike Go, whose Gosched uses the global queue, the
// goroutine goes to the tail of its own P's ring: no lock. The global queue
// keeps its turn through the check every 61 ticks.
void Yield(G* g);

// HandoffYield readies `g`, which is parked, runs it at once, and puts the
// caller behind the others (the direct hand-over of a starving mutex). Pinned.
void HandoffYield(G* g);

// NewG takes a free G with room for a closure of `size` bytes (inline or on the
// heap, in g->closure). `created_at` is the address that dumps name as its
// origin; null: none. StartG queues it; FreeNewG gives it back if constructing
// the closure threw. None may be called pinned.
G* NewG(std::size_t size, std::size_t align, const void* created_at);
void StartG(G* g);
void FreeNewG(G* g);

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

// SetGName names a goroutine for dumps and panics.
void SetGName(G* g, const char* name, std::size_t length);

int GoMaxProcs();
int SetGoMaxProcs(int n);  // stops the world; unpinned
int NumGoroutine();
int SetMaxThreads(int n);  // returns the former limit

// Bootstrap starts the runtime once: reads the environment, makes the Ps,
// starts sysmon.
void Bootstrap();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_PROC_H_
