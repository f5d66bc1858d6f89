// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/idle.h"

#include <cstddef>

#include "sched/deadlock.h"
#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/handoff.h"
#include "sched/netpoll.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/refused.h"
#include "sched/sched.h"
#include "sched/shun.h"
#include "sched/spare.h"
#include "sched/thread.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kForEver = INT64_MAX;

// ResignAsKeeper leaves the role of the timekeeper vacant until the next M or P
// goes idle.
void ResignAsKeeper() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  scheduler.timekeeper = nullptr;
  scheduler.sleep_until.store(0, std::memory_order_relaxed);
}

void PutIdleM(M* m, bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  m->idle = true;
  if (last) {
    m->idle_next = nullptr;
    m->idle_prev = scheduler.midle_tail;
    (scheduler.midle_tail != nullptr ? scheduler.midle_tail->idle_next
                                     : scheduler.midle_head) = m;
    scheduler.midle_tail = m;
  } else {
    m->idle_prev = nullptr;
    m->idle_next = scheduler.midle_head;
    (scheduler.midle_head != nullptr ? scheduler.midle_head->idle_prev
                                     : scheduler.midle_tail) = m;
    scheduler.midle_head = m;
  }
  scheduler.nmidle++;
}

void RemoveIdleM(M* m) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  (m->idle_prev != nullptr ? m->idle_prev->idle_next : scheduler.midle_head) =
      m->idle_next;
  (m->idle_next != nullptr ? m->idle_next->idle_prev : scheduler.midle_tail) =
      m->idle_prev;
  m->idle_next = m->idle_prev = nullptr;
  m->idle = false;
  scheduler.midle_spare.Took(static_cast<std::size_t>(--scheduler.nmidle));
  if (scheduler.timekeeper == m) ResignAsKeeper();
}

// LongestIdleM is the M of the list that went idle first, of those that neither
// keep time nor poll: at most two do, and there must be more.
M* LongestIdleM() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  M* m = scheduler.midle_tail;
  while (m == scheduler.timekeeper ||
         m == scheduler.poller.load(std::memory_order_relaxed)) {
    m = m->idle_prev;
  }
  return m;
}

}  // namespace

P* TakeIdleP() {
  P* p = scheduler.pidle;
  if (p != nullptr) {
    scheduler.pidle = p->idle_next;
    p->idle_next = nullptr;
    scheduler.npidle.fetch_sub(1);
    if (scheduler.sysmon_waiting) {
      scheduler.sysmon_waiting = false;
      scheduler.sysmon_note.Wakeup();
    }
  }
  return p;
}

void PutIdleP(P* p) {
  p->status.store(PStatus::kIdle, std::memory_order_relaxed);
  p->idle_next = scheduler.pidle;
  scheduler.pidle = p;
  scheduler.npidle.fetch_add(1);
}

M* TakeIdleM() {
  M* m = scheduler.midle_head;
  if (m != nullptr) RemoveIdleM(m);
  return m;
}

bool GiveToIdleM(P* p, bool spinning) {
  M* m = TakeIdleM();
  if (m == nullptr) return false;
  m->spinning = spinning;
  m->next_p = p;
  scheduler.wakeups++;
  WakeIdleM(m);
  return true;
}

void WakeIdleM(M* m) {
  m->park.Wakeup();
  // Whether m is the poller was settled before m came into the list, under the
  // lock that this thread has held since.
  if (scheduler.poller.load(std::memory_order_relaxed) == m) BreakPoll();
}

bool MayStartSpinning(M* m) {
  if (m->spinning) return true;
  const int busy = Procs() - scheduler.npidle.load(std::memory_order_relaxed);
  if (2 * scheduler.nmspinning.load(std::memory_order_relaxed) >= busy)
    return false;
  m->spinning = true;
  scheduler.nmspinning.fetch_add(1);
  trace::Cold(trace::Kind::kMSpin);
  return true;
}

void StopSpinning(M* m) {
  m->spinning = false;
  RetractSpinner();
}

bool PromiseSpinner() {
  int none = 0;
  return scheduler.nmspinning.load() == 0 &&
         scheduler.nmspinning.compare_exchange_strong(none, 1);
}

void RetractSpinner() {
  if (scheduler.nmspinning.fetch_sub(1) <= 0) {
    Throw("findrunnable: negative nmspinning");
  }
}

bool NeedsKeeper(P* p) {
  // A poller that is awake has none sleep there in its place.
  if (PollerUsed() &&
      scheduler.poller.load(std::memory_order_relaxed) == nullptr) {
    return true;
  }
  if (scheduler.timekeeper == nullptr) return EarliestTimer() != 0;
  std::int64_t when = p->timers.Next();
  return when != 0 &&
         when < scheduler.sleep_until.load(std::memory_order_relaxed);
}

M* TakeKeeper() {
  M* m = scheduler.timekeeper != nullptr ? scheduler.timekeeper
                                         : scheduler.midle_head;
  if (m != nullptr) RemoveIdleM(m);
  return m;
}

std::int64_t EarliestTimer() {
  std::int64_t earliest = 0;
  // acquire: pairs with the stores in world.cc; allp is there
  int n = Procs();
  for (int i = 0; i < n; i++) {
    std::int64_t when = scheduler.allp[i]->timers.Next();
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
  std::int64_t until = scheduler.sleep_until.load(std::memory_order_relaxed);
  if (until != 0 && when >= until) return;
  if (until == 0 && m->p != nullptr &&
      scheduler.npidle.load(std::memory_order_relaxed) == 0)
    return;
  // Wake the timekeeper to look again, or an idle M to become it.
  M* woken = nullptr;
  {
    MutexLock l(&scheduler.lock);
    if (scheduler.timekeeper != nullptr) {
      woken = scheduler.timekeeper;
      RemoveIdleM(woken);
    } else {
      woken = TakeIdleM();
    }
  }
  if (woken != nullptr) {
    WakeIdleM(woken);
  } else if (m->p == nullptr) {
    StartM(nullptr, false);  // there may not even be an M yet
  }
  // Else this P's M, and sysmon, look at the heap.
}

void HaveKeeper() {
  M* keeper;
  {
    MutexLock l(&scheduler.lock);
    keeper = TakeKeeper();
  }
  if (keeper != nullptr) {
    WakeIdleM(keeper);
  } else {
    StartM(nullptr, false);
  }
}

void MindTimers() {
  if (EarliestTimer() != 0 || PollWaiters()) HaveKeeper();
}

bool TrimIdleMs(std::int64_t now) {
  static constinit TrimTurns turns;
  constexpr std::size_t kBatch = 8;

  bool new_period;
  if (!turns.Due(now, &new_period)) return turns.More();
  M* ending[kBatch];
  std::size_t n;
  bool more;
  {
    MutexLock l(&scheduler.lock);
    const auto idle = static_cast<std::size_t>(scheduler.nmidle);
    const auto keep = 4 * static_cast<std::size_t>(Procs()) + 8;
    if (new_period) scheduler.midle_spare.BeginPeriod(idle, keep);
    // Whoever stops the world wants them a moment later, or is dying: their
    // ends would be in the way of its looks at the others.
    const std::size_t surplus = idle > keep &&
                                        !scheduler.thread_refused.load() &&
                                        !scheduler.stopping.load()
                                    ? idle - keep
                                    : 0;
    n = scheduler.midle_spare.Batch(surplus, kBatch);
    more = surplus > n;
    for (std::size_t i = 0; i < n; i++) {
      ending[i] = LongestIdleM();
      RemoveIdleM(ending[i]);
      ending[i]->surplus = true;
    }
  }
  for (std::size_t i = 0; i < n; i++) WakeIdleM(ending[i]);
  return turns.End(now, more);
}

namespace {

// Role: the duties of an M that goes idle.
struct Role {
  bool keeper = false;     // the timekeeper
  std::int64_t until = 0;  // when it has to wake as such; 0: it has not
  bool poller = false;     // sleeps in the netpoller, not on its note
};

// Join puts m into the idle list, and into its role. `take_over`: m becomes the
// timekeeper in place of one that sleeps for too long, which is then an idle M
// like others.
//
// Invariant: scheduler.poller == m from here until m has left the poller and
// taken scheduler.lock. A waker that takes m out of the list meanwhile breaks
// the poll.
void Join(M* m, bool take_over, Role* role)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  if (scheduler.timekeeper == nullptr || take_over) {
    scheduler.timekeeper = m;
    scheduler.sleep_until.store(kForEver, std::memory_order_relaxed);
    role->keeper = true;
  }
  if (PollerUsed() &&
      scheduler.poller.load(std::memory_order_relaxed) == nullptr) {
    scheduler.poller.store(m, std::memory_order_relaxed);
    role->poller = true;
  }
  // Before it is in the list: a waker that takes it out writes this field.
  m->spinning = false;
  PutIdleM(m, role->keeper || role->poller);
}

// Enter gives m's P up and has m join the idle Ms. False: there is something to
// do.
bool Enter(M* m, Role* role) {
  bool was_spinning;
  {
    MutexLock l(&scheduler.lock);
    bool take_over = false;
    if (m->p != nullptr) {
      if (scheduler.stopping.load(std::memory_order_relaxed) ||
          GlobalSize() > 0) {
        return false;
      }
      P* p = ReleaseP(m);
      take_over = NeedsKeeper(p);
      PutIdleP(p);
    }
    was_spinning = m->spinning;
    Join(m, take_over, role);
  }
  if (was_spinning) RetractSpinner();
  return true;
}

// FenceBeforeLastLook orders what Enter stored before what LastLook loads.
void FenceBeforeLastLook() {
  if (Procs() > 1) {
    HeavyFence();
  } else {
    // The only P is idle: a submitter queues under scheduler.lock, or fences.
    FullFence();
  }
}

// LastLook looks at all queues and timers once more. From Enter on wakers may
// take m out of the list. True: m has a P again, and looks for work.
bool LastLook(M* m, Role* role) {
  std::int64_t timer = role->keeper ? EarliestTimer() : 0;
  MutexLock l(&scheduler.lock);
  // Another M took over, or a waker took this one out of the list?
  role->keeper = role->keeper && scheduler.timekeeper == m;
  if (!m->idle) return false;
  const bool due = role->keeper && timer != 0 && timer <= os::Nanotime();
  if ((due || AnyRunnable()) &&
      !scheduler.stopping.load(std::memory_order_relaxed)) {
    if (P* p = TakeIdleP()) {
      RemoveIdleM(m);
      if (role->poller)
        scheduler.poller.store(nullptr, std::memory_order_relaxed);
      AcquireP(m, p);
      m->spinning = true;
      scheduler.nmspinning.fetch_add(1);
      return true;
    }
  }
  if (role->keeper && due) {
    // No P is free: the Ms that have them, and sysmon, run what is due. The
    // role is vacant until the next M or P goes idle.
    ResignAsKeeper();
  } else if (role->keeper) {
    scheduler.sleep_until.store(timer != 0 ? timer : kForEver,
                                std::memory_order_relaxed);
    role->until = timer;
  }
  CheckDead();
  return false;
}

// Leave takes m out of the idle list, now that it has woken by itself. False: a
// waker has done so, and the Wakeup is on its way. `polled`: m was the poller;
// then *p is a P for what it brings back, if one is idle.
bool Leave(M* m, bool polled, bool brings_work, P** p) {
  MutexLock l(&scheduler.lock);
  if (polled) scheduler.poller.store(nullptr, std::memory_order_relaxed);
  if (!m->idle) return false;
  RemoveIdleM(m);
  if (brings_work && !scheduler.stopping.load(std::memory_order_relaxed)) {
    *p = TakeIdleP();
  }
  return true;
}

// AwaitWakeup waits for the Wakeup of the waker that has taken m out of the
// list, and takes the P that it has left.
void AwaitWakeup(M* m) {
  SleepLong(&m->park, 0);
  m->park.Clear();
  trace::Cold(trace::Kind::kMWake);
  TakeHandedP(m);
}

// SleepOnNote sleeps until a waker has taken m out of the list, or it is
// `until`.
void SleepOnNote(M* m, std::int64_t until) {
  P* none = nullptr;
  if (until != 0 && !SleepLong(&m->park, until) &&
      Leave(m, false, false, &none)) {
    return;  // FindRunnable takes an idle P, if there is one
  }
  AwaitWakeup(m);
}

// SleepInPoller is that for the poller, and until a goroutine is ready.
void SleepInPoller(M* m, std::int64_t until) {
  GQueue ready;
  const int n = PollLong(until, &ready);
  P* p = nullptr;
  if (!Leave(m, true, n > 0, &p)) AwaitWakeup(m);
  if (p != nullptr) AcquireP(m, p);
  trace::Cold(trace::Kind::kNetpoll, static_cast<std::uint64_t>(n));
  QueuePolled(ready, n);
}

// SleepAs looks once more and sleeps.
void SleepAs(M* m, Role* role) {
  FenceBeforeLastLook();
  if (LastLook(m, role)) return;
  trace::Cold(trace::Kind::kMPark, 0,
              static_cast<unsigned>(role->poller ? trace::MSleep::kPoller
                                                 : trace::MSleep::kNote));
  if (role->poller) {
    SleepInPoller(m, role->until);
  } else {
    SleepOnNote(m, role->until);
  }
}

}  // namespace

void GoIdle(M* m) {
  Role role;
  if (Enter(m, &role)) SleepAs(m, &role);
}

void HandOnAndGoIdle(M* m) {
  P* p = ReleaseP(m);
  p->handoffs.Add();
  Role role;
  MNumber number = {};
  bool given;
  bool refused = false;
  bool stop_done = false;
  {
    MutexLock l(&scheduler.lock);
    given = GiveToIdleM(p, false);
    if (!given) {
      refused = scheduler.thread_refused.load(std::memory_order_relaxed);
      if (refused) {
        stop_done = PutAway(p, false);
      } else {
        number = CountM();
      }
    }
    Join(m, false, &role);
  }
  if (stop_done) scheduler.stop_note.Wakeup();
  if (!given && !refused) NewM(number, p, false, false);
  SleepAs(m, &role);
}

}  // namespace gosling::sched
