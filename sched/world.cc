// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/world.h"

#include "sched/global_queue.h"
#include "sched/goroutine.h"
#include "sched/handoff.h"
#include "sched/idle.h"
#include "sched/os/os.h"
#include "sched/os/spin.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

constinit TimeHistogram stopping_pauses;
constinit TimeHistogram total_pauses;

namespace {

constexpr std::int64_t kAskAgainNs = 50'000;

// When the world began to be stopped. The stopper's.
constinit std::int64_t stop_begin = 0;

// Retire empties a P that is no longer used.
void Retire(P* p, P* heir) {
  GQueue batch;
  int n = TakeAll(p, batch);
  {
    MutexLock l(&scheduler.lock);
    PutGlobalBatch(batch, n);
  }
  heir->timers.TakeAll(p->timers);
  p->stacks.Flush();
  FlushGs(p);
}

}  // namespace

// StopTheWorld takes scheduler.world_mu, StartTheWorld releases it.
void StopTheWorld() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // Not pinned while it waits: another stopper may want its P. A goroutine
  // whose Run has ended meanwhile does not return from Pin, and must not hold
  // the lock then; while it holds it, no Run ends.
  G* self = CurrentG();
  scheduler.world_mu.Lock();
  scheduler.world_stops.Add();
  if (self->HasFlag(kGAbandoned)) scheduler.world_mu.Unlock();
  Pin();
  M* m = CurrentM();
  stop_begin = os::Nanotime();
  scheduler.stop_note.Clear();
  bool all;
  {
    MutexLock l(&scheduler.lock);
    scheduler.stopping.store(true);
    scheduler.stopwait = Procs();
    if (m->p != nullptr) {
      m->p->status.store(PStatus::kStopped);
      scheduler.stopwait--;
    }
    while (P* p = TakeIdleP()) {
      p->status.store(PStatus::kStopped);
      scheduler.stopwait--;
    }
    all = scheduler.stopwait == 0;
  }
  while (!all) {
    int n = Procs();
    for (int i = 0; i < n; i++) {
      P* p = scheduler.allp[i];
      if (p == m->p || p->status.load() != PStatus::kRunning || !TryRetake(p))
        continue;
      MutexLock l(&scheduler.lock);
      p->status.store(PStatus::kStopped);
      all = --scheduler.stopwait == 0;
    }
    if (all) break;
    all = scheduler.stop_note.SleepFor(kAskAgainNs);
  }
  stopping_pauses.Add(os::Nanotime() - stop_begin);
  trace::Cold(trace::Kind::kStopWorld);
  // The writes of the Ps' owners are visible: each gave its P up under
  // scheduler.lock, or to TryRetake.
  MutexLock l(&scheduler.lock);
}

void StopForWorld(M* m) {
  bool done;
  {
    MutexLock l(&scheduler.lock);
    if (!scheduler.stopping.load()) return;
    P* p = ReleaseP(m);
    p->status.store(PStatus::kStopped);
    done = --scheduler.stopwait == 0;
    if (m->spinning) StopSpinning(m);
  }
  if (done) scheduler.stop_note.Wakeup();
}

void StartTheWorld() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  trace::Cold(trace::Kind::kStartWorld);
  total_pauses.Add(os::Nanotime() - stop_begin);
  M* m = CurrentM();
  int n = Procs();
  P* with_work = nullptr;
  {
    MutexLock l(&scheduler.lock);
    for (int i = n - 1; i >= 0; i--) {
      P* p = scheduler.allp[i];
      if (p == m->p) {
        p->status.store(PStatus::kRunning);
        continue;
      }
      if (p->runq.Empty() && p->runnext.load() == nullptr) {
        PutIdleP(p);
      } else {
        p->idle_next = with_work;
        with_work = p;
      }
    }
    scheduler.stopping.store(false);
  }
  scheduler.world_mu.Unlock();
  while (with_work != nullptr) {
    P* p = with_work;
    with_work = p->idle_next;
    p->idle_next = nullptr;
    p->status.store(PStatus::kHandedOver);
    StartM(p, false);
  }
  // For the global queue, and for timers that have lost the timekeeper, or that
  // it was never told of.
  if (scheduler.npidle.load() > 0) {
    WakeP();
    MindTimers();
  }
  Unpin();
}

void InitProcs(int n) {
  int made = scheduler.nallp.load(std::memory_order_relaxed);
  for (int i = made; i < n; i++) {
    auto* p = new P;
    p->id = i;
    scheduler.allp[i] = p;
  }
  // release: pairs with ForEachP's and NumGoroutine's acquire
  if (n > made) scheduler.nallp.store(n, std::memory_order_release);
}

void ResizeProcs(int n) {
  const int old = Procs();
  if (n == old) return;
  InitProcs(n);
  M* m = CurrentM();
  if (m->p != nullptr && m->p->id >= n) {
    ReleaseP(m)->status.store(PStatus::kStopped);
    AcquireP(m, scheduler.allp[0]);
  }
  for (int i = n; i < old; i++) Retire(scheduler.allp[i], scheduler.allp[0]);
  scheduler.gomaxprocs.store(n);
  SetSpinProcs(n);
}

}  // namespace gosling::sched
