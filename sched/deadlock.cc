// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Deadlock: inside Run, nobody can ever run again.
//
// That is so when no M runs or is blocked in user code (all are idle, wait for
// their locked goroutine, or sit in the runtime's own system calls), nothing is
// queued, no timer is armed, no signal is waited for, and every thread that is
// not ours is parked in the runtime too. A thread that has never used the
// runtime may be about to, so if the process has threads that nobody here has
// seen, there is no verdict yet: sysmon looks again from time to time, since
// such a thread may end without a word. The threads are counted first, and what
// they may have done is looked at afterwards: one that comes to the runtime in
// between is then found in the count, among the foreign or by its work, which
// it cannot hand in while sched.lock is held.
//
// Looked at whenever the last awake one goes to sleep: by an M going idle, a
// foreign thread that parks, a runtime goroutine that enters its system call.
// Under sched.lock, which orders those against each other: each counts itself
// asleep under the lock before it looks, and is counted awake by its waker
// before it wakes.
//
// Better than Go: Notify does not disable detection for good; it pauses while a
// signal is asked for. Go: runtime/proc.go, checkdead.

#include "sched/death.h"
#include "sched/debug.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/traceback.h"

namespace gosling::sched {

namespace {

#if defined(GOSLING_TSAN)
constexpr int kHiddenThreads = 1;  // ThreadSanitizer's own
#else
constexpr int kHiddenThreads = 0;
#endif

// AnyoneAwake says that one of the `foreign` threads is awake, or that there is
// work for an M.
bool AnyoneAwake(int foreign) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  return sched.nforeign_parked.load() != foreign || AnyRunnable() ||
         EarliestTimer() != 0;
}

bool StillAlive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock) {
  if (sched.run_id.load() == 0 || sched.external_wakers.load() > 0) return true;
  if (sched.stopping.load()) return true;
  if (sched.nmidle + sched.nmsystem < sched.mcount) return true;
  if (AnyoneAwake(sched.nforeign.load())) return true;
  int threads = os::ThreadCount();
  int foreign = sched.nforeign.load();
  if (AnyoneAwake(foreign)) return true;
  sched.suspect_dead =
      threads > sched.mcount + foreign + sched.nhidden.load() + kHiddenThreads;
  if (sched.suspect_dead && sched.sysmon_waiting) {  // perhaps without a limit
    sched.sysmon_waiting = false;
    sched.sysmon_note.Wakeup();
  }
  return sched.suspect_dead;
}

}  // namespace

void CheckDead() {
  if (StillAlive()) return;
  BeginDeath();
  if (sched.main_exited.load() && NumGoroutine() == 0) {
    PrintFatal("no goroutines (main called runtime.Goexit) - deadlock!");
  } else {
    PrintFatal("all goroutines are asleep - deadlock!");
    if (TracebackLevel() > Traceback::kNone) PrintGoroutines(nullptr);
  }
  EndDeath();
}

}  // namespace gosling::sched
