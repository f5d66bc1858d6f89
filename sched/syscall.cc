// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/syscall.h"

#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

// GiveUpP hands this M's P to another; the M's next Pin finds it gone.
void GiveUpP() {
  M* m = CurrentM();
  if (m->p == nullptr) return;
  SetSlow(m, kRetake);
  HandoffP(ReleaseP(m));
}

}  // namespace

// A plain flag: sysmon looks at it when it finds that the P has not moved.
void EnterSyscall() {
  EnsureM()->in_syscall.store(1, std::memory_order_relaxed);
}

void EnterSyscallBlock() {
  Pinned pin;
  GiveUpP();
}

void ExitSyscall() {
  EnsureM()->in_syscall.store(0, std::memory_order_relaxed);
  Pinned pin;
}

void EnterSystemBlock() {
  Pinned pin;
  GiveUpP();
  MutexLock l(&sched.lock);
  sched.nmsystem++;
  CheckDead();
}

void ExitSystemBlock() {
  {
    MutexLock l(&sched.lock);
    sched.nmsystem--;
  }
  Pinned pin;
}

void AddExternalWaker(int delta) {
  sched.external_wakers.fetch_add(delta);
  if (delta < 0) {
    MutexLock l(&sched.lock);
    CheckDead();
  }
}

}  // namespace gosling::sched
