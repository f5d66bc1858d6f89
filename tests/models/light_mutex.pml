// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LightMutex: sleeping on a lock whose Unlock does not fence
// (sched/light_mutex.h, .cc).
//
//   User      Lock, LockSlow, Unlock, UnlockSlow, over and over
//   asleep    the users in FutexWait; the kernel looks at the word and puts the
//             thread to sleep in one step, and may wake it for no reason
//
// The word is written by exchanges, which are steps of their own, and by
// Unlock's plain store. The counter of sleepers is written by locked
// instructions only.
//
// With LOST, membarrier works until it is refused, at any moment: from then on
// Unlock fences (kNoMembarrier), and a sleeper looks again after a while.
//
// Properties: at most one thread is between Lock and Unlock. None sleeps for
// ever: when a user has stopped, which it does only outside of the lock, the
// others go on.
//
//   holds:
//   holds: NO_MEMBARRIER
//   holds: LOST
//   fails: MUTANT_NO_HEAVY_FENCE | hang | the sleeper does not fence
//   fails: NO_MEMBARRIER MUTANT_NO_FENCE | hang | the holder does not fence
//   fails: MUTANT_UNCOUNTED | hang | a sleeper does not count as one
//   fails: LOST MUTANT_NO_LIMIT | hang | a sleeper trusts in the fence of Unlock
//   fails: MUTANT_BLIND_WAIT | hang | FutexWait does not look at the word

#define NTHREADS 3
#define DEPTH 2
#define WORD 0
#define NWORDS 1

#include "tso.pml"

#define FREE 0
#define HELD 1

byte sleepers;
bool lost;    // membarrier is refused
bool fenced;  // kNoMembarrier in the counter of sleepers
bool asleep[NTHREADS];
byte inside;  // ghost

// atomic: the whole is one locked instruction.
#define EXCHANGE(old) \
  atomic { DRAINED(t) -> old = mem[WORD]; mem[WORD] = HELD }

inline FutexWait() {
  atomic {
    DRAINED(t) ->
    if
#ifdef MUTANT_BLIND_WAIT
    :: asleep[t] = true
#else
    :: mem[WORD] == HELD -> asleep[t] = true
    :: else
#endif
    :: skip  // a signal
    fi
  }
#if defined(LOST) && !defined(MUTANT_NO_LIMIT)
  if
  :: !asleep[t]
  :: atomic { !sure -> asleep[t] = false }  // the time is up
  fi
#else
  !asleep[t]
#endif
}

inline FutexWake() {
  atomic {
    DRAINED(t) ->
    if
    :: asleep[0] -> asleep[0] = false
    :: asleep[1] -> asleep[1] = false
    :: asleep[2] -> asleep[2] = false
    :: !asleep[0] && !asleep[1] && !asleep[2]
    fi
  }
}

proctype User(byte t) {
  byte was, i;
  bool sure, sees;
end:
  do
  :: EXCHANGE(was);
    if
    :: was == FREE
    :: else ->  // LockSlow
      atomic { DRAINED(t) -> sleepers++ }
#ifdef LOST
      if
      :: !lost ->
        HEAVY_FENCE(t, i);
        sure = true
      :: sure = false;
        lost = true;
        fenced = true;
        DRAINED(t)
      fi;
#elif !defined(MUTANT_NO_HEAVY_FENCE)
      HEAVY_FENCE(t, i);
#endif
      do
      :: LOADED(t, WORD) == FREE ->
        EXCHANGE(was);
        if
        :: was == FREE -> break
        :: else
        fi
      :: LOADED(t, WORD) == HELD ->
#ifdef MUTANT_UNCOUNTED
        atomic { DRAINED(t) -> sleepers-- }
        FutexWait();
        atomic { DRAINED(t) -> sleepers++ }
#else
        FutexWait()
#endif
      od;
      atomic { DRAINED(t) -> sleepers-- }
    fi;

    inside++;
    assert(inside == 1);
    inside--;

    Store(t, WORD, FREE);
#if defined(NO_MEMBARRIER) && !defined(MUTANT_NO_FENCE)
    DRAINED(t);
#endif
#ifdef LOST
    sees = sleepers > 0 || fenced;
    if
    :: sees ->
      sees = false;
      DRAINED(t);
      if
      :: sleepers > 0 -> FutexWake()
      :: else
      fi
    :: else
    fi;
    sure = false
#else
    if
    :: sleepers > 0 -> FutexWake()
    :: else
    fi
#endif
  :: break
  od
}

init {
  byte t;
  atomic {
    for (t : 0 .. NTHREADS - 1) {
      run User(t)
    }
  }
}
