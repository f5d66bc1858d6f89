// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sched: the one scheduler object, and what the scheduler's own files call of
// each other. The rest of the runtime includes proc.h.
//
// Lock order: an object's lock (a channel's, the signals' registry's), then a
// timer heap's, then sched.lock. An M's retake_mu and gpool's lock stand alone:
// nothing is taken under them. None is held over a switch. sched.lock is never
// taken on the fast paths of park and ready.
//
// Go: runtime/runtime2.go, type schedt.

#ifndef GOSLING_SCHED_SCHED_H_
#define GOSLING_SCHED_SCHED_H_

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "sched/fence.h"
#include "sched/g.h"
#include "sched/m.h"
#include "sched/mutex.h"
#include "sched/p.h"
#include "sched/peeked.h"
#include "sched/runq.h"
#include "sched/world.h"

namespace gosling::sched {

struct Sched {
  Mutex lock;

  // Idle Ms, most recently used first; the timekeeper, if any, last.
  M* midle_head ABSL_GUARDED_BY(lock) = nullptr;
  M* midle_tail ABSL_GUARDED_BY(lock) = nullptr;
  int nmidle ABSL_GUARDED_BY(lock) = 0;
  // Our Ms, idle ones included; foreign ones not.
  int mcount ABSL_GUARDED_BY(lock) = 0;
  // Ms in EnterSystemBlock, or waiting for their locked G.
  int nmsystem ABSL_GUARDED_BY(lock) = 0;
  M* mdead ABSL_GUARDED_BY(lock) = nullptr;  // their threads have ended
  int max_mcount ABSL_GUARDED_BY(lock) = 10000;
  std::int64_t mnext ABSL_GUARDED_BY(lock) = 0;
  // Idle Ms that were woken and given a P.
  std::uint64_t wakeups ABSL_GUARDED_BY(lock) = 0;

  P* pidle ABSL_GUARDED_BY(lock) = nullptr;
  std::atomic<int> npidle{0};

  // The global run queue.
  GQueue runq ABSL_GUARDED_BY(lock);
  std::atomic<int> runqsize{0};

  // Spinning Ms: looking for work and promised to find it. See FindRunnable.
  alignas(64) std::atomic<int> nmspinning{0};

  // The timekeeper: the one idle M that sleeps only until the next timer. 0: it
  // need not wake.
  M* timekeeper ABSL_GUARDED_BY(lock) = nullptr;
  std::atomic<std::int64_t> sleep_until{0};

  // World.
  alignas(64) std::atomic<bool> stopping{false};
  int stopwait ABSL_GUARDED_BY(lock) = 0;
  Note stop_note;
  Mutex world_mu;  // serializes stop-the-world; taken unpinned only
  // Stored after the allp that it covers: whoever reads it to walk allp without
  // a P loads with acquire.
  std::atomic<int> gomaxprocs{0};
  P* allp[kMaxProcs] = {};
  // Ever created; >= gomaxprocs. Stored after the allp that it covers, too.
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
  // Dead but for threads that we do not know: see deadlock.cc.
  bool suspect_dead ABSL_GUARDED_BY(lock) = false;

  // Threads that are not ours and have used the runtime: all, and those parked
  // in it.
  std::atomic<int> nforeign{0};
  std::atomic<int> nforeign_parked{0};
  std::atomic<int> external_wakers{0};
  std::atomic<int> nhidden{0};  // the runtime's own that are no Ms

  // Run.
  std::atomic<std::uint32_t> run_id{0};  // of the Run in progress; 0: none
  std::atomic<bool> main_exited{false};  // its main goroutine has called Goexit

  // Of the thread that started the runtime; every M gets it.
  sigset_t initial_sigmask{};
  bool have_membarrier = false;
  bool force_migrate = false;
};

extern Sched sched;

// thread.cc: how threads begin and end.

// CountM counts one more M, or ends the program because that is too many.
struct MNumber {
  std::int64_t id;
  M* dead;  // an M to be used again, or nullptr
};
MNumber CountM() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);
// NewM starts the thread of a counted M, with p, which is in the caller's hands.
void NewM(MNumber number, P* p, bool spinning);
// EnsureTemplateThread: before this thread is locked. Pinned.
void EnsureTemplateThread();

// m.cc: who runs which P.

// StartM runs p on an idle M or a new one. Null: takes an idle P.
void StartM(P* p, bool spinning);
// WakeP makes one more M spin, if there are idle Ps and no M spins already.
void WakeP();
// HandoffP gives a P that its M cannot use to another M, or to the idle list.
void HandoffP(P* p);
// NoteNewTimer: a timer was added that fires at `when`.
void NoteNewTimer(std::int64_t when);
void AcquireP(M* m, P* p);
P* ReleaseP(M* m);
P* PIdleGet() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);
void PIdlePut(P* p) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);
// GoIdle, when there is nothing to do, gives P up, looks once more and sleeps.
// Runs on g0.
void GoIdle(M* m);
// StopLockedM sleeps until m->locked_g is to run, and hands its P away
// meanwhile. Runs on g0.
void StopLockedM(M* m);
// StartLockedM gives this M's P to the M that g is locked to. Runs on g0.
void StartLockedM(M* m, G* g);
// EndLockedM: g, which is locked to its thread, never runs again: nor does that.
// While the world is stopped.
void EndLockedM(G* g);
// InitThisM fills in what an M knows of its thread, on that thread.
void InitThisM(M* m);
void SetSlow(M* m, MSlow bit);
void ClearSlow(M* m, MSlow bit);
// EarliestTimer is the first of all Ps; 0: none.
std::int64_t EarliestTimer();
// MindTimers makes an M look at the timers of all Ps, now that some have become
// idle.
void MindTimers();

// proc.cc: choosing what runs.

// ScheduleLoop is g0's life. It returns if the thread is to end.
void ScheduleLoop(M* m);
void GlobRunqPut(G* g);
// RunqPut: by the owner of p.
void RunqPut(P* p, G* g, bool next);
// AnyRunnable: some ring or the global queue has something in it.
bool AnyRunnable();
// QueueNew queues a goroutine that has just been made: it runs next.
void QueueNew(G* g);
// SwitchToG0: g is in somebody's hands already, or never runs again.
void SwitchToG0(G* g);
// NextAfterDying picks who runs after a goroutine that has ended, and makes it
// current: a fresh one that has taken over the stack (here), or one to jump to.
struct Successor {
  G* g;
  bool here;
};
Successor NextAfterDying(M* m, G* g);
void FinishPrevious(M* m, G* prev, Context ctx);

// goroutine.cc: birth and death.

// AttachStack gives a fresh G a stack and a context.
void AttachStack(P* p, G* g);
// ReleaseDead: after the switch away from a goroutine that has ended.
void ReleaseDead(M* m, G* g);
void FreeG(P* p, G* g);
void FlushGs(P* p);  // procresize

// sysmon.cc

void StartSysmon();
// StampWaits notes who has begun to wait (kWaitSeen in wait_reason.h).
void StampWaits(std::int64_t now);
// TryRetake takes p from an M that is in user code; p is then in the caller's
// hands.
bool TryRetake(P* p);

// schedtrace.cc
void ReadGodebug();                      // at the start
std::int64_t SchedTracePeriod();         // ns; 0: GODEBUG does not ask for it
void SchedTraceIfDue(std::int64_t now);  // sysmon

// world.cc

// StopForWorld gives P up, as the world is being stopped. Runs on g0.
void StopForWorld(M* m);
void InitProcs(int n);

// foreign.cc

void ParkForeign(G* g);
void ReadyForeign(G* g);

// deadlock.cc

void CheckDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SCHED_H_
