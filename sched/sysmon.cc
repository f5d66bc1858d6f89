// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sysmon: a thread without a P that sees to what nobody else can.
//
// It looks at every P each 20 us while it finds something to do; after 50 looks
// in vain it doubles the pause up to 10 ms; after some 100 more with every P
// idle it sleeps until a P is used again (PIdleGet), so an idle program has no
// wake-ups, except those that GODEBUG=schedtrace asks for. At each look, for
// each P that runs:
//
//   * The goroutine is between EnterSyscall and ExitSyscall, nothing has been
//     switched since the last look (20 us or more), and there is work for the
//     P: take it and hand it to another M.
//   * No new slice for 10 ms, and others wait here: ask the M to yield at its
//     next runtime call. If it has made none by the next look, take P away: it
//     is in user code, computing or blocked (m.h). If nobody waits, P is taken
//     after 10 ms all the same, so that this thread may sleep while user code
//     computes.
//   * Something waits in runnext, where no thief can reach it, nothing has been
//     switched since the last look, and another P is idle: take P.
//   * The same for the ring, where thieves can reach it: wake one.
//   * Timers overdue: wake a spinning M, which runs them, or, with no P idle,
//     treat as above.
//   * Slices here are long on average although the P wakes lazily (proc.cc): it
//     becomes eager again.
//
// Once a minute, and before it sleeps for long, it notes for the sake of dumps
// which goroutines wait (wait_reason.h).
//
// Go: runtime/proc.go, sysmon, retake.

#include <algorithm>

#include "sched/debug.h"
#include "sched/gpool.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/stack.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kUs = 1000;
constexpr std::int64_t kShortPause = 20 * kUs;
constexpr std::int64_t kLongPause = 10 * 1000 * kUs;
constexpr std::int64_t kSlice = 10 * 1000 * kUs;
constexpr std::int64_t kAskPause = 200 * kUs;  // after asking for a yield
constexpr std::int64_t kLongestRecheck = 10 * 1000 * 1000 * kUs;
constexpr int kLooksInVain = 50;
constexpr int kIdleLooks = 100;
constexpr std::int64_t kLongSlice = 5 * kUs;  // worth a core of its own

void Store(std::atomic<bool>& flag, bool value) {
  flag.store(value, std::memory_order_relaxed);
}

// Take hands a P whose M is in user code to another M. False: the M was in the
// runtime just now.
bool Take(P* p) {
  if (!TryRetake(p)) return false;
  HandoffP(p);
  return true;
}

struct Look {
  bool acted = false;  // look again soon
  bool asked = false;  // some M has been asked to yield
};

void LookAt(P* p, std::int64_t now, Look* look) {
  P::Observed& seen = p->observed;
  std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed);
  std::uint64_t switches = p->departures + p->dispatches;
  // acquire, here and of p->m: pairs with AcquireP and ReleaseP
  PStatus status = p->status.load(std::memory_order_acquire);
  if (status == PStatus::kIdle || status == PStatus::kStopped) {
    seen = P::Observed{tick, switches, now, now, now, 0};
    return;
  }
  if (p->lazy_wake.load(std::memory_order_relaxed) &&
      switches != seen.switches &&
      (now - seen.sampled) /
              static_cast<std::int64_t>(switches - seen.switches) >
          kLongSlice) {
    Store(p->lazy_wake, false);
  }
  bool moved = switches != seen.switches;
  seen.sampled = now;
  seen.switches = switches;
  if (moved) seen.switches_when = now;
  if (tick != seen.schedtick) {
    seen.schedtick = tick;
    seen.sched_when = now;
    seen.asked = 0;
  }

  bool runnext = p->runnext.load(std::memory_order_relaxed) != nullptr;
  std::int64_t timer = p->timers.Next();
  bool overdue = timer != 0 && timer <= now;
  bool work = runnext || !p->runq.Empty() || overdue ||
              sched.runqsize.load(std::memory_order_relaxed) > 0;
  bool others_idle = sched.npidle.load(std::memory_order_relaxed) > 0;

  M* m = p->m.load(std::memory_order_acquire);
  if (m == nullptr) {
    // Between two Ms, where a P that changes them often is most of the time. A
    // slice goes on meanwhile; the next M passes FindRunnable.
    if (now - seen.sched_when >= kSlice && work) Store(p->slice_up, true);
    return;
  }
  if (overdue && others_idle) {
    WakeP();
    look->acted = true;
  }
  if (!moved && now - seen.switches_when >= kShortPause) {
    if (others_idle && !p->runq.Empty()) {
      // Queued while slices here were short, and nobody woken for it.
      Store(p->lazy_wake, false);
      WakeP();
      look->acted = true;
    }
    bool stuck_runnext = runnext && others_idle;
    bool in_syscall = m->in_syscall.load(std::memory_order_relaxed) != 0;
    // A P in a system call is taken if it has work, or if nobody else would
    // look for new work.
    bool wanted = work || !others_idle;
    if ((stuck_runnext || (in_syscall && wanted)) && Take(p)) {
      Store(p->lazy_wake, false);
      look->acted = true;
      return;
    }
  }
  if (now - seen.sched_when < kSlice) return;
  if (seen.asked == 0 && work) {
    seen.asked = now;
    Store(p->slice_up, true);
    SetSlow(m, kRetake);
    look->asked = true;
  } else if (Take(p)) {
    seen.asked = 0;
    seen.sched_when = now;
    look->acted = true;
  }
}

bool AllIdle() {
  return sched.npidle.load(std::memory_order_relaxed) ==
         sched.gomaxprocs.load(std::memory_order_acquire);
}

// SleepWhileIdle sleeps until a P is used again. While the program looks dead
// but for threads that we do not know, it looks at that again after a while,
// less and less often.
void SleepWhileIdle() {
  for (std::int64_t recheck = kLongPause;; recheck *= 2) {
    bool suspect;
    {
      MutexLock l(&sched.lock);
      if (!AllIdle()) return;
      sched.sysmon_waiting = true;
      suspect = sched.suspect_dead;
    }
    if (recheck > kLongestRecheck) recheck = kLongestRecheck;
    std::int64_t limit = suspect ? recheck : -1;
    std::int64_t trace = SchedTracePeriod();
    if (trace > 0 && (limit < 0 || limit > trace)) limit = trace;
    bool woken = sched.sysmon_note.SleepFor(limit);
    if (!woken) {
      MutexLock l(&sched.lock);
      woken = !sched.sysmon_waiting;  // then the Wakeup is on its way
      sched.sysmon_waiting = false;
      if (!woken) CheckDead();
    }
    SchedTraceIfDue(os::Nanotime());
    if (woken) {
      sched.sysmon_note.Sleep();
      sched.sysmon_note.Clear();
      return;
    }
  }
}

void Sysmon(void*) {
  int in_vain = 0;
  int idle_looks = 0;
  std::int64_t pause = kShortPause;
  const std::int64_t longest_pause =
      SchedTracePeriod() > 0 ? std::min(SchedTracePeriod(), kLongPause)
                             : kLongPause;
  std::int64_t stamped = os::Nanotime();
  Look last;
  for (;;) {
    if (in_vain == 0) pause = kShortPause;
    if (in_vain > kLooksInVain && pause < kLongPause) pause *= 2;
    if (pause > longest_pause) pause = longest_pause;
    os::SleepNs(last.asked && pause > kAskPause ? kAskPause : pause);

    std::int64_t now = os::Nanotime();
    SchedTraceIfDue(now);
    bool more_to_trim = StackTrim(now);
    more_to_trim |= gpool.Trim(now);
    if (now - stamped >= kMinute) {
      StampWaits(now);
      stamped = now;
    }
    idle_looks = AllIdle() && !more_to_trim ? idle_looks + 1 : 0;
    if (idle_looks > kIdleLooks) {
      StampWaits(now);  // nobody runs until sysmon wakes
      SleepWhileIdle();
      stamped = now;
      idle_looks = 0;
      in_vain = 0;
      last = Look{};
      continue;
    }

    last = Look{};
    if (!sched.stopping.load(std::memory_order_relaxed)) {
      int n = sched.gomaxprocs.load(std::memory_order_acquire);
      for (int i = 0; i < n; i++) LookAt(sched.allp[i], now, &last);
    }
    in_vain = last.acted ? 0 : in_vain + 1;
  }
}

}  // namespace

void StampWaits(std::int64_t now) {
  gpool.ForEach(
      [](G* g, void* arg) {
        std::uint8_t reason = g->wait_reason.load(std::memory_order_relaxed);
        if (g->status.load(std::memory_order_relaxed) != GStatus::kWaiting ||
            (reason & kWaitSeen) != 0) {
          return;
        }
        g->wait_since = *static_cast<std::int64_t*>(arg);
        // Fails if it has parked anew. release: publishes wait_since to dumps.
        g->wait_reason.compare_exchange_strong(reason, reason | kWaitSeen,
                                               std::memory_order_release,
                                               std::memory_order_relaxed);
      },
      &now);
}

bool TryRetake(P* p) {
  // acquire: pairs with AcquireP
  M* m = p->m.load(std::memory_order_acquire);
  if (m == nullptr) return false;
  MutexLock l(&m->retake_mu);
  SetSlow(m, kRetake);
  HeavyFence();  // pairs with the compiler barrier in Pin
  // acquire: pairs with Unpin; what m did to P before is visible
  if (m->pinned.load(std::memory_order_acquire) != 0) return false;
  if (m->p != p) return false;
  ReleaseP(m);
  p->retakes.Add();
  return true;
}

void StartSysmon() {
  sched.nhidden.fetch_add(1);
  if (int err = os::StartThread(Sysmon, nullptr, 0); err != 0) {
    Throw("cannot start the monitor thread: error %d", err);
  }
}

}  // namespace gosling::sched
