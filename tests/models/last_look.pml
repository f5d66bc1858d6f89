// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Waking Ms: spinning, and the last look before sleep (the head of
// sched/proc.cc, "Waking Ms").
//
//   M        Schedule, FindRunnable, StealWork, MaySpin, ResetSpinning,
//            LeavesWork (sched/proc.cc), GoIdle, WakeP, StartM (sched/m.cc), and the goroutine it runs,
//            which may Ready another one, eagerly (Enqueue into the ring) or
//            lazily (runnext), be asked to yield (PinSlow), end, or compute for
//            ever
//   Sysmon   takes the P of an M that computes, and HandoffP (sched/m.cc)
//   Thread   one that is not ours: GlobRunqPut, WakeP (sched/proc.cc)
//
// Gs are counted, not told apart. A section under sched.lock that looks at
// nothing else is one step. All words are written by locked instructions or
// under sched.lock, except for the tails of the rings: those are plain stores,
// which may stay in the store buffer of the P's owner for a while (`unseen`).
// tso.pml says more on that; here a counter for each P is enough.
//
// Property: once nothing moves any more, no G is in a ring or in the global
// queue while a P is idle. Left out are runnext and what a P that wakes lazily
// puts into its ring: both wait for that P's M, or sysmon.
//
//   holds: EAGER=1 LAZY=1
//   holds: EAGER=1 LAZY=1 NO_MEMBARRIER
//   holds: LAZY=1 ASKS=1
//   holds: LAZY=1 ASKS=1 NO_MEMBARRIER
//   holds: EAGER=1 RETAKES=1
//   holds: THREADS=1
//   fails: EAGER=1 MUTANT_NO_HEAVY_FENCE | assertion | an M goes to sleep, no fence
//   fails: EAGER=1 NO_MEMBARRIER MUTANT_NO_LIGHT_FENCE | assertion | Enqueue, no fence
//   fails: EAGER=1 MUTANT_NO_LAST_LOOK | assertion | GoIdle does not look again
//   fails: EAGER=2 MUTANT_NO_RESET_LOOK | assertion | ResetSpinning does not look
//   fails: LAZY=1 ASKS=1 MUTANT_SILENT_YIELD | assertion | Schedule does not mind what it leaves
//   fails: EAGER=1 RETAKES=1 MUTANT_EARLY_COUNT | assertion | HandoffP counts idle Ps before it holds the lock

#define NM 3  // the last is for a P that is taken
#define NP 2
#define NONE 255

// What may happen, lest the model be endless.
#ifndef EAGER
#define EAGER 0
#endif
#ifndef LAZY
#define LAZY 0
#endif
#ifndef ASKS
#define ASKS 0
#endif
#ifndef RETAKES
#define RETAKES 0
#endif
#ifndef THREADS
#define THREADS 0
#endif

byte seen[NP];    // Gs in the ring, as others see it
byte unseen[NP];  // and those whose Put is in the store buffer of the owner
bool runnext[NP];
byte runqsize;
byte npidle, nmspinning;
byte lock;  // sched.lock
bool p_idle[NP];
bool m_idle[NM];
bool m_new = RETAKES > 0;  // the last M has not been started
bool spinning[NM];
bool note[NM];
byte next_p[NM] = NONE;
byte taken_p[NM] = NONE;  // what sysmon may take: the P of an M that computes

// What may still happen.
byte eager = EAGER, lazy = LAZY, asks = ASKS, retakes = RETAKES;

// In these, p is the P of the process that uses them.
#define DRAINED (p == NONE || unseen[p] == 0)
#define UNLOCKED (lock == 0 && DRAINED)
#ifdef NO_MEMBARRIER
#define HEAVY_FENCE DRAINED
#define LIGHT_FENCE DRAINED
#else
#define HEAVY_FENCE DRAINED; unseen[0] == 0; unseen[1] == 0
#define LIGHT_FENCE skip
#endif

active proctype Buffers() {
end:
  do
  :: atomic { unseen[0] > 0 -> unseen[0]--; seen[0]++ }
  :: atomic { unseen[1] > 0 -> unseen[1]--; seen[1]++ }
  od
}

inline PIdleGet(pp) {
  if
  :: p_idle[0] -> pp = 0
  :: !p_idle[0] && p_idle[1] -> pp = 1
  :: else -> pp = NONE
  fi;
  if
  :: pp != NONE -> p_idle[pp] = false; npidle--
  :: else
  fi
}

inline PIdlePut(pp) {
  assert(!p_idle[pp]);
  p_idle[pp] = true;
  npidle++
}

inline AnyRunnable() {
  any = runqsize > 0;
  if
  :: any
  :: else -> any = seen[0] > 0
  fi;
  if
  :: any
  :: else -> any = seen[1] > 0
  fi
}

// StartMWith runs P pp on an idle M or a new one.
inline StartMWith(pp, spins) {
  atomic {
    UNLOCKED ->
    if
    :: m_idle[0] -> x = 0
    :: m_idle[1] -> x = 1
    :: m_idle[2] -> x = 2
    :: !m_idle[0] && !m_idle[1] && !m_idle[2] -> assert(m_new); m_new = false; x = 2
    fi;
    m_idle[x] = false;
    spinning[x] = spins;
    next_p[x] = pp;
    pp = NONE;
    note[x] = true;
    x = 0
  }
}

inline WakeP(pp) {
  do
  :: atomic {
      DRAINED ->
      if
      :: nmspinning == 0 && npidle > 0 -> nmspinning = 1
      :: else -> break
      fi
    }
    atomic { UNLOCKED -> PIdleGet(pp) }
    if
    :: pp != NONE -> StartMWith(pp, true); break
    :: else ->
      atomic { DRAINED -> nmspinning-- }
      HEAVY_FENCE;
      AnyRunnable();
      if
      :: any -> any = false
      :: else -> break
      fi
    fi
  od
}

inline Submitted(pp) {
#ifndef MUTANT_NO_LIGHT_FENCE
  LIGHT_FENCE;
#endif
  if
  :: npidle > 0 -> WakeP(pp)
  :: else
  fi
}

proctype M(byte m; byte p) {
  byte x, n, other = NONE;
  bool any, was;
  if
  :: p == NONE -> goto sleep
  :: p == 0 -> goto running
  :: else
  fi;

find:  // FindRunnable
  any = false;
  if
  :: p != NONE
  :: else ->
    atomic { UNLOCKED -> PIdleGet(p) }
    if
    :: p == NONE -> goto idle
    :: else
    fi
  fi;
  atomic {  // TakeFromQueues
    DRAINED ->
    if
    :: runnext[p] -> runnext[p] = false; goto found
    :: !runnext[p] && seen[p] > 0 -> seen[p]--; goto found
    :: else
    fi
  }
  atomic {
    lock == 0 || runqsize == 0 ->
    if
    :: runqsize > 0 -> runqsize--; goto found
    :: else
    fi
  }
  atomic {  // MaySpin
    if
    :: spinning[m]
    :: !spinning[m] && 2 * nmspinning >= NP - npidle -> goto idle
    :: !spinning[m] && 2 * nmspinning < NP - npidle ->
      spinning[m] = true;
      nmspinning++
    fi
  }
  // StealWork
  atomic {
    n = seen[1 - p] - seen[1 - p] / 2;
    seen[1 - p] = seen[1 - p] - n
  }
  if
  :: n == 0 -> goto idle
  :: else ->
    atomic { unseen[p] = unseen[p] + n - 1; n = 0 }
  fi;

found:
  if
  :: spinning[m] ->  // ResetSpinning
    atomic {
      DRAINED ->
      assert(nmspinning > 0);
      spinning[m] = false;
      nmspinning--
    }
#ifndef MUTANT_NO_HEAVY_FENCE
    HEAVY_FENCE;
#endif
#ifndef MUTANT_NO_RESET_LOOK
    if
    :: npidle > 0 ->
      AnyRunnable();
      if
      :: any -> any = false; WakeP(other)
      :: else
      fi
    :: else
    fi
#endif
  :: else
#ifndef MUTANT_SILENT_YIELD
    -> LIGHT_FENCE;
    if
    :: npidle > 0 && runqsize + seen[p] + unseen[p] > 0 ->  // LeavesWork
      WakeP(other)
    :: else
    fi
#endif
  fi;

running:  // a goroutine
  do
  :: eager > 0 ->
    atomic { eager--; unseen[p]++ }
    Submitted(other)
  :: lazy > 0 && !runnext[p] ->
    atomic { lazy--; runnext[p] = true }
  :: asks > 0 ->  // PinSlow, with P
    asks--;
    if
    :: runnext[p] || seen[p] + unseen[p] > 0 || runqsize > 0 ->
      atomic { UNLOCKED -> runqsize++ }
      if
      :: runnext[p] ->  // slice_up
        runnext[p] = false;
        unseen[p]++
      :: skip
      fi;
      goto find
    :: else
    fi
  :: goto find  // it ends
  :: DRAINED -> taken_p[m] = p;  // it unpins: see pin_retake.pml
end_compute:
    taken_p[m] == NONE;
    p = NONE;
    // PinSlow, without P
    atomic {
      UNLOCKED ->
      PIdleGet(p);
      if
      :: p == NONE -> runqsize++
      :: else
      fi
    }
    if
    :: p == NONE -> goto idle
    :: else
    fi
  od;

idle:  // GoIdle
  atomic {
    UNLOCKED ->
    if
    :: p != NONE && runqsize > 0 -> goto find
    :: p != NONE && runqsize == 0 -> PIdlePut(p); p = NONE
    :: else
    fi;
    was = spinning[m];
    spinning[m] = false;
    m_idle[m] = true
  }
  if
  :: was ->
    was = false;
    atomic { DRAINED -> assert(nmspinning > 0); nmspinning-- }
  :: else
  fi;
#ifndef MUTANT_NO_HEAVY_FENCE
  HEAVY_FENCE;
#endif
#ifndef MUTANT_NO_LAST_LOOK
  atomic { UNLOCKED -> lock = m + 1 }
  if
  :: m_idle[m] ->
    AnyRunnable();
    if
    :: any && npidle > 0 ->
      atomic {
        PIdleGet(p);
        m_idle[m] = false;
        spinning[m] = true
      }
      atomic { DRAINED -> nmspinning++ }
      atomic { DRAINED -> lock = 0 }
      goto find
    :: else
    fi;
    any = false
  :: else
  fi;
  atomic { DRAINED -> lock = 0 }
#endif
sleep:
end_sleep:
  atomic {
    note[m] ->
    note[m] = false;
    p = next_p[m];
    next_p[m] = NONE
  }
  goto find
}

proctype Sysmon() {
  byte x, p = NONE, m, other = NONE;
  bool any, spins, look;
  do
  :: retakes > 0 ->
end:
    atomic {
      if
      :: taken_p[0] != NONE -> m = 0
      :: taken_p[1] != NONE -> m = 1
      :: taken_p[2] != NONE -> m = 2
      fi;
      p = taken_p[m];
      taken_p[m] = NONE;
      retakes--;
      m = 0
    }
    // HandoffP
    if
    :: runnext[p] || seen[p] > 0 || runqsize > 0 ->
      StartMWith(p, false)
    :: else ->
#ifdef MUTANT_EARLY_COUNT
      any = nmspinning == 0;
      any = any && npidle == 0;
      atomic { UNLOCKED -> any = any && nmspinning == 0 }
#endif
      atomic {
        UNLOCKED ->
        if
#ifdef MUTANT_EARLY_COUNT
        :: any -> nmspinning++; spins = true
        :: !any && runqsize == 0 -> PIdlePut(p); p = NONE
#else
        :: npidle == 0 && nmspinning == 0 -> nmspinning = 1; spins = true
        :: (npidle > 0 || nmspinning > 0) && runqsize == 0 ->
          PIdlePut(p);
          p = NONE;
          look = npidle == 1
#endif
        :: else
        fi;
        any = false
      }
      if
      :: p != NONE -> StartMWith(p, spins); spins = false
      :: else
      fi;
      if
      :: look && nmspinning == 0 ->
        HEAVY_FENCE;
        AnyRunnable();
        if
        :: any -> any = false; WakeP(other)
        :: else
        fi
      :: else
      fi;
      look = false
    fi
  :: retakes == 0 -> break
  od
}

proctype Thread() {
  byte x, p = NONE;
  bool any;
  atomic { UNLOCKED -> runqsize++ }
  WakeP(p)
}

active proctype Quiet() {
  timeout ->
  assert(npidle == 0 || runqsize + seen[0] + seen[1] == 0)
}

init {
  atomic {
    run M(0, 0);
    run M(1, 1);
#if RETAKES
    run M(2, NONE);
    run Sysmon();
#endif
#if THREADS
    run Thread();
#endif
  }
}
