// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/schedule.h"

#include "absl/base/optimization.h"
#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/goroutine.h"
#include "sched/handoff.h"
#include "sched/idle.h"
#include "sched/lock_os_thread.h"
#include "sched/netpoll.h"
#include "sched/next.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/run_latency.h"
#include "sched/sched.h"
#include "sched/switch_to.h"
#include "sched/trace/recorder.h"
#include "sched/world.h"

namespace gosling::sched {

namespace {

constexpr std::uint64_t kSampleDispatches = 8;

void Bump(std::atomic<std::uint32_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1,
                std::memory_order_relaxed);
}

// LookForMore ends the spinning of m, which has found work, and looks for more:
// submitters have relied on m to see their work too.
void LookForMore(M* m) {
  StopSpinning(m);
  HeavyFence();
  if (scheduler.npidle.load() > 0 && AnyRunnable()) WakeP();
}

// LeavesWork says whether an M is to be woken for the Gs that m, which has
// something to run, leaves in the queues: they were asked to yield, or stood in
// runnext when its slice was used up. Queueing them woke no M, because m
// usually runs them itself.
bool LeavesWork(M* m) {
  P* p = m->p;
  LightFence(m);  // pairs with the HeavyFence of an M that goes idle
  return scheduler.npidle.load(std::memory_order_relaxed) != 0 &&
         (GlobalSize() > 0 ||
          (!p->runq.EmptyForOwner() && p->wake.WorthWaking(p->runq.Size())));
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
  auto n = static_cast<std::uint32_t>(Procs());
  if (n == 1) return nullptr;
  for (int round = 0; round < 4; round++) {
    std::uint32_t start = FastRand() % n;
    std::uint32_t step = FastRand() % n + 1;
    while (Gcd(step, n) != 1) step++;  // coprime: the walk meets every P once
    for (std::uint32_t i = 0; i < n; i++) {
      if (scheduler.stopping.load(std::memory_order_relaxed)) return nullptr;
      P* victim =
          scheduler.allp[(start + static_cast<std::uint64_t>(i) * step) % n];
      if (victim == p) continue;
      if (round == 3) {
        std::int64_t when = victim->timers.Next();
        if (when != 0) {
          std::int64_t now = os::Nanotime();
          if (when <= now && victim->timers.Run(now) > 0) {
            // The Gs that they readied are in p's ring, and StealFrom needs an
            // empty one: it would write over its other end.
            *ran = true;
            return nullptr;
          }
        }
      }
      if (G* g = p->runq.StealFrom(victim->runq)) {
        p->steals.Add();
        trace::Cold(trace::Kind::kSteal, g->goid);
        return g;
      }
    }
  }
  return nullptr;
}

// TakeFromQueues looks where work can be found at once: own timers and queues,
// then the global queue; that first if its turn has come. `global_first`: so it
// has, for a slice is over, which may have lasted as long as all the ticks up
// to its turn.
G* TakeFromQueues(P* p, bool global_first) {
  std::int64_t when = p->timers.Next();
  if (when != 0) {
    std::int64_t now = os::Nanotime();
    if (when <= now) p->timers.Run(now);
  }
  std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed) + 1;
  G* g = nullptr;
  if ((global_first || tick % kGlobalTicks == 0) && GlobalSize() > 0) {
    MutexLock l(&scheduler.lock);
    g = TakeGlobal(p, 1);
  }
  if (g == nullptr &&
      (g = p->runnext.load(std::memory_order_relaxed)) != nullptr) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
    return g;  // inherits the slice: no tick
  }
  if (g == nullptr) g = p->runq.Get();
  if (g == nullptr && GlobalSize() > 0) {
    MutexLock l(&scheduler.lock);
    g = TakeGlobal(p, 0);
  }
  if (g != nullptr) p->schedtick.store(tick, std::memory_order_relaxed);
  return g;
}

// TakeFromPoller looks what the netpoller has, unless an M sleeps in it, which
// the system wakes then.
G* TakeFromPoller(M* m) {
  if (scheduler.poller.load(std::memory_order_relaxed) != nullptr) {
    return nullptr;
  }
  GQueue ready;
  const int n = PollNow(&ready);
  if (n == 0) return nullptr;
  trace::Cold(trace::Kind::kNetpoll, static_cast<std::uint64_t>(n));
  QueuePolled(ready, n);
  G* g = m->pending;
  m->pending = nullptr;
  Bump(m->p->schedtick);
  return g;
}

// FindRunnable returns a G to run on m, which has a P then; it sleeps until
// there is one. nullptr: m, which has no P, is to end (TrimIdleMs). Runs on g0.
G* FindRunnable(M* m) {
  for (;;) {
    if (m->p == nullptr) {
      if (m->surplus) {
        // sysmon may have taken m out of the list before its last look, on
        // which submitters had relied: then m stays.
        m->surplus = false;
        m->exiting = scheduler.npidle.load() == 0 || !AnyRunnable();
        if (m->exiting) return nullptr;
      }
      P* idle;
      {
        MutexLock l(&scheduler.lock);
        idle = scheduler.stopping.load(std::memory_order_relaxed) ? nullptr
                                                                  : TakeIdleP();
      }
      if (idle == nullptr) {
        GoIdle(m);
        continue;
      }
      AcquireP(m, idle);
    }
    P* p = m->p;
    if (scheduler.stopping.load(std::memory_order_acquire)) {
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
    if (p->wake.Pending()) p->wake.EndSlice();
    bool global_first = false;
    if (p->slice_up.load(std::memory_order_relaxed)) {
      p->slice_up.store(false, std::memory_order_relaxed);
      global_first = p->global_turn = !p->global_turn;
      if (G* heir = p->runnext.load(std::memory_order_relaxed)) {
        p->runnext.store(nullptr, std::memory_order_relaxed);
        RunqPut(p, heir, false);
      }
    }
    if (G* g = m->pending) {
      m->pending = nullptr;
      return g;
    }
    G* g = TakeFromQueues(p, global_first);
    if (g == nullptr && PollWaiters()) g = TakeFromPoller(m);
    if (g == nullptr && MayStartSpinning(m)) {
      bool ran_timers = false;
      g = StealWork(p, &ran_timers);
      if (g == nullptr && ran_timers) continue;
      if (g != nullptr) Bump(p->schedtick);
    }
    if (g != nullptr) {
      if (p->dispatches.Add() % kSampleDispatches == 0) {
        SetSlow(m, kSampleNext);
      }
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
    if (g == nullptr) break;
    if (m->spinning) {
      LookForMore(m);
    } else if (LeavesWork(m)) {
      WakeP();
    }
    std::uint32_t flags = g->flags.load(std::memory_order_relaxed);
    if (ABSL_PREDICT_FALSE((flags & kGAbandoned) != 0)) continue;
    if (ABSL_PREDICT_FALSE((flags & kGLocked) != 0) && g->locked_m != m) {
      StartLockedM(m, g);
      continue;
    }
    WaitOffCpu(g);
    if (ABSL_PREDICT_FALSE(scheduler.force_migrate) && g->m == m &&
        g->switch_point != nullptr) {
      // Testing: a goroutine that ran here last must run elsewhere. Another M
      // gets P, with g in front.
      RunqPut(m->p, g, true);
      HandOnAndGoIdle(m);
      continue;
    }
    return g;
  }
  return nullptr;
}

}  // namespace

void ScheduleLoop(M* m) {
  while (G* g = Schedule(m)) {
    if (ABSL_PREDICT_FALSE(g->HasFlag(kGSampled))) CountSampled(g);
    if (g->switch_point == nullptr) AttachStack(m->p, g);
    if (trace::IsTraced(m->slow.load(std::memory_order_relaxed))) {
      trace::Started(m, g);
    }
    SwitchTo(m, &m->g0, g);
  }
}

}  // namespace gosling::sched
