// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/lock_os_thread.h"

#include "sched/deadlock.h"
#include "sched/handoff.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/shun.h"
#include "sched/storm.h"
#include "sched/thread.h"

namespace gosling::sched {

void LockOSThread() {
  Pinned pin;
  G* g = pin.g();
  // A controller has one thread for all its goroutines.
  if (g->HasFlag(kGForeign) || g->HasFlag(kGControlled)) return;
  if (g->lock_count++ > 0) return;
  EnsureTemplateThread();
  M* m = CurrentM();
  g->locked_m = m;
  m->locked_g = g;
  g->flags.fetch_or(kGLocked, std::memory_order_relaxed);
  SetSlow(m, kLocked);
  LetGoOfAll(m);  // from here on the mask is the goroutine's
}

void UnlockOSThread() {
  Pinned pin;
  G* g = pin.g();
  if (g->lock_count == 0 || --g->lock_count > 0) return;
  M* m = CurrentM();
  m->locked_g = nullptr;
  g->locked_m = nullptr;
  g->flags.fetch_and(~static_cast<std::uint32_t>(kGLocked),
                     std::memory_order_relaxed);
  ClearSlow(m, kLocked);
}

void StopLockedM(M* m) {
  if (m->p != nullptr) HandoffP(ReleaseP(m));
  {
    MutexLock l(&scheduler.lock);
    if (m->locked_g->HasFlag(kGAbandoned)) {
      m->locked_g = nullptr;
      m->exiting = true;
      return;
    }
    m->awaits_locked++;
    scheduler.nmsystem++;
    CheckDead();
  }
  SleepLong(&m->park, 0);
  m->park.Clear();
  TakeHandedP(m);
}

void StartLockedM(M* m, G* g) {
  M* owner = g->locked_m;
  {
    MutexLock l(&scheduler.lock);
    scheduler.nmsystem--;  // it counts as running from now on
    owner->awaits_locked--;
  }
  owner->next_p = ReleaseP(m);
  owner->park.Wakeup();
}

void EndLockedM(G* g) {
  MutexLock l(&scheduler.lock);
  M* m = g->locked_m;
  if (m == nullptr || m->awaits_locked != 1) return;  // it will see the flag
  m->awaits_locked = 0;
  scheduler.nmsystem--;
  m->locked_g = nullptr;
  m->exiting = true;
  m->park.Wakeup();
}

}  // namespace gosling::sched
