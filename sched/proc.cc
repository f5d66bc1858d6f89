// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pin, Park, Ready and Yield, and the design of the scheduler.
//
// The pin. Everything in this file runs pinned (m->pinned == 1, on g0 too), and
// a switch carries that 1 over: the goroutine that leaves is pinned, and the
// next one finds its M pinned. A fresh goroutine unpins before it calls its
// closure: user code runs unpinned, and sysmon may take P from under it.
//
// Switching. A goroutine that parks goes straight to the next one when that is
// at hand (runnext or the own ring): one jump. With nothing at hand, or with
// anything out of the ordinary to do, it jumps to g0, which polls timers,
// steals and sleeps (FindRunnable). The price of not going through g0 is that a
// goroutine is visible to its wakers while it still stands on its stack; g.h
// says how on_cpu pays it, and next.h which goroutine waits for it.
//

// Waking Ms. A submitter that queues work while Ps are idle makes an M look for
// it (idle.h), unless its P has learnt that this is not worth it
// (wake_policy.h).
//
// Fairness. runnext inherits the slice (schedtick stays), so a pair cannot hog
// a P: after 10 ms without a new tick sysmon asks the M to yield at its next
// runtime call, and takes P away if it makes none (sysmon.h, adrift.h). Every
// 61 ticks the global queue goes first. Timers are looked at on g0, every 8
// switches on the direct path (a pair over runnext makes no ticks), and by
// sysmon, which reads the clock anyway.
//
// Unlike Go:
//   * there is no preemption inside user code: there is retake (m.h,
//     sysmon.h), which makes of two goroutines that compute two threads, and
//     leaves it to the system to share the core between them;
//   * the main goroutine is bound to no thread, least of all to the process's
//     first (run.h), and no code that could deadlock runs before it: deadlock
//     is judged inside Run alone (deadlock.h);
//   * a system call is no state of P: a P whose M sits in one is taken as one
//     whose M computes is, only sooner (syscall.h);
//   * thieves leave runnext alone (runq.h), and Gosched does not go through the
//     global queue (Yield);
//   * a panic ends the program where it is thrown, and runs nothing of the
//     goroutine before that; so a Goexit on the way out of one cannot save it.
//
// Go: runtime/proc.go.

#include "sched/proc.h"

#include "absl/base/optimization.h"
#include "sched/contention.h"
#include "sched/control.h"
#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/goroutine.h"
#include "sched/handoff.h"
#include "sched/idle.h"
#include "sched/next.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/os.h"
#include "sched/reports.h"
#include "sched/run_latency.h"
#include "sched/sched.h"
#include "sched/storm.h"
#include "sched/switch_to.h"
#include "sched/trace/on_switch.h"

namespace gosling::sched {

namespace {

// CountForG0 does for a goroutine that goes to g0 in any case what NextLocal does
// with its count.
inline void CountForG0(P* p, std::uint64_t count) {
  if (p->fired_waits && count % kTimerSwitches == 0) MindFired(p);
}

// WakeForRing wakes an M for a G that has just been queued in p's ring, if some
// P is idle and the ring is worth it. The fence pairs with the HeavyFence of an
// M that goes idle.
inline void WakeForRing(M* m, P* p) {
  LightFence(m);
  if (ABSL_PREDICT_FALSE(scheduler.npidle.load(std::memory_order_relaxed) !=
                         0) &&
      p->wake.WorthWaking(p->runq.Size())) {
    WakeP();
  }
}

// PrefetchNext asks for g's stack. While g is still leaving another M, its
// switch point is an old one: the prefetch is of no use then, and does no harm.
[[gnu::no_sanitize_thread]] inline void PrefetchNext(const G* g) {
  PrefetchStack(g->switch_point);
}

// EnqueueFar is Enqueue where g cannot go to runnext: apart, so that the common way
// saves no registers. (send in tools/bench/instructions.json.)
[[gnu::noinline]] void EnqueueFar(M* m, G* g, bool next) {
  P* p = m->p;
  if (p == nullptr) {
    if (g->HasFlag(kGControlled)) return m->control->Add(g);  // a new one
    PutGlobal(g);
    WakeP();
    return;
  }
  RunqPut(p, g, next);
  WakeForRing(m, p);
}

// Enqueue queues a G that has just become runnable on the caller's P, and wakes
// an M for it if need be.
inline void Enqueue(M* m, G* g, bool next) {
  P* p = m->p;
  if (ABSL_PREDICT_FALSE(p == nullptr)) return EnqueueFar(m, g, next);
  if (ABSL_PREDICT_FALSE(scheduler.npidle.load(std::memory_order_relaxed) !=
                         0) &&
      next && !p->wake.Lazy()) {
    next = false;  // eager: where a thief can find it
    p->wake.BeginEager();
  }
  if (!next || p->runnext.load(std::memory_order_relaxed) != nullptr) {
    return EnqueueFar(m, g, next);
  }
  p->runnext.store(g, std::memory_order_relaxed);
  PrefetchNext(g);
}

// Abandon switches for good from a goroutine whose Run is over: it is in no
// queue, and its flag keeps it from being readied.
[[noreturn]] void Abandon(G* g) {
  g->status.store(GStatus::kWaiting, std::memory_order_relaxed);
  SwitchToG0(g);
  Throw("abandoned goroutine was resumed");
}

// ParkLocal is ParkCommitted where the next goroutine is at hand; false: g0 is
// asked for it. `traced`: the recorder is on. Twice in the same function, once
// for each: so that neither saves registers for the other. (instructions.json in
// tools/bench/.)
[[gnu::always_inline]] inline bool ParkLocal(M* m, G* g, bool traced) {
  P* p = m->p;
  G* next = NextLocal(m, p, p->parks.Add(), traced);
  if (next == nullptr) return false;
  if (next->switch_point == nullptr) AttachStack(p, next);
  if (traced) {
    trace::AddAt(m, p, trace::Kind::kSwitchBlock,
                 g->wait_reason.load(std::memory_order_relaxed), next);
  }
  SwitchTo(m, g, next);
  return true;
}

// YieldToG0 is Yield's end: g has no other at hand to switch to.
void YieldToG0(M* m, G* g) {
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  if (m->pending == nullptr && GlobalSize() > 0) {
    // In the ring g0 would find it before the Gs of the global queue.
    PutGlobal(g);
  } else {
    RunqPut(m->p, g, false);
  }
  SwitchTo(m, g, &m->g0);
}

// YieldLocal is Yield as ParkLocal is ParkCommitted.
[[gnu::always_inline]] inline bool YieldLocal(M* m, G* g, bool traced) {
  P* p = m->p;
  G* next = NextLocal(m, p, p->yields.Add(), traced);
  if (next == nullptr) return false;
  if (next->switch_point == nullptr) AttachStack(p, next);
  if (traced) {
    // Before a thief can have g.
    trace::AddAt(m, p, trace::Kind::kSwitchStop,
                 static_cast<unsigned>(trace::StopReason::kYield), next);
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  if (ABSL_PREDICT_FALSE(!p->runq.Put(g))) RunqPut(p, g, false);
  WakeForRing(m, p);
  SwitchTo(m, g, next);
  return true;
}

// MindLocks has the checker of locks, if there is one, hear that g leaves m.
void MindLocks(const M* m, const G* g, const char* how) {
  if ((m->slow.load(std::memory_order_relaxed) & kLockChecked) != 0) {
    reports.leaves_thread(g, how);
  }
}

// MindMove does so after a switch that g has not asked for: it began on m.
void MindMove(const M* m, const G* g) {
  const M* now = CurrentM();
  if (now != m) MindLocks(now, g, "has been moved to another thread");
}

// ParkSlow is ParkCommitted where something is out of the ordinary: g0 is asked
// for the next goroutine, if there is a g0 for it.
[[gnu::noinline]] void ParkSlow(M* m, G* g) {
  const std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if ((slow & kForeign) != 0) return ParkForeign(g);
  if ((slow & kOnSystemStack) != 0) Throw("park on the system stack");
  if (Control* control = ControlOf(m)) {
    return control->Leave(g, /*runnable=*/false);
  }
  CountForG0(m->p, m->p->parks.Add());
  if (trace::IsTraced(slow)) trace::Blocked(m, g);
  SwitchTo(m, g, &m->g0);
}

// ParkTimed is ParkCommitted while parks are timed, or for a goroutine that is to
// be in the sample.
[[gnu::noinline]] void ParkTimed(M* m, G* g) {
  constexpr std::uint32_t kPlain =
      kFence | kTimedParks | kSampleNext | kHoldsBack;
  const std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if ((slow & kSampleNext) != 0) SampleParked(m, g);
  const std::int64_t since = (slow & kTimedParks) != 0 ? BeginWait(g, slow) : 0;
  if ((slow & ~kPlain) != 0) {
    ParkSlow(m, g);
  } else if (!ParkLocal(m, g, /*traced=*/false)) {
    SwitchTo(m, g, &m->g0);
  }
  EndWait(g, since);
}

// NoneElse says that no other goroutine wants to run on m.
bool NoneElse(const M* m) {
  const P* p = m->p;
  return m->pending == nullptr && GlobalSize() == 0 && p->timers.Next() == 0 &&
         !p->fired_waits;
}

// ReadyFar is Ready's rest: apart, so that the common way has no more
// instructions.
[[gnu::noinline]] void ReadyFar(G* g, bool next) {
  if (MakeRunnable(g)) Enqueue(CurrentM(), g, next);
}

}  // namespace

void ParkCommitted(G* g) {
  M* m = CurrentM();
  if (ABSL_PREDICT_FALSE(m->pinned.load(std::memory_order_relaxed) != 1)) {
    Throw("park while pinned %u times",
          m->pinned.load(std::memory_order_relaxed));
  }
  // Each look at `slow` is one of its own: a register for it would be one less.
  const auto slow = [m] { return m->slow.load(std::memory_order_relaxed); };
  if (ABSL_PREDICT_TRUE((slow() & kParkSlow) == 0)) {
    if (ParkLocal(m, g, /*traced=*/false)) return;
  } else if (trace::IsTracedOnly(slow())) {
    if (ParkLocal(m, g, /*traced=*/true)) return;
    trace::Blocked(m, g);
  } else {
    // From one place, by which the checker tells reports apart.
    MindLocks(m, g, "parks");
    return (slow() & (kTimedParks | kSampleNext)) != 0 ? ParkTimed(m, g)
                                                       : ParkSlow(m, g);
  }
  SwitchTo(m, g, &m->g0);
}

void ParkForever(WaitReason reason) {
  G* g = Pin();
  for (;;) Park(g, reason, [] {});
}

void ReadyApart(G* g, std::uint32_t flags) {
  if ((flags & kGForeign) != 0) {
    ReadyForeign(g);
  } else if ((flags & kGAbandoned) == 0) {
    ReadyControlled(g);
  }
}

void NoteReady(G* g, std::uint32_t flags) {
  if ((flags & kGTraced) != 0) trace::Unblocked(CurrentM(), g);
  if ((flags & (kGTimed | kGSampled)) != 0) NoteReadied(g);
}

void NotWaiting() { Throw("bad g->status in ready"); }

void Ready(G* g, bool next) {
  M* m = CurrentM();
  const std::uint32_t flags =
      g->flags.load(std::memory_order_relaxed) & kNotPlainlyReady;
  if (ABSL_PREDICT_FALSE(flags != 0)) {
    const P* p = m->p;
    if (flags != kGTraced || p == nullptr ||
        !trace::IsTracedOnly(m->slow.load(std::memory_order_relaxed))) {
      return ReadyFar(g, next);
    }
    trace::AddAt(m, p, trace::Kind::kGoUnblock, 0, g);
  }
  MakePlainlyRunnable(g);
  Enqueue(m, g, next);
}

void ReadyBatch(GQueue& batch, int n) {
  M* m = CurrentM();
  P* p = m != nullptr ? m->p : nullptr;
  if (p == nullptr) {
    {
      MutexLock l(&scheduler.lock);
      PutGlobalBatch(batch, n);
    }
    WakeP();
    return;
  }
  if (m->pending == nullptr) m->pending = batch.Pop();
  while (G* g = batch.Pop()) RunqPut(p, g, false);
}

void ReadyNew(G* g) {
  M* m = CurrentM();
  // release: what g is, for the acquire of a dump (GPool::ForEach), which a
  // thread without a P does not stop for
  g->status.store(GStatus::kRunnable, std::memory_order_release);
  Enqueue(m, g, true);
}

void Yield(G* g) {
  M* m = CurrentM();
  std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if (ABSL_PREDICT_TRUE((slow & kSwitchSlow) == 0)) {
    if (YieldLocal(m, g, /*traced=*/false) || NoneElse(m)) return;
  } else if (trace::IsTracedOnly(slow)) {
    if (YieldLocal(m, g, /*traced=*/true) || NoneElse(m)) return;
    trace::Stopped(m, g, trace::StopReason::kYield);
  } else if ((slow & (kForeign | kOnSystemStack)) != 0) {
    os::Yield();
    return;
  } else if (MindLocks(m, g, "yields"); Control* control = ControlOf(m)) {
    g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
    control->Leave(g, /*runnable=*/true);
    return;
  } else {
    CountForG0(m->p, m->p->yields.Add());
    if ((slow & kSampleNext) != 0) SampleRunnable(m, g);
    if (trace::IsTraced(slow)) {
      trace::Stopped(m, g, trace::StopReason::kYield);
    }
  }
  YieldToG0(m, g);
}

void HandoffYield(G* g) {
  M* m = CurrentM();
  P* p = m->p;
  G* self = m->curg;
  if (p == nullptr || g->HasFlag(kGForeign) || g->HasFlag(kGAbandoned) ||
      g->HasFlag(kGControlled)) {
    Ready(g);
    Yield(self);
    return;
  }
  NoteReady(g, g->flags.load(std::memory_order_relaxed));
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  RunqPut(p, g, true);
  Yield(self);
}

// PinSlow does what m->slow asks for before user code enters the runtime. In
// this order: fence; let go of signals that are held back; find out whether P is gone, and get one; or
// yield, because the slice is used up or the world is to stop.
G* PinSlow(M* m) {
  std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if ((slow & kFence) != 0) {
    FullFence();  // pairs with the one in HeavyFence
    slow = m->slow.load(std::memory_order_relaxed);
    // release: this Pin's fence, for TryRetake's acquire
    m->fences.store(true, std::memory_order_release);
  }
  if ((slow & kForkedChild) != 0) DieInForkedChild();
  if ((slow & kHoldsBack) != 0) LetGo(m);
  G* g = m->curg;
  if ((slow & kControlled) != 0) {
    if ((slow & kOnSystemStack) == 0) m->control->Point(g);
    return g;
  }
  if ((slow & kRetake) == 0 || (slow & kForeign) != 0) return g;
  int saved_errno = *m->errno_ptr;
  {
    MutexLock l(&m->retake_mu);  // sysmon's decision is over
    // With P or without; the flag stays for later.
    if ((slow & kOnSystemStack) != 0) return g;
    ClearSlow(m, kRetake);
  }
  if (g->HasFlag(kGAbandoned)) Abandon(g);
  if (m->p == nullptr) {
    P* p = nullptr;
    {
      MutexLock l(&scheduler.lock);
      if (!scheduler.stopping.load(std::memory_order_relaxed)) p = TakeIdleP();
      if (p == nullptr) {
        // No P is free, so some M runs and will look at the global queue.
        if (trace::IsTraced(slow)) {
          trace::Stopped(m, g, trace::StopReason::kNoP);
        }
        g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
        PutGlobalLocked(g);
      }
    }
    if (p != nullptr) {
      AcquireP(m, p);
      // Once more: its Run may have ended while it had no P. From here on the
      // world waits for this M.
      if (g->HasFlag(kGAbandoned)) Abandon(g);
    } else {
      SwitchTo(m, g, &m->g0);
      MindMove(m, g);
    }
  } else if (scheduler.stopping.load(std::memory_order_relaxed) ||
             m->p->runnext.load(std::memory_order_relaxed) != nullptr ||
             !m->p->runq.EmptyForOwner() || GlobalSize() > 0 ||
             m->p->timers.Next() != 0) {
    // As in Go's preemption, to the global queue: behind all others here.
    m->p->preemptions.Add();
    if ((slow & kSampleNext) != 0) SampleRunnable(m, g);
    if (trace::IsTraced(slow)) {
      trace::Stopped(m, g, trace::StopReason::kPreempted);
    }
    g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
    PutGlobal(g);
    SwitchTo(m, g, &m->g0);
    MindMove(m, g);
  }
  *CurrentM()->errno_ptr = saved_errno;
  return g;
}

}  // namespace gosling::sched
