// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/handoff.h"

#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/idle.h"
#include "sched/os/note.h"
#include "sched/refused.h"
#include "sched/sched.h"
#include "sched/thread.h"

namespace gosling::sched {

namespace {

// StartMWith runs p, which is in the caller's hands, on an idle M or a new one.
void StartMWith(P* p, bool spinning, bool last_hope = false) {
  MNumber number;
  bool stop_done = false;
  bool refused;
  {
    MutexLock l(&scheduler.lock);
    if (GiveToIdleM(p, spinning)) return;
    refused = scheduler.thread_refused.load(std::memory_order_relaxed);
    if (refused) {
      stop_done = PutAway(p, spinning);
    } else {
      number = CountM();
    }
  }
  if (!refused) NewM(number, p, spinning, last_hope);
  if (stop_done) scheduler.stop_note.Wakeup();
}

// AnyWork says whether p's queues or the global one hold a G.
bool AnyWork(P* p) {
  return p->runnext.load(std::memory_order_relaxed) != nullptr ||
         !p->runq.Empty() || GlobalSize() > 0;
}

}  // namespace

void StartM(P* p, bool spinning) {
  if (p == nullptr) {
    MutexLock l(&scheduler.lock);
    p = TakeIdleP();
    if (p == nullptr) return;
  }
  StartMWith(p, spinning);
}

void WakeP(bool last_hope) {
  for (;;) {
    if (scheduler.npidle.load() == 0 || !PromiseSpinner()) return;
    P* p;
    {
      MutexLock l(&scheduler.lock);
      p = scheduler.stopping.load(std::memory_order_relaxed) ? nullptr
                                                             : TakeIdleP();
    }
    if (p != nullptr) {
      StartMWith(p, true, last_hope);
      return;
    }
    // Other submitters may have relied on the spinner that was promised and is
    // not there: look for their work.
    RetractSpinner();
    HeavyFence();
    if (scheduler.stopping.load() || !AnyRunnable()) return;
  }
}

void HandoffP(P* p) {
  p->handoffs.Add();
  if (AnyWork(p)) {
    StartMWith(p, false);
    return;
  }
  bool stop_done = false;
  bool spin = false;
  bool look = false;
  M* keeper = nullptr;
  {
    MutexLock l(&scheduler.lock);
    if (scheduler.stopping.load(std::memory_order_relaxed)) {
      p->status.store(PStatus::kStopped, std::memory_order_relaxed);
      stop_done = --scheduler.stopwait == 0;
      p = nullptr;
    } else if (scheduler.npidle.load() == 0 && PromiseSpinner()) {
      // No M would look for new work: keep one looking.
      spin = true;
    } else if (GlobalSize() == 0) {
      bool needed = NeedsKeeper(p);
      if (needed) keeper = TakeKeeper();
      if (!needed || keeper != nullptr) {
        PutIdleP(p);
        p = nullptr;
        // No P was idle before, and submitters relied on an M that spun. If it
        // has stopped by now, its last look may have come too early.
        look = scheduler.npidle.load() == 1 && scheduler.nmspinning.load() == 0;
      }  // else no M is idle: a new one gets p, and goes on to keep time
    }
  }
  if (stop_done) scheduler.stop_note.Wakeup();
  if (keeper != nullptr) WakeIdleM(keeper);
  if (p != nullptr) StartMWith(p, spin);
  if (look) {
    HeavyFence();
    if (AnyRunnable()) WakeP();
  }
}

void TakeHandedP(M* m) {
  P* p = m->next_p;
  m->next_p = nullptr;
  if (p != nullptr) AcquireP(m, p);
}

}  // namespace gosling::sched
