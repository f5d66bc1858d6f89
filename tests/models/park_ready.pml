// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Switching straight to the next goroutine: park, ready and on_cpu
// (sched/g.h, next.h, switch_to.h, proc.cc).
//
//   M             a thread with its P: goroutines' code, one step of one
//                 goroutine's after the other, and g0's
//   ParkCommitted, NextLocal, TryWaitOffCpu    on a goroutine's stack
//   Schedule, FindRunnable, WaitOffCpu         on g0
//   SwitchTo, Arrive, FinishPrevious           at each switch
//   Ready, Yield, RunqPut                      called by goroutines
//
// A goroutine parks, readies one that is parked, or yields, a few times over,
// and ends; the last one awake readies instead of parking. Park's commit is
// allowed to ready another one after it has made its own goroutine visible,
// which none in runtime/ does today (QUIET_COMMITS); only then do two
// goroutines that wait for each other's on_cpu wait for ever. Gs are 0 … NG-1,
// runq is the own ring without runnext, and stealing takes one G. on_cpu is
// stored before the goroutine is published and cleared by a release, so memory
// may be taken as sequential.
//
// SMALL is a level of tools/theatre: two goroutines, each of which does one thing.
//
// Properties: no M switches to a G whose registers are not saved, so no G is
// on two Ms; each G is in one place, a queue or a wait queue or an M's hands;
// all Gs run to their ends, so none is lost and no two Ms wait for each other.
//
//   holds:
//   holds: MUTANT_GOROUTINE_WAITS QUIET_COMMITS
//   holds: SMALL QUIET_COMMITS
//   fails: MUTANT_NO_WAIT | assertion | no M looks at on_cpu
//   fails: SMALL QUIET_COMMITS MUTANT_NO_WAIT | assertion | the same
//   fails: MUTANT_EARLY_CLEAR | assertion | on_cpu is cleared before the save
//   fails: MUTANT_GOROUTINE_WAITS | hang | a parking goroutine waits, too
//   fails: MUTANT_NO_PENDING | hang | g0 does not look at m->pending

#define NM 2
#ifdef SMALL
#define NG 2
#define STEPS 1
#define SOME_WAIT (waiting[0] || waiting[1])
#else
#define NG 3
#define STEPS 2  // of each goroutine
#define SOME_WAIT (waiting[0] || waiting[1] || waiting[2])
#endif
#define NONE 255
#define G0 254

bool on_cpu[NG];
bool saved[NG] = true;   // the switch point is complete, and no M stands on it
bool waiting[NG];        // in a wait queue, under its lock
bool queued[NG];         // ghost: in a run queue or m->pending
byte steps[NG] = STEPS;
byte awake = NG;         // neither waiting nor ended
byte ended;
chan runq[NM] = [NG] of { byte };
byte pending[NM] = NONE;

mtype = { park, ready, yield, end };

inline Put(mm, gg) {
  atomic {
    assert(!queued[gg] && !waiting[gg]);
    queued[gg] = true;
    runq[mm]!gg
  }
}

// TryGet takes a G from the ring of `mm` into this M's hands, or G0 for none.
inline TryGet(mm) {
  atomic {
    if
    :: runq[mm]?next -> queued[next] = false
    :: empty(runq[mm]) -> next = G0
    fi
  }
}

// ReadyOne takes some G out of a wait queue and readies it.
inline ReadyOne(gg) {
  atomic {
    if
    :: waiting[0] -> gg = 0
    :: waiting[1] -> gg = 1
#ifndef SMALL
    :: waiting[2] -> gg = 2
#endif
    :: !SOME_WAIT -> gg = NONE
    fi;
    if
    :: gg != NONE -> waiting[gg] = false; awake++
    :: else
    fi
  }
  if
  :: gg != NONE -> Put(m, gg); gg = NONE
  :: else
  fi
}

// SwitchTo leaves `from`, G0 or a G, for `next`.
inline SwitchTo() {
  if
  :: next != G0 -> on_cpu[next] = true  // Arrive
  :: else
  fi;
  atomic {  // the jump
    if
    :: next != G0 -> assert(saved[next]); saved[next] = false
    :: else
    fi;
    from = cur;
    cur = next;
    next = NONE
  }
  if
  :: from == G0 || from == NONE  // NONE: has ended, see ReleaseDead
#ifdef MUTANT_EARLY_CLEAR
  :: else -> on_cpu[from] = false; saved[from] = true
#else
  :: else -> saved[from] = true; on_cpu[from] = false  // FinishPrevious
#endif
  fi;
  from = NONE
}

// NextLocal sets `next` to a G, or to G0.
inline NextLocal() {
  TryGet(m);
#ifndef MUTANT_NO_WAIT
  if
  :: next == G0
#ifdef MUTANT_GOROUTINE_WAITS
  :: else -> !on_cpu[next]
#else
  :: next != G0 && on_cpu[next] ->  // TryWaitOffCpu gives up, at some time
    atomic {
      queued[next] = true;
      pending[m] = next;
      next = G0
    }
  :: next != G0 && !on_cpu[next]
#endif
  fi
#endif
}

proctype M(byte m) {
  byte cur = G0, next = NONE, from = NONE, other = NONE;
  mtype does;
  do
  :: cur == G0 && (pending[m] != NONE || nempty(runq[m]) ||
                   nempty(runq[1 - m]) || ended == NG) ->
    // FindRunnable
    if
#ifndef MUTANT_NO_PENDING
    :: pending[m] != NONE ->
      atomic { next = pending[m]; pending[m] = NONE; queued[next] = false }
#endif
    :: pending[m] == NONE && nempty(runq[m]) -> TryGet(m)
    :: pending[m] == NONE && empty(runq[m]) && ended < NG -> TryGet(1 - m)
    :: ended == NG -> break
    fi;
    if
    :: next == G0 -> next = NONE
    :: else ->
#ifndef MUTANT_NO_WAIT
      !on_cpu[next];  // WaitOffCpu
#endif
      SwitchTo()
    fi
  :: cur != G0 && steps[cur] > 0 ->
    atomic {
      steps[cur]--;
      if
      :: awake > 1 -> does = park; awake--; waiting[cur] = true
      :: does = ready
      :: does = yield
      fi
    }
    if
    :: does == park ->  // and is published
      if
      :: skip
#ifndef QUIET_COMMITS
      :: ReadyOne(other)  // by a commit that goes on
#endif
      fi;
      NextLocal();
      SwitchTo()
    :: does == ready ->
      ReadyOne(other)
    :: does == yield ->
      NextLocal();
      if
      :: next == G0 && pending[m] == NONE -> next = NONE
      :: else -> Put(m, cur); SwitchTo()
      fi
    fi
  :: cur != G0 && steps[cur] == 0 ->  // the end, after readying all that wait
    atomic {
      if
      :: SOME_WAIT -> does = ready
      :: else -> does = end; ended++; awake--; cur = NONE
      fi
    }
    if
    :: does == ready -> ReadyOne(other)
    :: does == end ->
      NextLocal();  // NextAfterDying
      SwitchTo()
    fi
  od
}

init {
  atomic {
    Put(0, 0);
#ifdef SMALL
    Put(1, 1);
#else
    Put(0, 1);
    Put(1, 2);
#endif
    run M(0);
    run M(1)
  }
}
