// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The scheduler: who runs next on this M.
//
// The cast: G, a goroutine (g.h). M, an OS thread; its own stack is g0 (m.h).
// P, the right to run, with a run queue (p.h). An M needs a P to run
// goroutines; there are GOMAXPROCS Ps.
//
// Switching. A goroutine that parks goes straight to the next one when that is
// at hand (runnext or the own ring): one jump. With nothing at hand, or with
// anything out of the ordinary to do, it jumps to g0, which polls timers,
// steals and sleeps (FindRunnable). The price of not going through g0 is that a
// goroutine is visible to its wakers while it still stands on its stack; g.h
// says how on_cpu pays it. Only g0 waits for another goroutine's on_cpu. A
// parking goroutine that met such a one and waited would itself still be
// on_cpu, and two of them could wait for each other as soon as some commit
// readied somebody, which none does today (tests/models/park_ready.pml).
//
// The pin. User code runs unpinned: sysmon may take P from under it. Everything
// in this file runs pinned (m->pinned == 1, on g0 too), and a switch carries
// that 1 over: whoever leaves is pinned, whoever arrives finds its M pinned. A
// fresh goroutine unpins before it calls its closure.
//
// Waking Ms. When work is queued and there are idle Ps, somebody must be made
// to look. Go's protocol, with the barriers made asymmetric:
//
//     submitter                             M going idle
//
//     put G into a queue                    npidle++ (P is given up)
//     LightFence                            nmspinning--
//     if npidle > 0 and nmspinning == 0,    HeavyFence
//       wake one M                          look at all queues once more
//
// Invariant: for every G in a ring or in the global queue while some P is idle,
// there is an M that spins, or is on its way to sleep and will still look, or a
// submitter that has not finished waking one. Either the submitter sees the
// idle P, or the M going idle sees the G. HeavyFence is a membarrier, and is
// paid only by an M about to sleep; putting a G costs no fence. At most one M
// is woken at a time; a spinning M that finds work looks whether there is more
// and wakes the next, and so does g0 with what it leaves in its own queues.
//
// Runnext is left out of that protocol: thieves cannot take it. While Ps are
// idle, Ready decides where a G goes by what it learns of this P. If goroutines
// here run for long after making another one ready, the other goes into the
// ring and an M is woken for it ("eager"). If three times running the waker
// parked within microseconds, as a ping-pong pair does, waking was wasted: from
// then on the G goes to runnext and runs here next ("lazy"), until sysmon
// measures slices long enough to be worth another core. Go always wakes, and
// pays with a futile cross-core wake for every message of such a pair. A lazy P
// does not wake anybody for its ring either, while there are few in it: its own
// M will come to them within microseconds, and if not, sysmon sees to it. That
// is the one exception from the invariant. (mutex8y, selfanin2 in tools/bench/
// with GOMAXPROCS=2.)
//
// Fairness. runnext inherits the slice (schedtick stays), so a pair cannot hog
// a P: after 10 ms without a new tick sysmon asks the M to yield at its next
// runtime call, and takes P away if it makes none. Every 61 ticks the global
// queue goes first. Timers are looked at on g0, every 8 switches on the direct
// path (a pair over runnext makes no ticks), and by sysmon, which reads the
// clock anyway.
//
// Unlike Go:
//   * there is no preemption inside user code: there is retake (m.h,
//     sysmon.cc), which makes of two goroutines that compute two threads, and
//     leaves it to the system to share the core between them;
//   * the main goroutine is bound to no thread, least of all to the process's
//     first (run.h), and nothing runs before it that a deadlock could be in:
//     deadlock is judged inside Run alone (deadlock.cc);
//   * a system call is no state of P: a P whose M sits in one is taken as one
//     whose M computes is, only sooner (syscall.h);
//   * thieves leave runnext alone (runq.h), and Gosched does not go through the
//     global queue (Yield);
//   * a panic ends the program where it is thrown, and runs nothing of the
//     goroutine before that; so a Goexit on the way out of one cannot save it.
//
// Go: runtime/proc.go.

#include "sched/proc.h"

#include "sched/debug.h"
#include "sched/fork.h"
#include "sched/os.h"
#include "sched/sched.h"

namespace gosling::sched {

constinit Sched sched;

namespace {

// An eager wake was wasted if the waker gave up the CPU within this time.
constexpr std::uint64_t kShortSliceNs = 2000;
constexpr int kShortSlicesToLazy = 3;
// So many in the ring are worth another core however short their slices are.
constexpr std::uint32_t kManyWaiting = 16;

// Bits of M::slow that concern switching; a missing membarrier does not.
constexpr std::uint32_t kSwitchSlow = ~static_cast<std::uint32_t>(kFence);

// Go's; prime, so that it does not beat with anything.
constexpr std::uint32_t kGlobalTicks = 61;
// A look at the clock costs as much as a switch.
constexpr std::uint32_t kTimerSwitches = 8;

void Bump(std::atomic<std::uint32_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1,
                std::memory_order_relaxed);
}

bool TryWaitOffCpu(const G* g) {
  for (int i = 0; i < 64; i++) {
    // acquire: pairs with FinishPrevious; the context and the stack are
    // complete
    if (g->on_cpu.load(std::memory_order_acquire) == 0) return true;
    arch::Pause();
  }
  return false;
}

// WaitOffCpu waits until the M that g left has let go of it. Runs on g0. The
// other M is between its commit and its jump; if its thread has lost its core
// there, let it have this one.
void WaitOffCpu(const G* g) {
  while (!TryWaitOffCpu(g)) {
    if (InForkedChild()) DieInForkedChild();
    os::Yield();
  }
}

// NoteSlice judges the last eager wake, now that its waker gives up the CPU.
void NoteSlice(P* p) {
  std::uint64_t ran = arch::CycleCount() - p->eager_since;
  p->eager_since = 0;
  if (ran > arch::CyclesIn(kShortSliceNs)) {
    p->short_slices = 0;
  } else if (++p->short_slices >= kShortSlicesToLazy) {
    p->short_slices = 0;
    p->lazy_wake.store(true, std::memory_order_relaxed);
  }
}

// WorthWaking says whether an M is to be woken for what has just been queued in
// p's ring, now that some P is idle.
inline bool WorthWaking(const P* p) {
  return !p->lazy_wake.load(std::memory_order_relaxed) ||
         p->runq.Size() >= kManyWaiting;
}

// NextLocal takes the next G that this P can run without g0's help. nullptr:
// ask g0 (which finds in m->pending a G that was taken but needs g0).
[[gnu::always_inline]] inline G* NextLocal(M* m, P* p) {
  if (__builtin_expect(p->eager_since != 0, 0)) NoteSlice(p);
  if (__builtin_expect(p->departures.Add() % kTimerSwitches == 0, 0)) {
    std::int64_t when = p->timers.Next();
    if (when != 0 && when <= os::Nanotime()) return nullptr;
  }
  G* next = p->runnext.load(std::memory_order_relaxed);
  if (next != nullptr) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
  } else {
    std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed) + 1;
    if (__builtin_expect(sched.runqsize.load(std::memory_order_relaxed) > 0,
                         0) &&
        tick % kGlobalTicks == 0) {
      return nullptr;  // g0 takes it from there; the tick is not spent
    }
    // The number of Ps changes only while the world is stopped.
    next = p->runq.Get(
        /*thieves=*/sched.gomaxprocs.load(std::memory_order_acquire) > 1);
    if (next == nullptr) return nullptr;
    p->schedtick.store(tick, std::memory_order_relaxed);
  }
  if (__builtin_expect((next->flags.load(std::memory_order_relaxed) &
                        (kGLocked | kGAbandoned)) != 0 ||
                           !TryWaitOffCpu(next),
                       0)) {
    m->pending = next;
    return nullptr;
  }
  return next;
}

// Arrive makes `g` the one that runs on m.
inline void Arrive(M* m, G* g) {
  m->curg = g;
  // A hint of the one that leaves.
  m->in_syscall.store(0, std::memory_order_relaxed);
  g->m = m;
  g->on_cpu.store(1, std::memory_order_relaxed);
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
}

// SwitchTo leaves `from` for `to` and returns when somebody switches back,
// perhaps on another M.
__attribute__((always_inline)) inline void SwitchTo(M* m, G* from, G* to) {
  Arrive(m, to);
  from->saved_errno = *m->errno_ptr;
  from->saved_eh = *m->eh_ptr;
  StartSwitch(from->annotations, to->annotations, /*dying=*/false);
  Transfer t = JumpContext(to->context, from);
  M* now = CurrentM();
  FinishSwitch(from->annotations);
  FinishPrevious(now, static_cast<G*>(t.data), t.fctx);
  *now->errno_ptr = from->saved_errno;
  *now->eh_ptr = from->saved_eh;
}

void ResetSpinning(M* m) {
  m->spinning = false;
  if (sched.nmspinning.fetch_sub(1) <= 0)
    Throw("findrunnable: negative nmspinning");
  HeavyFence();
  // Submitters have relied on this M to look at their work too.
  if (sched.npidle.load() > 0 && AnyRunnable()) WakeP();
}

// LeavesWork says whether an M is to be woken for what m, which has something to
// run, leaves in the queues: for who was asked to yield, or was in runnext when
// its slice was used up. Nobody was told of those when they were queued, since
// mostly it is them that m finds.
bool LeavesWork(M* m) {
  P* p = m->p;
  LightFence(m);  // pairs with the HeavyFence of an M that goes idle
  return sched.npidle.load(std::memory_order_relaxed) != 0 &&
         (sched.runqsize.load(std::memory_order_relaxed) > 0 ||
          (!p->runq.EmptyForOwner() && WorthWaking(p)));
}

// GlobRunqGet takes a share of the global queue into p's ring and returns the
// first of it.
G* GlobRunqGet(P* p, int max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  int size = sched.runqsize.load(std::memory_order_relaxed);
  if (size == 0) return nullptr;
  int n = size / sched.gomaxprocs.load(std::memory_order_acquire) + 1;
  if (n > size) n = size;
  if (max > 0 && n > max) n = max;
  if (n > static_cast<int>(RunQueue::kSize) / 2) n = RunQueue::kSize / 2;
  G* first = sched.runq.Pop();
  int taken = 1;
  for (; taken < n; taken++) {
    G* g = sched.runq.Pop();
    if (!p->runq.Put(g)) {
      sched.runq.PushBack(g);
      break;
    }
  }
  // release: pairs with AnyRunnable's acquire. Who finds them gone from here
  // finds them in the ring.
  sched.runqsize.store(size - taken, std::memory_order_release);
  return first;
}

std::uint32_t Gcd(std::uint32_t a, std::uint32_t b) {
  while (b != 0) {
    std::uint32_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

// StealWork visits all other Ps in a random order, up to four times. On the
// last round it also runs the timers that are due there, which may make
// something runnable here (*ran).
G* StealWork(P* p, bool* ran) {
  auto n = static_cast<std::uint32_t>(
      sched.gomaxprocs.load(std::memory_order_acquire));
  if (n == 1) return nullptr;
  for (int round = 0; round < 4; round++) {
    std::uint32_t start = FastRand() % n;
    std::uint32_t step = FastRand() % n + 1;
    while (Gcd(step, n) != 1) step++;  // coprime: the walk meets every P once
    for (std::uint32_t i = 0; i < n; i++) {
      if (sched.stopping.load(std::memory_order_relaxed)) return nullptr;
      P* victim =
          sched.allp[(start + static_cast<std::uint64_t>(i) * step) % n];
      if (victim == p) continue;
      if (round == 3) {
        std::int64_t when = victim->timers.Next();
        if (when != 0) {
          std::int64_t now = os::Nanotime();
          if (when <= now && victim->timers.Run(now) > 0) {
            // What they have readied is in p's ring, and StealFrom wants that
            // empty: it would write over its other end.
            *ran = true;
            return nullptr;
          }
        }
      }
      if (G* g = p->runq.StealFrom(victim->runq)) {
        p->steals.Add();
        return g;
      }
    }
  }
  return nullptr;
}

// TakeFromQueues looks where work can be found at once: own timers and queues,
// then the global queue.
G* TakeFromQueues(P* p) {
  std::int64_t when = p->timers.Next();
  if (when != 0) {
    std::int64_t now = os::Nanotime();
    if (when <= now) p->timers.Run(now);
  }
  std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed) + 1;
  G* g = nullptr;
  if (tick % kGlobalTicks == 0 &&
      sched.runqsize.load(std::memory_order_relaxed) > 0) {
    MutexLock l(&sched.lock);
    g = GlobRunqGet(p, 1);
  }
  if (g == nullptr &&
      (g = p->runnext.load(std::memory_order_relaxed)) != nullptr) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
    return g;  // inherits the slice: no tick
  }
  if (g == nullptr) g = p->runq.Get();
  if (g == nullptr && sched.runqsize.load(std::memory_order_relaxed) > 0) {
    MutexLock l(&sched.lock);
    g = GlobRunqGet(p, 0);
  }
  if (g != nullptr) p->schedtick.store(tick, std::memory_order_relaxed);
  return g;
}

bool MaySpin(M* m) {
  if (m->spinning) return true;
  int busy = sched.gomaxprocs.load(std::memory_order_acquire) -
             sched.npidle.load(std::memory_order_relaxed);
  if (2 * sched.nmspinning.load(std::memory_order_relaxed) >= busy)
    return false;
  m->spinning = true;
  sched.nmspinning.fetch_add(1);
  return true;
}

// FindRunnable returns a G to run on m, which has a P then; it sleeps until
// there is one. Runs on g0.
G* FindRunnable(M* m) {
  for (;;) {
    if (m->p == nullptr) {
      P* idle;
      {
        MutexLock l(&sched.lock);
        idle = sched.stopping.load(std::memory_order_relaxed) ? nullptr
                                                              : PIdleGet();
      }
      if (idle == nullptr) {
        GoIdle(m);
        continue;
      }
      AcquireP(m, idle);
    }
    P* p = m->p;
    if (sched.stopping.load(std::memory_order_acquire)) {
      if (m->pending != nullptr) {
        RunqPut(p, m->pending, true);
        m->pending = nullptr;
      }
      StopForWorld(m);
      continue;
    }
    if ((m->slow.load(std::memory_order_relaxed) & kRetake) != 0) {
      MutexLock l(&m->retake_mu);
      ClearSlow(m, kRetake);
    }
    if (p->eager_since != 0) NoteSlice(p);
    if (p->slice_up.load(std::memory_order_relaxed)) {
      p->slice_up.store(false, std::memory_order_relaxed);
      if (G* heir = p->runnext.load(std::memory_order_relaxed)) {
        p->runnext.store(nullptr, std::memory_order_relaxed);
        RunqPut(p, heir, false);
      }
    }
    if (G* g = m->pending) {
      m->pending = nullptr;
      return g;
    }
    G* g = TakeFromQueues(p);
    if (g == nullptr && MaySpin(m)) {
      bool ran_timers = false;
      g = StealWork(p, &ran_timers);
      if (g == nullptr && ran_timers) continue;
      if (g != nullptr) Bump(p->schedtick);
    }
    if (g != nullptr) {
      p->dispatches.Add();
      return g;
    }
    GoIdle(m);
  }
}

// Schedule picks what m runs next; nullptr: nothing, its thread is to end. Runs
// on g0.
G* Schedule(M* m) {
  while (!m->exiting) {
    if (m->locked_g != nullptr) {
      StopLockedM(m);
      G* g = m->locked_g;
      if (g != nullptr) {
        WaitOffCpu(g);
        return g;
      }
      continue;
    }
    G* g = FindRunnable(m);
    if (m->spinning) {
      ResetSpinning(m);
    } else if (LeavesWork(m)) {
      WakeP();
    }
    std::uint32_t flags = g->flags.load(std::memory_order_relaxed);
    if (__builtin_expect((flags & kGAbandoned) != 0, 0)) continue;
    if (__builtin_expect((flags & kGLocked) != 0, 0) && g->locked_m != m) {
      StartLockedM(m, g);
      continue;
    }
    WaitOffCpu(g);
    if (__builtin_expect(sched.force_migrate, 0) && g->m == m &&
        g->context != nullptr) {
      // Testing: whatever ran here last must run elsewhere. Another M gets P
      // with g in front.
      RunqPut(m->p, g, true);
      HandoffP(ReleaseP(m));
      GoIdle(m);
      continue;
    }
    return g;
  }
  return nullptr;
}

// Abandon ends the part of a goroutine whose Run is over. It is in no queue,
// and its flag keeps it from being readied: never resumed.
[[noreturn]] void Abandon(G* g) {
  g->status.store(GStatus::kWaiting, std::memory_order_relaxed);
  SwitchToG0(g);
  Throw("abandoned goroutine was resumed");
}

}  // namespace

void HeavyFence() {
  if (sched.have_membarrier) {
    os::Membarrier();
  } else {
    FullFence();
  }
}

void FinishPrevious(M* m, G* prev, Context ctx) {
  if (__builtin_expect(
          prev->status.load(std::memory_order_relaxed) == GStatus::kIdle, 0)) {
    ReleaseDead(m, prev);
    return;
  }
  prev->context = ctx;
  // release: the context and everything on the stack, for whoever runs prev
  // next
  prev->on_cpu.store(0, std::memory_order_release);
}

void ScheduleLoop(M* m) {
  while (G* g = Schedule(m)) {
    if (g->context == nullptr) AttachStack(m->p, g);
    SwitchTo(m, &m->g0, g);
  }
}

void SwitchToG0(G* g) {
  M* m = CurrentM();
  SwitchTo(m, g, &m->g0);
}

void ParkCommitted(G* g) {
  M* m = CurrentM();
  if (__builtin_expect(m->pinned.load(std::memory_order_relaxed) != 1, 0)) {
    Throw("park while pinned %u times",
          m->pinned.load(std::memory_order_relaxed));
  }
  if (__builtin_expect(
          (m->slow.load(std::memory_order_relaxed) & kSwitchSlow) == 0, 1)) {
    P* p = m->p;
    G* next = NextLocal(m, p);
    if (next != nullptr) {
      if (next->context == nullptr) AttachStack(p, next);
      SwitchTo(m, g, next);
      return;
    }
  } else if ((m->slow.load(std::memory_order_relaxed) & kForeign) != 0) {
    ParkForeign(g);
    return;
  } else if ((m->slow.load(std::memory_order_relaxed) & kOnSystemStack) != 0) {
    Throw("park on the system stack");
  } else {
    m->p->departures.Add();
  }
  SwitchTo(m, g, &m->g0);
}

void ParkForever(WaitReason reason) {
  G* g = Pin();
  for (;;) Park(g, reason, [] {});
}

Successor NextAfterDying(M* m, G* g) {
  G* next = nullptr;
  if (__builtin_expect(
          (m->slow.load(std::memory_order_relaxed) & kSwitchSlow) == 0, 1)) {
    next = NextLocal(m, m->p);
  } else {
    m->p->departures.Add();
  }
  if (next == nullptr) {
    next = &m->g0;
  } else if (next->context == nullptr) {
    if (next->stack_size == g->stack_size) {
      // The successor starts on the stack that is ending, which is warm: no
      // jump at all.
      next->stack = g->stack;
      next->context = g->context;  // not null: it has a stack
      g->annotations.MoveTo(next->annotations);
      g->stack = Stack{};
      Arrive(m, next);
      FreeG(m->p, g);
      return {next, true};
    }
    AttachStack(m->p, next);
  }
  Arrive(m, next);
  return {next, false};
}

void GlobRunqPut(G* g) {
  MutexLock l(&sched.lock);
  sched.runq.PushBack(g);
  sched.runqsize.store(sched.runqsize.load(std::memory_order_relaxed) + 1,
                       std::memory_order_relaxed);
}

void RunqPut(P* p, G* g, bool next) {
  if (next) {
    G* old = p->runnext.load(std::memory_order_relaxed);
    p->runnext.store(g, std::memory_order_relaxed);
    if (old == nullptr) return;
    g = old;  // kicked out to the tail
  }
  while (!p->runq.Put(g)) {
    GQueue batch;
    int n = p->runq.TakeHalf(g, batch);
    if (n == 0) continue;
    p->overflows.Add();
    MutexLock l(&sched.lock);
    sched.runq.PushBackAll(batch);
    sched.runqsize.store(sched.runqsize.load(std::memory_order_relaxed) + n,
                         std::memory_order_relaxed);
    return;
  }
}

bool AnyRunnable() {
  // acquire: pairs with GlobRunqGet, which has filled a ring before
  if (sched.runqsize.load(std::memory_order_acquire) > 0) return true;
  int n = sched.gomaxprocs.load(std::memory_order_acquire);
  for (int i = 0; i < n; i++) {
    if (!sched.allp[i]->runq.Empty()) return true;
  }
  return false;
}

namespace {

// PrefetchNext: g may still be leaving another M, which is about to write where
// it stands. What is read then is of no use, and does no harm.
__attribute__((no_sanitize("thread"))) inline void PrefetchNext(const G* g) {
  PrefetchStack(g->context);
}

// Enqueue queues a G that has just become runnable on the caller's P and sees
// to it that somebody runs it.
inline void Enqueue(M* m, G* g, bool next) {
  P* p = m->p;
  if (__builtin_expect(p == nullptr, 0)) {
    GlobRunqPut(g);
    WakeP();
    return;
  }
  if (__builtin_expect(sched.npidle.load(std::memory_order_relaxed) != 0, 0) &&
      next && !p->lazy_wake.load(std::memory_order_relaxed)) {
    next = false;  // eager: where a thief can find it
    if (p->eager_since == 0) p->eager_since = arch::CycleCount();
  }
  if (next && p->runnext.load(std::memory_order_relaxed) == nullptr) {
    p->runnext.store(g, std::memory_order_relaxed);
    PrefetchNext(g);
    return;
  }
  RunqPut(p, g, next);
  LightFence(m);  // pairs with the HeavyFence of an M that goes idle
  if (__builtin_expect(sched.npidle.load(std::memory_order_relaxed) != 0, 0) &&
      WorthWaking(p)) {
    WakeP();
  }
}

}  // namespace

void Ready(G* g, bool next) {
  M* m = CurrentM();
  std::uint32_t flags = g->flags.load(std::memory_order_relaxed);
  if (__builtin_expect((flags & (kGForeign | kGAbandoned)) != 0, 0)) {
    if ((flags & kGForeign) != 0) ReadyForeign(g);
    return;
  }
  if (__builtin_expect(
          g->status.load(std::memory_order_relaxed) != GStatus::kWaiting, 0)) {
    Throw("bad g->status in ready");
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  Enqueue(m, g, next);
}

void QueueNew(G* g) {
  M* m = CurrentM();
  // release: what g is, for the acquire of a dump (GPool::ForEach), which a
  // thread without a P does not stop for
  g->status.store(GStatus::kRunnable, std::memory_order_release);
  Enqueue(m, g, true);
}

void Yield(G* g) {
  M* m = CurrentM();
  std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if (__builtin_expect((slow & kSwitchSlow) == 0, 1)) {
    P* p = m->p;
    p->yields.Add();
    G* next = NextLocal(m, p);
    if (next != nullptr) {
      if (next->context == nullptr) AttachStack(p, next);
      g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
      if (__builtin_expect(!p->runq.Put(g), 0)) RunqPut(p, g, false);
      LightFence(m);
      if (__builtin_expect(sched.npidle.load(std::memory_order_relaxed) != 0,
                           0) &&
          WorthWaking(p)) {
        WakeP();
      }
      SwitchTo(m, g, next);
      return;
    }
    if (m->pending == nullptr &&
        sched.runqsize.load(std::memory_order_relaxed) == 0 &&
        p->timers.Next() == 0) {
      return;  // nobody else wants to run here
    }
  } else if ((slow & (kForeign | kOnSystemStack)) != 0) {
    os::Yield();
    return;
  } else {
    m->p->yields.Add();
    m->p->departures.Add();
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  if (m->pending == nullptr &&
      sched.runqsize.load(std::memory_order_relaxed) > 0) {
    // In the ring it would be found before those who wait in the global queue.
    GlobRunqPut(g);
  } else {
    RunqPut(m->p, g, false);
  }
  SwitchTo(m, g, &m->g0);
}

void HandoffYield(G* g) {
  M* m = CurrentM();
  P* p = m->p;
  G* self = m->curg;
  if (p == nullptr || g->HasFlag(kGForeign) || g->HasFlag(kGAbandoned)) {
    Ready(g);
    Yield(self);
    return;
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  RunqPut(p, g, true);
  Yield(self);
}

// PinSlow: something is to be done before user code enters the runtime. In the
// order of the bits: fence; find out whether P is gone, and get one; or yield,
// because the slice is used up or the world is to stop.
G* PinSlow(M* m) {
  std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if ((slow & kFence) != 0) {
    FullFence();  // pairs with the one in HeavyFence
    slow = m->slow.load(std::memory_order_relaxed);
  }
  if ((slow & kForkedChild) != 0) DieInForkedChild();
  G* g = m->curg;
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
      MutexLock l(&sched.lock);
      if (!sched.stopping.load(std::memory_order_relaxed)) p = PIdleGet();
      if (p == nullptr) {
        // No P is free, so some M runs and will look at the global queue.
        g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
        sched.runq.PushBack(g);
        sched.runqsize.store(sched.runqsize.load(std::memory_order_relaxed) + 1,
                             std::memory_order_relaxed);
      }
    }
    if (p != nullptr) {
      AcquireP(m, p);
      // Once more: its Run may have ended while it had no P. From here on the
      // world waits for this M.
      if (g->HasFlag(kGAbandoned)) Abandon(g);
    } else {
      SwitchTo(m, g, &m->g0);
    }
  } else if (sched.stopping.load(std::memory_order_relaxed) ||
             m->p->runnext.load(std::memory_order_relaxed) != nullptr ||
             !m->p->runq.EmptyForOwner() ||
             sched.runqsize.load(std::memory_order_relaxed) > 0 ||
             m->p->timers.Next() != 0) {
    // Go's preemption: to the global queue, so that everybody else here goes
    // first.
    m->p->preemptions.Add();
    g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
    GlobRunqPut(g);
    SwitchTo(m, g, &m->g0);
  }
  *CurrentM()->errno_ptr = saved_errno;
  return g;
}

}  // namespace gosling::sched
