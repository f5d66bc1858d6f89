// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that are not ours. Any std::thread may use channels, mutexes, select
// and Go(): at its first call it gets an M that never has a P, and a G that
// stands for the thread itself. Its park is a note: the thread blocks as a
// thread. What it makes runnable goes to the global queue.
//
// Both are freed when the thread ends. For deadlock detection such a thread
// counts as awake unless it is parked in here; whoever readies it counts it as
// awake at once, before it really is.

#include <cstdlib>

#include "sched/debug.h"
#include "sched/fork.h"
#include "sched/proc.h"
#include "sched/sched.h"

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
    sched.nforeign.fetch_sub(1);
    {
      MutexLock l(&sched.lock);
      CheckDead();  // it may have been the last that could wake somebody
    }
    Unlink(m);
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
  auto* m = new M;
  auto* g = new G;
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
  sched.nforeign.fetch_add(1);
  return m;
}

void ParkForeign(G* g) {
  sched.nforeign_parked.fetch_add(1);
  {
    MutexLock l(&sched.lock);
    CheckDead();
  }
  g->foreign_note.Sleep();
  g->foreign_note.Clear();
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
}

void ReadyForeign(G* g) {
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  sched.nforeign_parked.fetch_sub(1);
  g->foreign_note.Wakeup();
}

}  // namespace gosling::sched
