// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/foreign.h"

#include <cstdlib>
#include <memory>

#include "sched/boot.h"
#include "sched/deadlock.h"
#include "sched/os/fork.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/shun.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

namespace {

// All foreign Ms. Linked through idle_next and idle_prev, which they have no
// other use for.
Mutex foreign_mu;
M* foreign_ms ABSL_GUARDED_BY(foreign_mu) = nullptr;

void Link(M* m) {
  MutexLock l(&foreign_mu);
  m->idle_next = foreign_ms;
  if (foreign_ms != nullptr) foreign_ms->idle_prev = m;
  foreign_ms = m;
}

void Unlink(M* m) {
  MutexLock l(&foreign_mu);
  (m->idle_prev != nullptr ? m->idle_prev->idle_next : foreign_ms) =
      m->idle_next;
  if (m->idle_next != nullptr) m->idle_next->idle_prev = m->idle_prev;
}

// The thread's M, taken back when the thread ends. A destructor of some other
// thread_local that runs even later and uses the runtime adopts the thread once
// more; that M is then never freed.
struct ForeignGuard {
  M* m = nullptr;
  ~ForeignGuard() {
    if (m == nullptr || InForkedChild()) return;
    arch::SetThreadWord(nullptr);
    scheduler.nforeign.fetch_sub(1);
    {
      MutexLock l(&scheduler.lock);
      CheckDead();  // this thread may have been the last awake
    }
    Unlink(m);
    trace::Detach(m);
    std::free(m->foreign_g->name);
    delete m->foreign_g;
    delete m;
    m = nullptr;
  }
};

thread_local ForeignGuard foreign_guard;

}  // namespace

M* AdoptThread() {
  Bootstrap();
  auto new_m = std::make_unique<M>();
  auto* g = new G;
  M* m = new_m.release();
  m->slow.store(kForeign, std::memory_order_relaxed);
  m->foreign_g = g;
  m->curg = g;
  g->m = m;
  g->flags.store(kGForeign, std::memory_order_relaxed);
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
  InitThisM(m);
  Link(m);
  foreign_guard.m = m;
  arch::SetThreadWord(m);
  scheduler.nforeign.fetch_add(1);
  return m;
}

void ParkForeign(G* g) {
  scheduler.nforeign_parked.fetch_add(1);
  {
    MutexLock l(&scheduler.lock);
    CheckDead();
  }
  SleepLong(&g->foreign_note, 0);
  g->foreign_note.Clear();
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
}

void ReadyForeign(G* g) {
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  scheduler.nforeign_parked.fetch_sub(1);
  g->foreign_note.Wakeup();
}

}  // namespace gosling::sched
