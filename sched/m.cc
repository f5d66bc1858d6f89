// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Waking Ms and putting them to sleep, and handing Ps between them. Their
// threads begin and end in thread.cc.
//
// An idle M stands in sched's idle list and sleeps on its note. Whoever takes
// it out of the list, under sched.lock, owes it exactly one Wakeup, with a P in
// next_p or without: that is what makes the one-shot note safe. An M may also
// take itself out (its timed sleep is over, or its last look found work).
//
// One idle M is the timekeeper: it sleeps only until the earliest timer of all
// Ps. `sleep_until` tells those who add timers how long: an earlier timer wakes
// it (NoteNewTimer). The pairing is again asymmetric:
//
//     adder                            timekeeper
//
//     put the timer into its heap      sleep_until = "for ever"
//     LightFence                       HeavyFence
//     read sleep_until                 read the heaps
//                                      sleep_until = the earliest timer
//
// The timekeeper stands last in the list, so that StartM picks others first.
// When it does get work, the role is vacant until the next M goes idle; timers
// of Ps that run are their own Ms' business, and sysmon looks for overdue ones.
//
// Go: runtime/proc.go, startm, stopm, handoffp, wakep; there the netpoller is
// the timekeeper.

#include <cerrno>

#include "sched/debug.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kForEver = INT64_MAX;

// Idle list. All under sched.lock.

void MIdlePut(M* m, bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  m->idle = true;
  if (last) {
    m->idle_next = nullptr;
    m->idle_prev = sched.midle_tail;
    (sched.midle_tail != nullptr ? sched.midle_tail->idle_next
                                 : sched.midle_head) = m;
    sched.midle_tail = m;
  } else {
    m->idle_prev = nullptr;
    m->idle_next = sched.midle_head;
    (sched.midle_head != nullptr ? sched.midle_head->idle_prev
                                 : sched.midle_tail) = m;
    sched.midle_head = m;
  }
  sched.nmidle++;
}

void MIdleRemove(M* m) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  (m->idle_prev != nullptr ? m->idle_prev->idle_next : sched.midle_head) =
      m->idle_next;
  (m->idle_next != nullptr ? m->idle_next->idle_prev : sched.midle_tail) =
      m->idle_prev;
  m->idle_next = m->idle_prev = nullptr;
  m->idle = false;
  sched.nmidle--;
  if (sched.timekeeper == m) {
    sched.timekeeper = nullptr;
    sched.sleep_until.store(0, std::memory_order_relaxed);
  }
}

// NeedsKeeper says whether p's timers, now that p goes idle, would find nobody
// awake in time. Those of a sleeper that parked at once were kept from the
// timekeeper (TimerAdd's `soon`), so it may sleep for too long.
bool NeedsKeeper(P* p) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  if (sched.timekeeper == nullptr) return EarliestTimer() != 0;
  std::int64_t when = p->timers.Next();
  return when != 0 && when < sched.sleep_until.load(std::memory_order_relaxed);
}

// TakeKeeper takes an idle M out of the list that is to look at the timers: the
// timekeeper, if there is one. The caller wakes it. nullptr: no M is idle.
M* TakeKeeper() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  M* m = sched.timekeeper != nullptr ? sched.timekeeper : sched.midle_head;
  if (m != nullptr) MIdleRemove(m);
  return m;
}

M* MIdleGet() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  M* m = sched.midle_head;
  if (m != nullptr) MIdleRemove(m);
  return m;
}

// Run p on an idle M or on a new one. p is in the caller's hands.
void StartMWith(P* p, bool spinning) {
  MNumber number;
  {
    MutexLock l(&sched.lock);
    if (M* m = MIdleGet()) {
      m->spinning = spinning;
      m->next_p = p;
      sched.wakeups++;
      m->park.Wakeup();
      return;
    }
    number = CountM();
  }
  NewM(number, p, spinning);
}

bool AnyWork(P* p) {
  return p->runnext.load(std::memory_order_relaxed) != nullptr ||
         !p->runq.Empty() || sched.runqsize.load(std::memory_order_relaxed) > 0;
}

}  // namespace

void SetSlow(M* m, MSlow bit) { m->slow.fetch_or(bit); }

void ClearSlow(M* m, MSlow bit) {
  m->slow.fetch_and(~static_cast<std::uint32_t>(bit));
}

void InitThisM(M* m) {
  m->errno_ptr = &errno;
  m->eh_ptr = ThisThreadExceptionState();
  m->tid.store(os::ThreadId(), std::memory_order_relaxed);
  m->rand_state = arch::CycleCount() ^ reinterpret_cast<std::uintptr_t>(m);
}

void AcquireP(M* m, P* p) {
  m->p = p;
  // release: m->p, for the acquire of sysmon's LookAt and TryRetake
  p->m.store(m, std::memory_order_release);
  // release: p->m, for LookAt's acquire
  p->status.store(PStatus::kRunning, std::memory_order_release);
}

P* ReleaseP(M* m) {
  P* p = m->p;
  m->p = nullptr;
  m->old_p = p;
  p->m.store(nullptr, std::memory_order_relaxed);
  p->status.store(PStatus::kHandedOver, std::memory_order_release);  // as above
  return p;
}

P* PIdleGet() {
  P* p = sched.pidle;
  if (p != nullptr) {
    sched.pidle = p->idle_next;
    p->idle_next = nullptr;
    sched.npidle.fetch_sub(1);
    if (sched.sysmon_waiting) {
      sched.sysmon_waiting = false;
      sched.sysmon_note.Wakeup();
    }
  }
  return p;
}

void PIdlePut(P* p) {
  p->status.store(PStatus::kIdle, std::memory_order_relaxed);
  p->idle_next = sched.pidle;
  sched.pidle = p;
  sched.npidle.fetch_add(1);
}

void StartM(P* p, bool spinning) {
  if (p == nullptr) {
    MutexLock l(&sched.lock);
    p = PIdleGet();
    if (p == nullptr) return;
  }
  StartMWith(p, spinning);
}

void WakeP() {
  for (;;) {
    int none = 0;
    if (sched.npidle.load() == 0 || sched.nmspinning.load() != 0 ||
        !sched.nmspinning.compare_exchange_strong(none, 1)) {
      return;
    }
    P* p;
    {
      MutexLock l(&sched.lock);
      p = sched.stopping.load(std::memory_order_relaxed) ? nullptr : PIdleGet();
    }
    if (p != nullptr) {
      StartMWith(p, true);
      return;
    }
    // Others may have skipped waking because of the 1 that stood for nobody:
    // look for them.
    sched.nmspinning.fetch_sub(1);
    HeavyFence();
    if (sched.stopping.load() || !AnyRunnable()) return;
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
    MutexLock l(&sched.lock);
    int none = 0;
    if (sched.stopping.load(std::memory_order_relaxed)) {
      p->status.store(PStatus::kStopped, std::memory_order_relaxed);
      stop_done = --sched.stopwait == 0;
      p = nullptr;
    } else if (sched.npidle.load() == 0 &&
               sched.nmspinning.compare_exchange_strong(none, 1)) {
      // Nobody would look for new work: keep one M looking.
      spin = true;
    } else if (sched.runqsize.load(std::memory_order_relaxed) == 0) {
      bool needed = NeedsKeeper(p);
      if (needed) keeper = TakeKeeper();
      if (!needed || keeper != nullptr) {
        PIdlePut(p);
        p = nullptr;
        // No P was idle before, so an M that spun was relied upon. If it has
        // stopped by now, it may have looked its last too early.
        look = sched.npidle.load() == 1 && sched.nmspinning.load() == 0;
      }  // else no M is idle: a new one gets p, and goes on to keep time
    }
  }
  if (stop_done) sched.stop_note.Wakeup();
  if (keeper != nullptr) keeper->park.Wakeup();
  if (p != nullptr) StartMWith(p, spin);
  if (look) {
    HeavyFence();
    if (AnyRunnable()) WakeP();
  }
}

void MindTimers() {
  M* keeper = nullptr;
  {
    MutexLock l(&sched.lock);
    if (EarliestTimer() == 0) return;
    keeper = TakeKeeper();
  }
  if (keeper != nullptr) {
    keeper->park.Wakeup();
  } else {
    StartM(nullptr, false);
  }
}

std::int64_t EarliestTimer() {
  std::int64_t earliest = 0;
  // acquire: pairs with the stores in world.cc; allp is there
  int n = sched.gomaxprocs.load(std::memory_order_acquire);
  for (int i = 0; i < n; i++) {
    std::int64_t when = sched.allp[i]->timers.Next();
    if (when != 0 && (earliest == 0 || when < earliest)) earliest = when;
  }
  return earliest;
}

void NoteNewTimer(std::int64_t when) {
  M* m = CurrentM();
  if (m->p != nullptr) {
    LightFence(m);
  } else {
    FullFence();  // GoIdle counts on it when there is one P only
  }
  std::int64_t until = sched.sleep_until.load(std::memory_order_relaxed);
  if (until != 0 && when >= until) return;
  if (until == 0 && m->p != nullptr &&
      sched.npidle.load(std::memory_order_relaxed) == 0)
    return;
  // Wake the timekeeper to look again, or an idle M to become it.
  M* woken = nullptr;
  {
    MutexLock l(&sched.lock);
    if (sched.timekeeper != nullptr) {
      woken = sched.timekeeper;
      MIdleRemove(woken);
    } else {
      woken = MIdleGet();
    }
  }
  if (woken != nullptr) {
    woken->park.Wakeup();
  } else if (m->p == nullptr) {
    StartM(nullptr, false);  // there may not even be an M yet
  }
  // Else this P's M, and sysmon, look at the heap.
}

void GoIdle(M* m) {
  bool timekeeper = false;
  // From a timekeeper that sleeps for too long, and is an idle M like others
  // then.
  bool take_over = false;
  bool was_spinning;
  {
    MutexLock l(&sched.lock);
    if (m->p != nullptr) {
      if (sched.stopping.load(std::memory_order_relaxed) ||
          sched.runqsize.load(std::memory_order_relaxed) > 0) {
        return;
      }
      P* p = ReleaseP(m);
      take_over = NeedsKeeper(p);
      PIdlePut(p);
    }
    if (sched.timekeeper == nullptr || take_over) {
      sched.timekeeper = m;
      sched.sleep_until.store(kForEver, std::memory_order_relaxed);
      timekeeper = true;
    }
    was_spinning = m->spinning;
    // Before it is in the list: whoever takes it out writes this field.
    m->spinning = false;
    MIdlePut(m, timekeeper);
  }
  if (was_spinning && sched.nmspinning.fetch_sub(1) <= 0) {
    Throw("findrunnable: negative nmspinning");
  }
  // acquire: as in EarliestTimer
  if (sched.gomaxprocs.load(std::memory_order_acquire) > 1) {
    HeavyFence();
  } else {
    // Nobody has a P: whoever submits now does so under sched.lock, or fences
    // himself.
    FullFence();
  }

  // The last look. From here on others may take this M out of the list.
  std::int64_t until = timekeeper ? EarliestTimer() : 0;
  {
    MutexLock l(&sched.lock);
    if (sched.timekeeper != m) {
      // Somebody took over, or took this M out of the list.
      timekeeper = false;
      until = 0;
    }
    if (m->idle) {
      bool due = until != 0 && until <= os::Nanotime();
      if ((due || AnyRunnable()) &&
          !sched.stopping.load(std::memory_order_relaxed)) {
        if (P* p = PIdleGet()) {
          MIdleRemove(m);
          AcquireP(m, p);
          m->spinning = true;
          sched.nmspinning.fetch_add(1);
          return;
        }
      }
      if (timekeeper && due) {
        // No P is free: their Ms and sysmon look after what is due. The next M
        // or P to go idle sees to it that there is a timekeeper again.
        sched.timekeeper = nullptr;
        sched.sleep_until.store(0, std::memory_order_relaxed);
        until = 0;
      } else if (timekeeper) {
        sched.sleep_until.store(until != 0 ? until : kForEver,
                                std::memory_order_relaxed);
      }
      CheckDead();
    }
  }

  bool woken;
  if (until != 0) {
    std::int64_t left = until - os::Nanotime();
    woken = m->park.SleepFor(left > 0 ? left : 0);
  } else {
    m->park.Sleep();
    woken = true;
  }
  if (!woken) {
    MutexLock l(&sched.lock);
    if (m->idle) {
      MIdleRemove(m);
      return;  // FindRunnable takes an idle P, if there is one
    }
  }
  // Somebody took it out of the list: the Wakeup is on its way.
  if (!woken) m->park.Sleep();
  m->park.Clear();
  P* p = m->next_p;
  m->next_p = nullptr;
  if (p != nullptr) AcquireP(m, p);
}

void StopLockedM(M* m) {
  if (m->p != nullptr) HandoffP(ReleaseP(m));
  {
    MutexLock l(&sched.lock);
    if (m->locked_g->HasFlag(kGAbandoned)) {
      m->locked_g = nullptr;
      m->exiting = true;
      return;
    }
    m->awaits_locked++;
    sched.nmsystem++;
    CheckDead();
  }
  m->park.Sleep();
  m->park.Clear();
  P* p = m->next_p;
  m->next_p = nullptr;
  if (p != nullptr) AcquireP(m, p);
}

void StartLockedM(M* m, G* g) {
  M* owner = g->locked_m;
  {
    MutexLock l(&sched.lock);
    sched.nmsystem--;  // it counts as running from now on
    owner->awaits_locked--;
  }
  owner->next_p = ReleaseP(m);
  owner->park.Wakeup();
}

void EndLockedM(G* g) {
  MutexLock l(&sched.lock);
  M* m = g->locked_m;
  if (m == nullptr || m->awaits_locked != 1) return;  // it will find out
  m->awaits_locked = 0;
  sched.nmsystem--;
  m->locked_g = nullptr;
  m->exiting = true;
  m->park.Wakeup();
}

int SetMaxThreads(int n) {
  MutexLock l(&sched.lock);
  int old = sched.max_mcount;
  sched.max_mcount = n;
  return old;
}

}  // namespace gosling::sched
