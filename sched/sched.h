// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sched: the one scheduler object, and what the scheduler's own files call of
// each other. The rest of the runtime includes proc.h.
//
// Lock order: an object's lock (a channel's, the signals' registry's), then a
// timer heap's, then sched.lock. An M's retake_mu and gfree_lock stand alone:
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
#include "sched/runq.h"
#include "sched/world.h"

namespace gosling::sched {

struct Sched {
  Mutex lock;

  // Idle Ms, most recently used first; the timekeeper, if any, last.
  M* midle_head ABSL_GUARDED_BY(lock) = nullptr;
  M* midle_tail ABSL_GUARDED_BY(lock) = nullptr;
  int nmidle ABSL_GUARDED_BY(lock) = 0;
  int mcount ABSL_GUARDED_BY(lock) =
      0;  // our Ms, idle ones included; foreign ones not
  int nmsystem ABSL_GUARDED_BY(lock) =
      0;  // Ms in EnterSystemBlock, or waiting for their locked G
  int max_mcount ABSL_GUARDED_BY(lock) = 10000;
  std::int64_t mnext ABSL_GUARDED_BY(lock) = 0;

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
  int nallp = 0;  // ever created; >= gomaxprocs

  // All Ms and Gs, for sysmon and dumps. Both only grow.
  std::atomic<M*> allm{nullptr};

  // Free Gs, the overflow of the Ps' lists.
  Mutex gfree_lock;
  G* gfree ABSL_GUARDED_BY(gfree_lock) = nullptr;
  int ngfree ABSL_GUARDED_BY(gfree_lock) = 0;
  std::atomic<std::uint64_t> goid_next{1};
  std::atomic<std::int64_t> ngo{0};  // goroutines started or ended without a P

  // Sysmon.
  Note sysmon_note;
  bool sysmon_waiting ABSL_GUARDED_BY(lock) = false;
  bool suspect_dead ABSL_GUARDED_BY(lock) =
      false;  // but for threads we do not know: see deadlock.cc

  // Threads that are not ours and have used the runtime: all, and those parked
  // in it.
  std::atomic<int> nforeign{0};
  std::atomic<int> nforeign_parked{0};
  std::atomic<int> external_wakers{0};

  // Run.
  std::atomic<std::uint32_t> run_id{0};  // of the Run in progress; 0: none
  std::atomic<bool> main_exited{false};  // its main goroutine has called Goexit

  sigset_t initial_sigmask{};  // of the thread that started the runtime; every
                               // M gets it
  bool have_membarrier = false;
  bool force_migrate = false;
};

extern Sched sched;

// m.cc: threads and who runs which P.
void StartM(
    P* p,
    bool spinning);  // runs p on an idle M or a new one; null: takes an idle P
void WakeP();        // one more spinning M, if there are idle Ps and no M spins
                     // already
void HandoffP(
    P* p);  // gives a P that its M cannot use to another M, or to the idle list
void NoteNewTimer(std::int64_t when);  // a timer was added that fires at `when`
void AcquireP(M* m, P* p);
P* ReleaseP(M* m);
P* PIdleGet() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);
void PIdlePut(P* p) ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);
void GoIdle(M* m);  // on g0, nothing to do: gives P up, looks once more, sleeps
void StopLockedM(M* m);  // on g0: sleeps until m->locked_g is to run, hands its
                         // P away meanwhile
void StartLockedM(
    M* m, G* g);       // on g0: gives this M's P to the M that g is locked to
void InitThisM(M* m);  // fills in what an M knows of its thread, on that thread
void SetSlow(M* m, MSlow bit);
void ClearSlow(M* m, MSlow bit);
std::int64_t EarliestTimer();  // over all Ps; 0: none
void MindTimers();  // makes an M look at the timers of all Ps, now that some
                    // have become idle

// proc.cc: choosing what runs.
[[noreturn]] void ScheduleLoop(M* m);  // g0's life
void GlobRunqPut(G* g);
void RunqPut(P* p, G* g, bool next);  // owner of p
bool AnyRunnable();     // some ring or the global queue has something in it
void QueueNew(G* g);    // a goroutine that has just been made: runs next
void SwitchToG0(G* g);  // g is in somebody's hands already, or never runs again
// NextAfterDying picks who runs after a goroutine that has ended, and makes it
// current: a fresh one that has taken over the stack (here), or one to jump to.
struct Successor {
  G* g;
  bool here;
};
Successor NextAfterDying(M* m, G* g);
void FinishPrevious(M* m, G* prev, Context ctx);

// goroutine.cc: birth and death.
void AttachStack(P* p, G* g);  // gives a fresh G a stack and a context
void ReleaseDead(
    M* m, G* g);  // after the switch away from a goroutine that has ended
void FreeG(P* p, G* g);
void FlushGs(P* p);  // procresize
void ForEachG(void (*f)(G*, void*), void* arg);

// sysmon.cc
void StartSysmon();
bool TryRetake(P* p);  // takes p from an M that is in user code; p is then in
                       // the caller's hands

// world.cc
void StopForWorld(M* m);  // on g0: the world is being stopped; gives P up
void InitProcs(int n);

// foreign.cc
void ParkForeign(G* g);
void ReadyForeign(G* g);

// deadlock.cc
void CheckDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sched.lock);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SCHED_H_
