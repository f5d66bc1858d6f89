// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/syscall.h"

#include "sched/deadlock.h"
#include "sched/handoff.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

namespace {

// GiveUpP hands this M's P to another; the M's next Pin finds it gone.
void GiveUpP() {
  M* m = CurrentM();
  if (m->p == nullptr) return;
  trace::Cold(trace::Kind::kSyscallBlock, m->curg->goid);
  SetSlow(m, kRetake);
  HandoffP(ReleaseP(m));
}

}  // namespace

// A plain flag: sysmon looks at it when it finds that the P has not moved.
void EnterSyscall() {
  M* m = EnsureM();
  m->in_syscall.store(1, std::memory_order_relaxed);
  trace::Cold(trace::Kind::kSyscallEnter, m->curg->goid);
}

void EnterSyscallBlock() {
  Pinned pin;
  GiveUpP();
}

void ExitSyscall() {
  EnsureM()->in_syscall.store(0, std::memory_order_relaxed);
  Pinned pin;
  trace::Cold(trace::Kind::kSyscallExit, pin.g()->goid);
}

void EnterSystemBlock() {
  Pinned pin;
  GiveUpP();
  MutexLock l(&scheduler.lock);
  scheduler.nmsystem++;
  CheckDead();
}

void ExitSystemBlock() {
  {
    MutexLock l(&scheduler.lock);
    scheduler.nmsystem--;
  }
  Pinned pin;
  trace::Cold(trace::Kind::kSyscallExit, pin.g()->goid);
}

void AddExternalWaker(int delta) {
  scheduler.external_wakers.fetch_add(delta);
  if (delta < 0) {
    MutexLock l(&scheduler.lock);
    CheckDead();
  }
}

}  // namespace gosling::sched
