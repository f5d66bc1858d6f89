// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The threads under the Ms: how one begins and how it ends.
//
// A goroutine that has locked its thread may have made it unlike others:
// affinity, scheduling class, namespaces, capabilities, credentials. If it ends
// without having unlocked it, nobody else shall run there, so the thread ends
// too, and when its Run ends (run.h). For the same reason such a thread is no
// place to start others from, which inherit all that: the template thread does
// it, which is started by the first LockOSThread, from a thread that is not
// locked yet, and does nothing else.
//
// The M of a thread that has ended is kept for the next one and never freed:
// sysmon may be looking at it at any time.
//
// Unlike Go, no M runs on the process's first thread, whose end would leave the
// process a zombie: Run only waits there (run.h). And a thread that is not ours
// does start Ms itself, so that what a program sets up before Run is had by
// all.
//
// Go: runtime/proc.go, newm, mexit, templateThread.

#include <cerrno>
#include <cstring>

#include "sched/debug.h"
#include "sched/keep_errno.h"
#include "sched/libc_call.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

// ExitM is the end of m's thread, which is no longer this M's when it returns.
// Runs on g0.
void ExitM(M* m) {
  os::BlockAllSignals(nullptr);  // for good: there will be no alternate stack
  if (m->p != nullptr) HandoffP(ReleaseP(m));
  os::RemoveAltStack(&m->alt_stack);
  arch::SetThreadWord(nullptr);
  MutexLock l(&sched.lock);
  m->id = -1;
  m->idle_next = sched.mdead;
  sched.mdead = m;
  sched.mcount--;
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
  os::SetSignalMask(sched.initial_sigmask);
  P* p = m->next_p;
  m->next_p = nullptr;
  if (p != nullptr) AcquireP(m, p);
  ScheduleLoop(m);
  ExitM(m);
}

void Start(void (*main)(void*), void* arg) {
  int err = os::StartThread(main, arg, 0);
  if (err == 0) return;
  int count;
  {
    MutexLock l(&sched.lock);
    count = sched.mcount;
  }
  Warn("failed to create new OS thread (have %d already; errno=%d: %s)", count,
       err, std::strerror(err));
  if (err == EAGAIN)
    Warn(
        "may need to increase max user processes (ulimit -u) or mappings "
        "(vm.max_map_count)");
  Throw("newosproc");
}

// On g0: making a thread needs more stack than a small goroutine may have.
void StartOnG0(void (*main)(void*), void* arg) {
  KeepErrno keep;
  struct Args {
    void (*main)(void*);
    void* arg;
  } args{main, arg};
  LibcCall(
      [](void* p) -> std::intptr_t {
        Start(static_cast<Args*>(p)->main, static_cast<Args*>(p)->arg);
        return 0;
      },
      &args);
}

// The template thread, and the Ms that it is to start, linked through
// idle_next. Whoever finds it asleep owes it one Wakeup.
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
      Start(ThreadMain, m);
      continue;
    }
    template_note.Sleep();
    template_note.Clear();
  }
}

void StartFromTemplate(M* m) {
  bool wake;
  {
    MutexLock l(&template_mu);
    m->idle_next = template_todo;
    template_todo = m;
    wake = template_asleep;
    template_asleep = false;
  }
  if (wake) template_note.Wakeup();
}

// Renew makes the M of a thread that has ended as good as new.
void Renew(M* m) {
  m->idle_next = nullptr;
  m->in_syscall.store(0, std::memory_order_relaxed);
  m->old_p = nullptr;
  m->locked_g = nullptr;
  m->exiting = false;
  m->g0.context = nullptr;
  m->slow.store(0, std::memory_order_relaxed);
}

void PutIntoAllM(M* m) {
  M* head = sched.allm.load(std::memory_order_relaxed);
  do {
    m->all_next = head;
    // release: publishes m to those who walk the list
  } while (!sched.allm.compare_exchange_weak(head, m, std::memory_order_release,
                                             std::memory_order_relaxed));
}

}  // namespace

MNumber CountM() {
  int count = ++sched.mcount;
  if (count > sched.max_mcount) {
    Warn("program exceeds %d-thread limit", sched.max_mcount);
    Throw("thread exhaustion");
  }
  M* dead = sched.mdead;
  if (dead != nullptr) sched.mdead = dead->idle_next;
  return {sched.mnext++, dead};
}

void NewM(MNumber number, P* p, bool spinning) {
  M* m = number.dead;
  if (m != nullptr) {
    Renew(m);
  } else {
    m = new M;
    PutIntoAllM(m);
  }
  m->id = number.id;
  m->spinning = spinning;
  m->next_p = p;
  if (!sched.have_membarrier) SetSlow(m, kFence);
  if (sched.force_migrate) SetSlow(m, kMigrate);
  M* self = CurrentM();
  if (self != nullptr && (self->locked_g != nullptr || self->exiting)) {
    StartFromTemplate(m);
  } else {
    StartOnG0(ThreadMain, m);
  }
}

void EnsureTemplateThread() {
  MutexLock l(&template_mu);
  if (template_started) return;
  template_started = true;
  sched.nhidden.fetch_add(1);
  StartOnG0(TemplateMain, nullptr);
}

}  // namespace gosling::sched
