// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Scheduler: the state that all Ms share. For the scheduler's own files; the
// rest of the runtime includes proc.h.
//
// HACKING.md has the order of locks.
//
// Go: runtime/runtime2.go, type schedt.

#ifndef GOSLING_SCHED_SCHED_H_
#define GOSLING_SCHED_SCHED_H_

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "sched/fence.h"
#include "sched/g.h"
#include "sched/gqueue.h"
#include "sched/m.h"
#include "sched/os/mutex.h"
#include "sched/os/note.h"
#include "sched/p.h"
#include "sched/peeked.h"
#include "sched/spare.h"

namespace gosling::sched {

struct Scheduler {
  Mutex lock;

  // Idle Ms, most recently used first; the timekeeper, if any, last.
  M* midle_head ABSL_GUARDED_BY(lock) = nullptr;
  M* midle_tail ABSL_GUARDED_BY(lock) = nullptr;
  int nmidle ABSL_GUARDED_BY(lock) = 0;
  Spare midle_spare ABSL_GUARDED_BY(lock);  // TrimIdleMs
  // Our Ms, idle ones included; foreign ones not.
  int mcount ABSL_GUARDED_BY(lock) = 0;
  // Ms in EnterSystemBlock, or waiting for their locked G.
  int nmsystem ABSL_GUARDED_BY(lock) = 0;
  M* mdead ABSL_GUARDED_BY(lock) = nullptr;  // their threads have ended
  int max_mcount ABSL_GUARDED_BY(lock) = 10000;
  std::int64_t mnext ABSL_GUARDED_BY(lock) = 0;
  // Idle Ms that were woken and given a P.
  std::uint64_t wakeups ABSL_GUARDED_BY(lock) = 0;
  // The system has refused a thread: none is asked for before sysmon has looked
  // again (RetryThread). Written under lock.
  std::atomic<bool> thread_refused{false};
  std::int64_t thread_retry ABSL_GUARDED_BY(lock) = 0;  // not before

  P* pidle ABSL_GUARDED_BY(lock) = nullptr;
  std::atomic<int> npidle{0};

  // The global run queue: global_queue.h.
  GQueue runq ABSL_GUARDED_BY(lock);
  std::atomic<int> runqsize{0};

  // Spinning Ms: they look for work, and submitters rely on them. See idle.h.
  alignas(64) std::atomic<int> nmspinning{0};

  // The timekeeper: the one idle M that sleeps only until the next timer, at
  // sleep_until. 0: there is no timekeeper.
  M* timekeeper ABSL_GUARDED_BY(lock) = nullptr;
  std::atomic<std::int64_t> sleep_until{0};
  // The M that sleeps in the netpoller, or is on its way there or back. Written
  // under lock; see Enter in idle.cc.
  std::atomic<M*> poller{nullptr};

  // World.
  alignas(64) std::atomic<bool> stopping{false};
  int stopwait ABSL_GUARDED_BY(lock) = 0;
  Note stop_note;
  Mutex world_mu;  // serializes stop-the-world; taken unpinned only
  // See Procs.
  std::atomic<int> gomaxprocs{0};
  P* allp[kMaxProcs] = {};
  // Ever created; >= gomaxprocs. Stored after the allp that it covers.
  std::atomic<int> nallp{0};
  Counter world_stops;  // under world_mu

  // All Ms, for sysmon and dumps. Only grows.
  std::atomic<M*> allm{nullptr};

  std::atomic<std::uint64_t> goid_next{1};
  std::atomic<std::uint64_t> started{0};  // goroutines, by threads without a P
  std::atomic<std::uint64_t> abandoned{0};  // goroutines, with their Run

  // Sysmon.
  Note sysmon_note;
  bool sysmon_waiting ABSL_GUARDED_BY(lock) = false;
  // Deadlocked, unless a thread that never used the runtime yet comes to it:
  // see deadlock.h.
  bool suspect_dead ABSL_GUARDED_BY(lock) = false;

  // Foreign threads: all, and those parked in the runtime.
  std::atomic<int> nforeign{0};
  std::atomic<int> nforeign_parked{0};
  std::atomic<int> external_wakers{0};
  std::atomic<int> nhidden{0};  // the runtime's own threads, no Ms

  // Run.
  std::atomic<std::uint32_t> run_id{0};  // of the Run in progress; 0: none
  std::atomic<bool> main_exited{false};  // its main goroutine has called Goexit

  // Of the thread that started the runtime; every M gets it.
  sigset_t initial_sigmask{};
  std::atomic<MembarrierState> membarrier{MembarrierState::kNone};  // fence.h
  bool force_migrate = false;
  // A seed for the schedule of Run's goroutines, where one is given
  // (runtime/testing/program.h).
  bool seeded = false;
  std::uint64_t seed = 0;
};

extern constinit Scheduler scheduler;

// Procs returns GOMAXPROCS: allp up to there may be walked.
inline int Procs() {
  // acquire: pairs with ResizeProcs, which stores it after the Ps that it
  // covers
  return scheduler.gomaxprocs.load(std::memory_order_acquire);
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SCHED_H_
