// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/thread.h"

#include <cerrno>
#include <new>

#include "sched/contention.h"
#include "sched/deadlock.h"
#include "sched/handoff.h"
#include "sched/libc_call.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/refused.h"
#include "sched/reports.h"
#include "sched/sched.h"
#include "sched/schedule.h"
#include "sched/storm.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

namespace {

// ExitM is the end of m's thread, which is no longer this M's when it returns.
// Runs on g0.
void ExitM(M* m) {
  LetGoOfAll(m);  // what is pending for this thread alone would end with it
  os::BlockAllSignals(nullptr);  // for good: there will be no alternate stack
  if (m->p != nullptr) HandoffP(ReleaseP(m));
  os::RemoveAltStack(&m->alt_stack);
  // What the M has been is the thread's: its next one records as itself, and
  // nobody stops the thread that is given this one's number.
  trace::Detach(m);
  m->tid.store(0, std::memory_order_relaxed);
  arch::SetThreadWord(nullptr);
  MutexLock l(&scheduler.lock);
  m->id = -1;
  m->idle_next = scheduler.mdead;
  scheduler.mdead = m;
  scheduler.mcount--;
  CheckDead();  // it may have been the last one awake
}

void ThreadMain(void* arg) {
  M* m = static_cast<M*>(arg);
  arch::SetThreadWord(m);
  m->g0.annotations.AttachThread();
  m->curg = &m->g0;
  m->g0.status.store(GStatus::kRunning, std::memory_order_relaxed);
  m->pinned.store(1, std::memory_order_relaxed);
  InitThisM(m);
  os::InstallAltStack(&m->alt_stack);
  os::SetSignalMask(scheduler.initial_sigmask);
  TakeHandedP(m);
  ScheduleLoop(m);
  ExitM(m);
}

// Start starts m's thread. `last_hope`: if that cannot be done nothing ever
// runs again, unless another M has come back meanwhile.
void Start(M* m, bool last_hope) {
  int err = last_hope ? os::StartThreadPatiently(ThreadMain, m, 0)
                      : os::StartThread(ThreadMain, m, 0);
  if (err == 0) return;
  if (last_hope) {
    bool hopeless;
    {
      MutexLock l(&scheduler.lock);
      hopeless = NoMButThis();
    }
    if (hopeless) ThrowNoThread(err);
  }
  WarnNoThread(err);
  P* p = m->next_p;
  NoThreadFor(m, p, m->spinning);
}

// OnG0 calls f on g0's stack: making a thread, or printing a warning, needs
// more than a small goroutine may have.
template <class F>
void OnG0(F f) {
  KeepErrno keep;
  LibcCall(
      [](void* p) -> std::intptr_t {
        (*static_cast<F*>(p))();
        return 0;
      },
      &f);
}

// The template thread, and the Ms that it is to start, linked through
// idle_next. The thread that finds it asleep, under template_mu, owes it one
// Wakeup.
Mutex template_mu;
bool template_started ABSL_GUARDED_BY(template_mu) = false;
bool template_asleep ABSL_GUARDED_BY(template_mu) = false;
M* template_todo ABSL_GUARDED_BY(template_mu) = nullptr;
Note template_note;

void TemplateMain(void*) {
  for (;;) {
    M* m;
    {
      MutexLock l(&template_mu);
      m = template_todo;
      if (m != nullptr) {
        template_todo = m->idle_next;
        m->idle_next = nullptr;
      }
      template_asleep = m == nullptr;
    }
    if (m != nullptr) {
      Start(m, false);
      continue;
    }
    template_note.Sleep();
    template_note.Clear();
  }
}

// StartFromTemplate returns false if there is no such thread.
bool StartFromTemplate(M* m) {
  bool wake;
  {
    MutexLock l(&template_mu);
    if (!template_started) return false;
    m->idle_next = template_todo;
    template_todo = m;
    wake = template_asleep;
    template_asleep = false;
  }
  if (wake) template_note.Wakeup();
  return true;
}

// Renew makes the M of a thread that has ended as good as new.
void Renew(M* m) {
  m->idle_next = nullptr;
  m->in_syscall.store(0, std::memory_order_relaxed);
  m->held_back.store(0, std::memory_order_relaxed);  // by the thread's mask
  m->locked_g = nullptr;
  m->exiting = false;
  m->g0.switch_point = nullptr;
  m->unfenced.ran_when = 0;
  m->fences.store(false, std::memory_order_relaxed);
  m->slow.exchange(
      0);  // acquire: the stores before a SetSlow that is lost here
}

void PutIntoAllM(M* m) {
  M* head = scheduler.allm.load(std::memory_order_relaxed);
  do {
    m->all_next = head;
    // release: publishes m to the threads that walk the list
  } while (!scheduler.allm.compare_exchange_weak(
      head, m, std::memory_order_release, std::memory_order_relaxed));
}

}  // namespace

bool IsInAllM(const M* m) {
  // acquire: pairs with PutIntoAllM's release
  const M* of_all = scheduler.allm.load(std::memory_order_acquire);
  while (of_all != nullptr && of_all != m) of_all = of_all->all_next;
  return of_all != nullptr;
}

MNumber CountM() {
  int count = ++scheduler.mcount;
  if (count > scheduler.max_mcount) {
    Warn("program exceeds %d-thread limit", scheduler.max_mcount);
    Throw("thread exhaustion");
  }
  M* dead = scheduler.mdead;
  if (dead != nullptr) scheduler.mdead = dead->idle_next;
  return {scheduler.mnext++, dead};
}

void NewM(MNumber number, P* p, bool spinning, bool last_hope) {
  M* m = number.dead;
  if (m != nullptr) {
    Renew(m);
  } else {
    m = new (std::nothrow) M;
    if (m == nullptr) {
      OnG0([] { WarnNoThread(ENOMEM); });
      NoThreadFor(nullptr, p, spinning);
      return;
    }
    PutIntoAllM(m);
  }
  m->id = number.id;
  m->spinning = spinning;
  m->next_p = p;
  // After m is in allm, and Renew: see LoseMembarrier.
  if (scheduler.membarrier.load() != MembarrierState::kWorks) {
    SetSlow(m, kFence);
    m->fences.store(true, std::memory_order_release);
  }
  if (scheduler.force_migrate) SetSlow(m, kMigrate);
  if (reports.leaves_thread != nullptr) SetSlow(m, kLockChecked);
  trace::JoinM(m);
  JoinContention(m);
  M* self = CurrentM();
  if (self != nullptr && (self->locked_g != nullptr || self->exiting)) {
    if (!StartFromTemplate(m)) NoThreadFor(m, p, spinning);
  } else {
    OnG0([m, last_hope] { Start(m, last_hope); });
  }
}

void EnsureTemplateThread() {
  MutexLock l(&template_mu);
  if (template_started) return;
  scheduler.nhidden.fetch_add(1);
  int err = 0;
  OnG0([&err] {
    err = os::StartThread(TemplateMain, nullptr, 0);
    if (err != 0) WarnNoThread(err);
  });
  template_started = err == 0;
  if (err != 0) scheduler.nhidden.fetch_sub(1);
}

int SetMaxThreads(int n) {
  MutexLock l(&scheduler.lock);
  int old = scheduler.max_mcount;
  scheduler.max_mcount = n;
  return old;
}

}  // namespace gosling::sched
