// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stopping the world, and what is done while it is stopped: changing
// GOMAXPROCS.
//
// The world is stopped when the stopper holds every P. Idle Ps are taken from
// the list. A running one is retaken from an M in user code (m.h), or given up
// by an M that passes FindRunnable or HandoffP. An M that was pinned when asked
// may go back to user code for long without passing there, so the stopper asks
// again, every 50 us, until it has them all. User code goes on while the world
// is stopped; it just cannot enter the runtime.
//
// Go: runtime/proc.go, stopTheWorldWithSema, procresize.

#include "sched/debug.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kAskAgainNs = 50 * 1000;

// Retire empties a P that is no longer used.
void Retire(P* p, P* heir) {
  GQueue batch;
  int n = 0;
  if (G* g = p->runnext.load(std::memory_order_relaxed)) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
    batch.PushBack(g);
    n++;
  }
  while (G* g = p->runq.Get()) {
    batch.PushBack(g);
    n++;
  }
  {
    MutexLock l(&sched.lock);
    sched.runq.PushBackAll(batch);
    sched.runqsize.store(sched.runqsize.load(std::memory_order_relaxed) + n,
                         std::memory_order_relaxed);
  }
  heir->timers.TakeAll(p->timers);
  p->stacks.Flush();
  FlushGs(p);
}

}  // namespace

void StopTheWorld() {
  // Not pinned while it waits: whoever has stopped the world may want its P. A
  // goroutine whose Run has ended meanwhile does not return from Pin, and must
  // not hold the lock then; while it does, no Run ends.
  G* self = CurrentG();
  sched.world_mu.Lock();
  sched.world_stops.Add();
  if (self->HasFlag(kGAbandoned)) sched.world_mu.Unlock();
  Pin();
  M* m = CurrentM();
  sched.stop_note.Clear();
  bool all;
  {
    MutexLock l(&sched.lock);
    sched.stopping.store(true);
    sched.stopwait = sched.gomaxprocs.load();
    if (m->p != nullptr) {
      m->p->status.store(PStatus::kStopped);
      sched.stopwait--;
    }
    while (P* p = PIdleGet()) {
      p->status.store(PStatus::kStopped);
      sched.stopwait--;
    }
    all = sched.stopwait == 0;
  }
  while (!all) {
    int n = sched.gomaxprocs.load();
    for (int i = 0; i < n; i++) {
      P* p = sched.allp[i];
      if (p == m->p || p->status.load() != PStatus::kRunning || !TryRetake(p))
        continue;
      MutexLock l(&sched.lock);
      p->status.store(PStatus::kStopped);
      all = --sched.stopwait == 0;
    }
    if (all) break;
    all = sched.stop_note.SleepFor(kAskAgainNs);
  }
  // What the Ps' owners did is visible: each gave its P up under sched.lock, or
  // to TryRetake.
  MutexLock l(&sched.lock);
}

void StopForWorld(M* m) {
  bool done;
  {
    MutexLock l(&sched.lock);
    if (!sched.stopping.load()) return;
    P* p = ReleaseP(m);
    p->status.store(PStatus::kStopped);
    done = --sched.stopwait == 0;
    if (m->spinning) {
      m->spinning = false;
      sched.nmspinning.fetch_sub(1);
    }
  }
  if (done) sched.stop_note.Wakeup();
}

void StartTheWorld() {
  M* m = CurrentM();
  int n = sched.gomaxprocs.load();
  P* with_work = nullptr;
  {
    MutexLock l(&sched.lock);
    for (int i = n - 1; i >= 0; i--) {
      P* p = sched.allp[i];
      if (p == m->p) {
        p->status.store(PStatus::kRunning);
        continue;
      }
      if (p->runq.Empty() && p->runnext.load() == nullptr) {
        PIdlePut(p);
      } else {
        p->idle_next = with_work;
        with_work = p;
      }
    }
    sched.stopping.store(false);
  }
  sched.world_mu.Unlock();
  while (with_work != nullptr) {
    P* p = with_work;
    with_work = p->idle_next;
    p->idle_next = nullptr;
    p->status.store(PStatus::kHandedOver);
    StartM(p, false);
  }
  // The global queue, and timers that lost their keeper or were never told to
  // it.
  if (sched.npidle.load() > 0) {
    WakeP();
    MindTimers();
  }
  Unpin();
}

void InitProcs(int n) {
  int made = sched.nallp.load(std::memory_order_relaxed);
  for (int i = made; i < n; i++) {
    auto* p = new P;
    p->id = i;
    sched.allp[i] = p;
  }
  // release: pairs with the acquire of those who walk them all
  if (n > made) sched.nallp.store(n, std::memory_order_release);
}

int GoMaxProcs() { return sched.gomaxprocs.load(std::memory_order_acquire); }

int SetGoMaxProcs(int n) {
  Bootstrap();
  if (n > kMaxProcs) n = kMaxProcs;
  int old = GoMaxProcs();
  if (n <= 0 || n == old) return old;
  StopTheWorld();
  old = sched.gomaxprocs.load();
  InitProcs(n);
  M* m = CurrentM();
  if (m->p != nullptr && m->p->id >= n) {
    ReleaseP(m)->status.store(PStatus::kStopped);
    AcquireP(m, sched.allp[0]);
  }
  for (int i = n; i < old; i++) Retire(sched.allp[i], sched.allp[0]);
  sched.gomaxprocs.store(n);
  StartTheWorld();
  return old;
}

}  // namespace gosling::sched
