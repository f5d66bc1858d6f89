// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/deadlock.h"

#include "sched/goroutine.h"
#include "sched/idle.h"
#include "sched/netpoll.h"
#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/reports.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

#if defined(GOSLING_TSAN)
constexpr int kHiddenThreads = 1;  // ThreadSanitizer's own
#else
constexpr int kHiddenThreads = 0;
#endif

// AwakeOrWork says whether one of the `foreign` threads is awake, or there is
// work for an M.
bool AwakeOrWork(int foreign) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  return scheduler.nforeign_parked.load() != foreign || AnyRunnable() ||
         EarliestTimer() != 0;
}

bool StillAlive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  if (scheduler.run_id.load() == 0 || scheduler.external_wakers.load() > 0)
    return true;
  if (scheduler.stopping.load() || PollersBusy()) return true;
  if (scheduler.nmidle + scheduler.nmsystem < scheduler.mcount) return true;
  if (AwakeOrWork(scheduler.nforeign.load())) return true;
  int threads = os::ThreadCount();
  if (threads < 0) {
    scheduler.suspect_dead = false;  // sysmon would find out no more
    return true;
  }
  int foreign = scheduler.nforeign.load();
  if (AwakeOrWork(foreign)) return true;
  scheduler.suspect_dead = threads > scheduler.mcount + foreign +
                                         scheduler.nhidden.load() +
                                         kHiddenThreads;
  if (scheduler.suspect_dead &&
      scheduler.sysmon_waiting) {  // perhaps without a limit
    scheduler.sysmon_waiting = false;
    scheduler.sysmon_note.Wakeup();
  }
  return scheduler.suspect_dead;
}

}  // namespace

void CheckDead() {
  if (StillAlive()) return;
  BeginCrash();
  if (scheduler.main_exited.load() && NumGoroutine() == 0) {
    PrintFatal("no goroutines (main called runtime.Goexit) - deadlock!");
  } else {
    PrintFatal("all goroutines are asleep - deadlock!");
    if (TracebackLevel() > Traceback::kNone) reports.goroutines();
  }
  EndCrash();
}

}  // namespace gosling::sched
