// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/control.h"

#include <atomic>

#include "sched/goroutine.h"
#include "sched/os/fatal.h"
#include "sched/os/mutex.h"
#include "sched/reports.h"
#include "sched/storm.h"
#include "sched/switch_to.h"
#include "sched/syscall.h"

namespace gosling::sched {

namespace {

Mutex hosts_mu;
ControlHost* free_hosts ABSL_GUARDED_BY(hosts_mu) = nullptr;
constinit std::atomic<M*> all_hosts{nullptr};  // changed under hosts_mu

ControlHost* TakeHost() {
  {
    MutexLock l(&hosts_mu);
    if (ControlHost* host = free_hosts) {
      free_hosts = host->next;
      return host;
    }
  }
  auto* host = new ControlHost;
  MutexLock l(&hosts_mu);
  host->m.all_next = all_hosts.load(std::memory_order_relaxed);
  // release: publishes the host to the thread that walks the list
  all_hosts.store(&host->m, std::memory_order_release);
  return host;
}

}  // namespace

constinit std::atomic<std::uint64_t> controlled_parks{0};
constinit std::atomic<std::uint64_t> controlled_yields{0};

// acquire: pairs with TakeHost's release
M* FirstHost() { return all_hosts.load(std::memory_order_acquire); }

bool ControlLives(std::uint32_t id) {
  MutexLock l(&hosts_mu);
  for (const M* m = FirstHost(); m != nullptr; m = m->all_next) {
    if (m->control != nullptr && m->control->Id() == id) return true;
  }
  return false;
}

// Under another controller it is that one's to say so (UseOutside).
void CheckInside(std::uint32_t owner, const char* does, const char* what) {
  if (owner == 0 || HereControl() != nullptr) return;
  const G* g = CurrentG();
  if (g->HasFlag(kGForeign)) {
    Throw("testing: a thread outside of bubble %u %s %s that was made in it",
          owner, does, what);
  }
  Throw(
      "testing: goroutine %llu outside of bubble %u %s %s that was made in it",
      static_cast<unsigned long long>(g->goid), owner, does, what);
}

void ReadyControlled(G* g) {
  // Such a goroutine waits on the M that it has run on last, and an M is never
  // freed.
  M* m = static_cast<M*>(g->m);
  if (m == CurrentM()) {
    m->control->Add(g);
    return;
  }
  // Its controller may be about to abandon it, and to go.
  MutexLock l(&hosts_mu);
  if (m->control != nullptr) m->control->Add(g);
}

void AdoptHere(M* m, G* g) {
  if (Control* control = ControlOf(m)) control->Adopt(g);
}

ControlHost* EnterControl(Control* control) {
  ControlHost* host = TakeHost();
  G* caller = EnsureM()->curg;
  M* m = &host->m;
  if (caller->HasFlag(kGForeign)) {
    m->g0.annotations.AttachThread();
  } else {
    m->g0.annotations = caller->annotations;
    EnterSyscallBlock();
  }
  host->former = CurrentM();  // only now: giving P up may move the caller
  InitThisM(m);
  m->rand_state = kDrawsZero;
  {
    MutexLock l(&hosts_mu);
    m->control = control;
  }
  m->curg = &m->g0;
  m->g0.m = m;
  m->g0.status.store(GStatus::kRunning, std::memory_order_relaxed);
  m->pinned.store(1, std::memory_order_relaxed);
  m->slow.store(
      kControlled | (reports.leaves_thread != nullptr ? kLockChecked : 0U),
      std::memory_order_relaxed);
  arch::SetThreadWord(m);
  LetGoOfAll(host->former);  // handlers hold nothing back for it any more
  return host;
}

void LeaveControl(ControlHost* host) {
  arch::SetThreadWord(host->former);
  {
    MutexLock l(&hosts_mu);
    host->m.control = nullptr;
  }
  host->m.tid.store(0, std::memory_order_relaxed);
  if (!host->former->curg->HasFlag(kGForeign)) ExitSyscall();
  MutexLock l(&hosts_mu);
  host->next = free_hosts;
  free_hosts = host;
}

void RunControlled(ControlHost* host, G* g) {
  M* m = &host->m;
  if (g->switch_point == nullptr) AttachStackFar(g);
  SwitchTo(m, &m->g0, g);
}

}  // namespace gosling::sched
