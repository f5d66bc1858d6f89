// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/sysmon.h"

#include <algorithm>

#include "sched/adrift.h"
#include "sched/deadlock.h"
#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/gomaxprocs.h"
#include "sched/gpool.h"
#include "sched/handoff.h"
#include "sched/idle.h"
#include "sched/netpoll.h"
#include "sched/os/os.h"
#include "sched/pace.h"
#include "sched/proc.h"
#include "sched/refused.h"
#include "sched/reports.h"
#include "sched/sched.h"
#include "sched/stack.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kUs = Pace::kUs;
constexpr std::int64_t kShortPause = Pace::kShortPause;
constexpr std::int64_t kLongPause = Pace::kLongPause;
constexpr std::int64_t kAskPause = 200 * kUs;  // after asking for a yield
// Unlike Go, where it is 10 ms.
constexpr std::int64_t kPollPause = 1'000 * kUs;
constexpr std::int64_t kSamplePause = 10'000 * kUs;  // run_latency.h
constexpr std::int64_t kLongestRecheck = 10'000'000 * kUs;
constexpr std::int64_t kIdleFor = 1'000'000 * kUs;  // before it sleeps
constexpr std::int64_t kForEver = INT64_MAX;
constexpr int kExpectations = 4;
constexpr std::int64_t kLongSlice = 5 * kUs;  // worth a core of its own

constinit Adrift adrift;

// Take hands a P whose M is in user code to another M. False: the M was in the
// runtime just now.
bool Take(P* p) {
  if (!TryRetake(p)) return false;
  HandoffP(p);
  return true;
}

// View is a look at a P that an M runs.
struct View {
  M* m;  // null: between two Ms
  // Nothing has been switched since the last look.
  bool still = false;
  // The M's thread has not run at all since the last look, kShortPause ago or
  // more; or not all the time.
  bool halted = false;
  bool paused = false;
  bool runnext = false;
  bool queued = false;  // something is in the ring
  bool overdue = false;
  // There is work for the P.
  bool work = false;
  bool others_idle = false;
};

// ObserveSwitches notes how far the P's counters have moved since the last
// look.
void ObserveSwitches(P* p, std::int64_t now, View* view) {
  P::Observed& seen = p->observed;
  std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed);
  std::uint64_t switches = p->Switches();
  bool moved = switches != seen.switches;
  if (p->wake.Lazy() && moved &&
      (now - seen.sampled) /
              static_cast<std::int64_t>(switches - seen.switches) >
          kLongSlice) {
    p->wake.BecomeEager();
  }
  seen.sampled = now;
  seen.switches = switches;
  if (moved) seen.switches_when = now;
  if (tick != seen.schedtick) {
    seen.schedtick = tick;
    seen.sched_when = now;
    seen.asked = 0;
    seen.slice_cpu = -1;
  }
  view->still = !moved && now - seen.switches_when >= kShortPause;
}

// ObserveThread notes what the M's CPU clock says. A thread that has just got
// the P, or ran for a part of the time, is worth another look.
void ObserveThread(P* p, std::int64_t now, View* view, Pace::Look* look) {
  P::Observed& seen = p->observed;
  std::int64_t cpu =
      os::ThreadCpuTime(view->m->handle.load(std::memory_order_relaxed));
  bool known = seen.m == view->m && seen.cpu >= 0 && cpu >= 0;
  std::int64_t ran = cpu - seen.cpu;
  std::int64_t elapsed = now - seen.cpu_when;
  if (!known || seen.slice_cpu < 0) seen.slice_cpu = cpu;
  seen.m = view->m;
  seen.cpu = cpu;
  seen.cpu_when = now;
  view->paused = known && elapsed - ran >= kShortPause;
  view->halted = view->paused && ran == 0;
  if (cpu >= 0 && (!known || (view->paused && !view->halted))) {
    look->open = true;
  }
}

void ObserveWork(P* p, std::int64_t now, View* view) {
  view->runnext = p->runnext.load(std::memory_order_relaxed) != nullptr;
  view->queued = !p->runq.Empty();
  std::int64_t timer = p->timers.Next();
  view->overdue = timer != 0 && timer <= now;
  view->work =
      view->runnext || view->queued || view->overdue || GlobalSize() > 0;
  view->others_idle = scheduler.npidle.load(std::memory_order_relaxed) > 0;
}

// StateOf asks the system whether m's thread sleeps. An M in the runtime counts
// as one that does not.
os::ThreadState StateOf(M* m) {
  if (m->pinned.load(std::memory_order_relaxed) != 0) {
    return os::ThreadState::kReady;
  }
  return os::StateOfThread(m->handle.load(std::memory_order_relaxed));
}

// WakeOthers wakes an M for an idle P if there is work that this P does not
// come to. True: it has.
bool WakeOthers(P* p, const View& view) {
  bool woken = false;
  if (view.overdue && view.others_idle) {
    WakeP();
    woken = true;
  }
  if (view.still && view.queued && view.others_idle) {
    // Queued while slices here were short, and no M woken for it.
    p->wake.BecomeEager();
    WakeP();
    woken = true;
  }
  return woken;
}

// Blocked says whether P is to be taken at once.
bool Blocked(const View& view) {
  // A P whose M blocks is taken if it has work, or if no other M would look for
  // new work.
  bool wanted = view.work || !view.others_idle;
  bool stuck_runnext = view.runnext && view.others_idle;
  if (view.still &&
      (stuck_runnext ||
       (wanted && view.m->in_syscall.load(std::memory_order_relaxed) != 0))) {
    return true;
  }
  return wanted && view.halted && StateOf(view.m) == os::ThreadState::kAsleep;
}

// SliceIsOver says whether an M has used up its slice: it has not yielded
// although asked to, and goroutines wait for its P.
bool SliceIsOver(P* p, std::int64_t now, const View& view) {
  const P::Observed& seen = p->observed;
  if (seen.cpu < 0 || adrift.IsOver(now, Procs(), now - seen.sched_when,
                                    seen.cpu - seen.slice_cpu)) {
    return true;
  }
  // It has not computed all the time. If it has lost its core, it has its slice
  // yet to come.
  return view.paused && StateOf(view.m) != os::ThreadState::kReady;
}

// EndSlice sees to a P that has had no new slice for kSlice.
void EndSlice(P* p, std::int64_t now, const View& view, Pace::Look* look) {
  P::Observed& seen = p->observed;
  if (seen.asked == 0 && view.work) {
    seen.asked = now;
    p->slice_up.store(true, std::memory_order_relaxed);
    SetSlow(view.m, kRetake);
    // An M that has switched since the last look will soon see the flag.
    if (view.still) look->at_most = kAskPause;
    return;
  }
  if ((view.work && !SliceIsOver(p, now, view)) || !Take(p)) return;
  if (view.halted) {
    look->took_sleeper = true;
  } else if (seen.cpu >= 0) {
    adrift.Add(view.m, seen.cpu, now);
  }
  seen.asked = 0;
  seen.sched_when = now;
  look->acted = true;
}

// MindOverdue wakes an M for an idle P whose timer is overdue. The timekeeper
// that slept in the netpoller as well may have come back with work, on another
// P, and no M has taken its place; those that run find work in the netpoller
// before they look at the timers of others. As Go's sysmon.
void MindOverdue(P* p, std::int64_t now, Pace::Look* look) {
  const std::int64_t timer = p->timers.Next();
  if (timer == 0 || now - timer < kPollPause) return;
  WakeP();
  look->acted = true;
}

void LookAt(P* p, std::int64_t now, Pace::Look* look) {
  P::Observed& seen = p->observed;
  // acquire, here and of p->m: pairs with AcquireP and ReleaseP
  PStatus status = p->status.load(std::memory_order_acquire);
  if (status == PStatus::kIdle || status == PStatus::kStopped) {
    seen = P::Observed{p->schedtick.load(std::memory_order_relaxed),
                       p->Switches(),
                       now,
                       now,
                       now,
                       0};
    if (status == PStatus::kIdle) MindOverdue(p, now, look);
    return;
  }
  View view;
  ObserveSwitches(p, now, &view);
  ObserveWork(p, now, &view);
  bool slice_over = now - seen.sched_when >= kSlice;
  view.m = p->m.load(std::memory_order_acquire);
  if (view.m == nullptr) {
    // Between two Ms, where a P that changes them often is most of the time. A
    // slice goes on meanwhile; the next M passes FindRunnable.
    if (slice_over && view.work)
      p->slice_up.store(true, std::memory_order_relaxed);
    return;
  }
  if (now - seen.sample_when >= kSamplePause) {
    seen.sample_when = now;
    SetSlow(view.m, kSampleNext);
  }
  ObserveThread(p, now, &view, look);
  if (WakeOthers(p, view)) look->acted = true;
  if (Blocked(view) && Take(p)) {
    p->wake.BecomeEager();
    look->acted = true;
    look->took_sleeper = view.halted;
    return;
  }
  if (slice_over) EndSlice(p, now, view, look);
}

// PollForOthers looks into the netpoller if goroutines wait there and no M has
// looked since the last time, kPollPause ago.
void PollForOthers(std::int64_t now) {
  static constinit std::uint32_t seen = 0;
  static constinit std::int64_t seen_when = 0;
  const std::uint32_t polls = Polls();
  if (polls != seen || !PollWaiters() ||
      scheduler.poller.load(std::memory_order_relaxed) != nullptr) {
    seen = polls;
    seen_when = now;
    return;
  }
  if (now - seen_when < kPollPause) return;
  seen_when = now;
  GQueue ready;
  const int n = PollNow(&ready);
  seen = Polls();
  QueuePolled(ready, n);
}

bool AllIdle() {
  return scheduler.npidle.load(std::memory_order_relaxed) == Procs();
}

// SleepUntilUse sleeps until a P is used (true), for at most `limit`, and for
// at most `recheck` while the program is suspected of a deadlock (deadlock.h),
// which is looked at again then. It does not sleep while a refused thread is to
// be asked for again (RetryThread).
bool SleepUntilUse(std::int64_t limit, std::int64_t recheck) {
  {
    MutexLock l(&scheduler.lock);
    if (!AllIdle() || scheduler.thread_refused.load()) return true;
    scheduler.sysmon_waiting = true;
    if (scheduler.suspect_dead) limit = std::min(limit, recheck);
  }
  const std::int64_t trace = reports.trace_period;
  if (trace > 0) limit = std::min(limit, trace);
  bool woken = scheduler.sysmon_note.SleepFor(limit == kForEver ? -1 : limit);
  if (!woken) {
    MutexLock l(&scheduler.lock);
    woken = !scheduler.sysmon_waiting;  // then the Wakeup is on its way
    scheduler.sysmon_waiting = false;
    if (!woken) CheckDead();
  }
  if (woken) {
    scheduler.sysmon_note.Sleep();
    scheduler.sysmon_note.Clear();
  }
  reports.trace_if_due(os::Nanotime());
  return woken;
}

// SleepWhileIdle sleeps until a P is used again. It looks at a suspected
// deadlock less and less often.
void SleepWhileIdle() {
  std::int64_t recheck = kLongPause;
  while (!SleepUntilUse(kForEver, recheck)) {
    recheck = std::min(2 * recheck, kLongestRecheck);
  }
}

void Sysmon(void*) {
  const std::int64_t self = os::ThreadHandle();
  const std::int64_t longest_pause =
      reports.trace_period > 0 ? std::min(reports.trace_period, kLongPause)
                               : kLongPause;
  std::int64_t now = os::Nanotime();
  std::int64_t stamped = now;
  std::int64_t used = now;  // when some P was seen in use
  // So many more times the first use of a P wakes sysmon at once, because the
  // goroutine that runs then is expected to block. Waking it costs the M that
  // takes the P some microseconds, so programs that do not block are spared.
  int expect = 0;
  Pace pace;
  Pace::Look last;
  for (;;) {
    // Where the system tells no CPU time, sysmon counts its whole share as
    // used.
    std::int64_t cpu = os::ThreadCpuTime(self);
    if (cpu < 0) cpu = now / Pace::kShare;
    os::SleepExactlyNs(std::min(pace.Next(now, cpu, last), longest_pause));

    now = os::Nanotime();
    reports.trace_if_due(now);
    RetryThread(now);
    PollForOthers(now);
    MendFences(now);
    FollowSystem(now);
    bool more_to_trim = StackTrim(now);
    more_to_trim |= gpool.Trim(now);
    more_to_trim |= TrimIdleMs(now);
    if (now - stamped >= kMinute) {
      StampWaits(now);
      stamped = now;
    }
    if (last.took_sleeper) expect = kExpectations;
    last = Pace::Look{};
    last.idle = AllIdle();
    if (!last.idle || more_to_trim) used = now;
    bool for_long = now - used >= kIdleFor;
    if (for_long || (last.idle && !more_to_trim && expect > 0)) {
      bool in_use = true;
      if (for_long) {
        StampWaits(now);  // none runs until sysmon wakes
        stamped = now;
        SleepWhileIdle();
      } else {
        in_use = SleepUntilUse(kIdleFor, kIdleFor);
        if (in_use) expect--;
      }
      now = os::Nanotime();
      if (in_use) used = now;
      last.idle = false;
      last.open = true;
      continue;
    }
    if (!scheduler.stopping.load(std::memory_order_relaxed)) {
      int n = Procs();
      for (int i = 0; i < n; i++) LookAt(scheduler.allp[i], now, &last);
    }
  }
}

}  // namespace

void StampWaits(std::int64_t now) {
  gpool.ForEach(
      [](G* g, void* arg) {
        std::uint8_t reason = g->wait_reason.load(std::memory_order_relaxed);
        if (g->status.load(std::memory_order_relaxed) != GStatus::kWaiting ||
            (reason & kWaitSeen) != 0) {
          return;
        }
        g->wait_since = *static_cast<std::int64_t*>(arg);
        // Fails if it has parked anew. release: publishes wait_since to dumps.
        g->wait_reason.compare_exchange_strong(reason, reason | kWaitSeen,
                                               std::memory_order_release,
                                               std::memory_order_relaxed);
      },
      &now);
}

bool TryRetake(P* p) {
  // acquire: pairs with AcquireP
  M* m = p->m.load(std::memory_order_acquire);
  if (m == nullptr) return false;
  MutexLock l(&m->retake_mu);
  SetSlow(m, kRetake);
  // Pairs with the compiler barrier in Pin. acquire: the M's fences.
  if (!HeavyFence() && !m->fences.load(std::memory_order_acquire)) return false;
  // acquire: pairs with Unpin; what m did to P before is visible
  if (m->pinned.load(std::memory_order_acquire) != 0) return false;
  if (m->p != p) return false;
  ReleaseP(m);
  p->retakes.Add();
  return true;
}

void StartSysmon() {
  scheduler.nhidden.fetch_add(1);
  if (int err = os::StartThreadPatiently(Sysmon, nullptr, 0); err != 0) {
    ThrowNoThread(err);
  }
}

}  // namespace gosling::sched
