// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Changing a timer against its firing (sched/timer.h, runtime/time.cc).
//
//   User     Stop, Reset, and the last handle's end: StopFunc, ResetFunc,
//            UnrefFuncTimer; StopChan, ResetChan; DropChan (runtime/chan.cc);
//            Alarm::Arm and Disarm, TimerAdd, TimerStop
//   Firer    TimerHeap::Run, on any M, for one of two heaps; FireFunc, FireChan,
//            Alarm::Due
//   Mover    TimerHeap::TakeAll, when GOMAXPROCS shrinks
//
// One timer; as an AfterFunc, or with TICKER as the channel of a ticker. It
// comes due at any time after it was armed. Everything is under a lock, but for
// TimerStop's first look at t->heap.
//
// Properties: each arming ends in exactly one way: an act of its own fire, a
// Stop or Reset that said true, or, for a channel, the end of its handles. The
// timer is freed once, after all else; no M fires into freed memory. It is in
// one heap at most.
//
//   holds:
//   holds: TICKER
//   fails: MUTANT_NO_PENDING | assertion | the fire does not look whether it was stopped
//   fails: MUTANT_NO_SEQ | assertion | nor of which arming it is
//   fails: MUTANT_NO_REFERENCE | assertion | an arming is no reference
//   fails: TICKER MUTANT_NO_REFERENCE | assertion | likewise
//   fails: MUTANT_LATE_SEQ | assertion | Run reads the number after its lock
//   fails: MUTANT_ONE_LOOK | assertion | TimerStop does not look again under the lock
//   fails: MUTANT_LATE_REMOVE | assertion | Run fires first and removes then

#define NONE 2
#define ARMINGS 7  // and 0, which is none

byte heap = NONE;      // t->heap
bool mu[2];            // of the heaps
bool lock;             // of the timer's owner
bool pending;
byte seq;
byte refs = 1;         // FuncTimer::refs, or Hchan::selects and the handles
byte ticks = 2;        // how often a ticker may still arm itself
bool gone;             // Hchan::handles_gone

// Ghosts.
bool freed;
bool over[ARMINGS];    // the arming of this number has acted or was stopped

#define LOCK(l) atomic { !l -> l = true }
#define UNLOCK(l) l = false
#define ALIVE assert(!freed)

inline Over(number) {
  assert(!over[number]);
  over[number] = true
}

inline Unref() {
  atomic {
    ALIVE;
    assert(refs > 0);
    refs--;
    if
    :: refs == 0 -> freed = true
    :: else
    fi
  }
}

inline TimerAdd() {
  if
  :: h = 0
  :: h = 1
  fi;
  LOCK(mu[h]);
  atomic { ALIVE; assert(heap == NONE); heap = h }
  UNLOCK(mu[h]);
  h = NONE
}

inline Arm() {
  ALIVE;
  seq++;
  pending = true;
  TimerAdd()
}

// TimerStop sets `reference` if it disarms: the arming's reference is the
// caller's then.
inline TimerStop() {
  do
  :: h = heap;
    if
    :: h == NONE -> break
    :: else
    fi;
    LOCK(mu[h]);
    if
#ifndef MUTANT_ONE_LOOK
    :: heap != h -> UNLOCK(mu[h])
#endif
    :: else ->
      atomic { assert(heap == h); heap = NONE }
      UNLOCK(mu[h]);
      reference = true;
      break
    fi
  od;
  h = NONE
}

inline Disarm() {
  ALIVE;
  if
  :: pending ->
    atomic { pending = false; Over(seq) }
    TimerStop()
  :: else
  fi
}

proctype User() {
  byte h = NONE, ops = 3;
  bool reference;
#ifdef MUTANT_NO_REFERENCE
#define REF skip
#define UNREF skip
#else
#define REF atomic { ALIVE; refs++ }
#define UNREF Unref()
#endif

  LOCK(lock);
  REF;
  Arm();
  UNLOCK(lock);
  do
  :: ops > 0 ->
    ops--;
    LOCK(lock);
    Disarm();
    if
    :: skip  // Stop
    :: REF; Arm()  // Reset
    fi;
    UNLOCK(lock);
    if
    :: reference -> UNREF; reference = false
    :: else
    fi
  :: break
  od;
#ifdef TICKER
  // DropChan
  LOCK(lock);
  gone = true;
  TimerStop();
  if
  :: reference -> Over(seq); UNREF
  :: else
  fi;
  Unref();
  UNLOCK(lock)
#else
  Unref()
#endif
}

proctype Firer(byte mine) {
  byte number, h = NONE;
  bool due, again;
end:
  do
  :: atomic { !mu[mine] && heap == mine -> mu[mine] = true }
    ALIVE;
#ifdef MUTANT_LATE_SEQ
    atomic { heap = NONE; UNLOCK(mu[mine]) }
    ALIVE;
    number = seq;
#else
    number = seq;
#ifndef MUTANT_LATE_REMOVE
    heap = NONE;
#endif
    UNLOCK(mu[mine]);
#endif
    ALIVE;  // fire
    LOCK(lock);
    ALIVE;
    due = true;
#ifndef MUTANT_NO_PENDING
    due = due && pending;
#endif
#ifndef MUTANT_NO_SEQ
    due = due && seq == number;
#endif
    if
    :: due ->
      due = false;
      pending = false;
      atomic { assert(seq == number); Over(number) }
      again = false;
#ifdef TICKER
      if
      :: ticks > 0 && !gone ->
        ticks--;
        Arm();  // the reference goes over to this arming
        again = true
      :: else
      fi
#endif
    :: else
    fi;
    UNLOCK(lock);
    if
    :: again
    :: else -> UNREF
    fi;
    again = false;
    number = 0;
#ifdef MUTANT_LATE_REMOVE
    LOCK(mu[mine]);
    ALIVE;
    heap = NONE;
    UNLOCK(mu[mine])
#endif
  od
}

proctype Mover() {
  LOCK(mu[0]);
  LOCK(mu[1]);
  if
  :: heap == 1 -> ALIVE; heap = 0
  :: else
  fi;
  UNLOCK(mu[1]);
  UNLOCK(mu[0])
}

active proctype Quiet() {
  byte i;
  timeout ->
  assert(freed && heap == NONE);
  for (i : 1 .. seq) {
    assert(over[i])
  }
}

init {
  atomic {
    run User();
    run Firer(0);
    run Firer(1);
    run Mover()
  }
}
