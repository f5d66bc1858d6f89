// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Waking Ms: spinning, and the last look before sleep (the head of
// sched/idle.h, "Waking Ms").
//
//   M        Schedule, FindRunnable, StealWork, MayStartSpinning, LookForMore,
//            LeavesWork (sched/schedule.cc), GoIdle (sched/idle.cc), WakeP,
//            StartM (sched/handoff.cc), and the goroutine it runs, which may
//            Ready another one, eagerly (Enqueue into the ring) or lazily
//            (runnext), be asked to yield (PinSlow), end, or compute for ever
//   Sysmon   takes the P of an M that computes, and HandoffP (sched/handoff.cc)
//   Thread   a foreign one: PutGlobal (sched/global_queue.cc), WakeP
//   Trimmer  sysmon, which ends an idle M (TrimIdleMs in sched/idle.cc)
//
// With POLLS, so many reports arrive, each for a goroutine that waits for a
// descriptor, and an idle M sleeps in the poller (the last half of
// sched/idle.cc: Enter, LastLook, SleepInPoller, WakeIdleM's BreakPoll):
//
//   M        looks without blocking, too: TakeFromPoller
//   Net      the system, which reports; and sysmon's PollForOthers, which does
//            nothing while all Ps are idle
//   VACANT   a state to begin with: one M runs that was the poller until it was given a
//            P, another sleeps on its note
//   Opener   a thread that uses the poller for the first time: StartPolling in
//            sched/netpoll.cc (with OPENS; else it is in use from the start)
//
// Gs are counted, not told apart. A section under scheduler.lock that looks at
// nothing else is one step. All words are written by locked instructions or
// under scheduler.lock, except for the tails of the rings: the owner writes
// those by plain stores, which may stay in its store buffer for a while
// (`unseen`). tso.pml says more on that; here a counter for each P is enough.
//
// Property: once nothing moves any more, no G is in a ring or in the global
// queue while a P is idle. Left out are Gs in runnext, and in the ring of a P
// that wakes lazily: they wait for that P's M, or sysmon. With POLLS also: no M
// that was woken is still in the poller, with a P in its hands perhaps; and no
// report is left there. Memory is sequential then: what is new is written under
// scheduler.lock.
//
// SMALL is a level of tools/theatre: memory is sequential.
//
// With LOST, membarrier works until it is refused, at any moment; from then on
// LightFence is a full fence (sched/fence.cc). A submitter that is past its look
// at kFence has none this once, so a G may be missed. The property is then that
// such a G is in the ring of a P that an M runs, where sysmon finds it
// (WakeOthers in sched/sysmon.cc): not in the global queue, nor at an idle P.
//
//   holds: EAGER=1 LAZY=1
//   holds: EAGER=1 LAZY=1 NO_MEMBARRIER
//   holds: LAZY=1 ASKS=1
//   holds: LAZY=1 ASKS=1 NO_MEMBARRIER
//   holds: EAGER=1 RETAKES=1
//   holds: THREADS=1
//   holds: EAGER=1 LAZY=1 LOST
//   holds: LAZY=1 ASKS=1 LOST
//   holds: EAGER=1 SMALL
//   holds: EAGER=1 LAZY=1 TRIMS=1
//   holds: EAGER=1 TRIMS=1 NO_MEMBARRIER
//   holds: THREADS=1 TRIMS=1
//   holds: POLLS=1 THREADS=1
//   holds: POLLS=1 OPENS
//   holds: POLLS=1 RETAKES=1 VACANT
//   fails: EAGER=1 MUTANT_NO_HEAVY_FENCE | assertion | an M goes to sleep, no fence
//   fails: EAGER=1 NO_MEMBARRIER MUTANT_NO_LIGHT_FENCE | assertion | Enqueue, no fence
//   fails: EAGER=1 MUTANT_NO_LAST_LOOK | assertion | GoIdle does not look again
//   fails: EAGER=1 SMALL MUTANT_NO_LAST_LOOK | assertion | the same
//   fails: EAGER=2 MUTANT_NO_RESET_LOOK | assertion | LookForMore does not look
//   fails: LAZY=1 ASKS=1 MUTANT_SILENT_YIELD | assertion | Schedule does not mind the Gs that it leaves
//   fails: EAGER=1 RETAKES=1 MUTANT_EARLY_COUNT | assertion | HandoffP counts idle Ps before it holds the lock
//   fails: EAGER=1 LOST MUTANT_NO_SYSMON | assertion | sysmon does not look into the rings
//   fails: EAGER=2 LOST MUTANT_NO_LAST_LOOK | assertion | GoIdle does not look again
//   fails: EAGER=1 TRIMS=1 MUTANT_ENDS_BLIND | assertion | an M that is to end does not look again
//   fails: POLLS=1 THREADS=1 MUTANT_NO_BREAK | assertion | WakeIdleM does not break the poll
//   fails: POLLS=1 THREADS=1 MUTANT_EARLY_BREAK | assertion | it does so before it has the M out of the list
//   fails: POLLS=1 THREADS=1 MUTANT_LATE_ROLE | assertion | the M is in the list before it is the poller
//   fails: POLLS=1 THREADS=1 MUTANT_KEEPS_POLLER | assertion | an M that its last look calls away stays the poller
//   fails: POLLS=1 THREADS=1 MUTANT_NO_LAST_LOOK | assertion | the poller does not look again before it sleeps
//   fails: POLLS=1 OPENS MUTANT_NO_KEEPER | assertion | StartPolling wakes no M
//   fails: POLLS=1 RETAKES=1 VACANT MUTANT_HANDED_P | assertion | HandoffP lets the last P go idle with no M in the poller
//   fails: POLLS=1 THREADS=1 MUTANT_NO_WATCHER | assertion | sysmon does not poll

#define NM 3  // the last is for a P that is taken
#define NP 2
#define NONE 255

// How often each may happen, lest the model be endless.
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
#ifndef POLLS
#define POLLS 0
#endif
#ifndef TRIMS
#define TRIMS 0
#endif

#if POLLS || defined(SMALL)
#define SEQUENTIAL 1
#else
#define SEQUENTIAL 0
#endif

byte seen[NP];    // Gs in the ring, as others see it
#if !SEQUENTIAL
byte unseen[NP];  // and those whose Put is in the store buffer of the owner
#endif
bool runnext[NP];
byte runqsize;
byte npidle, nmspinning;
byte lock;  // scheduler.lock
bool p_idle[NP];
bool m_idle[NM];
bool m_new = RETAKES > 0 || POLLS > 0 || TRIMS > 0;  // the last M has not been started
bool spinning[NM];
bool note[NM];
byte next_p[NM] = NONE;
#if TRIMS
bool surplus[NM];
#endif
byte taken_p[NM] = NONE;  // the P of an M that computes: sysmon may take it

#if POLLS
byte poller = NONE;
bool eventfd;  // the break
byte reports = POLLS;
byte arrived;  // reports that no poll has taken
#ifdef OPENS
bool used;
#else
bool used = true;
#endif
#endif

bool lost;  // membarrier is refused, and kFence set

// How often each may still happen.
byte eager = EAGER, lazy = LAZY, asks = ASKS, retakes = RETAKES;

// In these, p is the P of the process that uses them.
#if SEQUENTIAL
#define DRAINED true
#define unseen seen
#define ONE_STEP atomic
#else
#define ONE_STEP
#define DRAINED (p == NONE || unseen[p] == 0)
#endif
#define UNLOCKED (lock == 0 && DRAINED)
#if SEQUENTIAL
#define HEAVY_FENCE skip
#define LIGHT_FENCE skip
#elif defined(NO_MEMBARRIER)
#define HEAVY_FENCE DRAINED
#define LIGHT_FENCE DRAINED
#elif defined(LOST)
#define HEAVY_FENCE \
  if \
  :: !lost -> DRAINED; unseen[0] == 0; unseen[1] == 0 \
  :: atomic { lost = true; DRAINED } \
  fi
#define LIGHT_FENCE \
  if \
  :: lost -> DRAINED \
  :: else \
  fi
#else
#define HEAVY_FENCE DRAINED; unseen[0] == 0; unseen[1] == 0
#define LIGHT_FENCE skip
#endif

#if !SEQUENTIAL
active proctype Buffers() {
end:
  do
  :: atomic { unseen[0] > 0 -> unseen[0]--; seen[0]++ }
  :: atomic { unseen[1] > 0 -> unseen[1]--; seen[1]++ }
  od
}
#endif

inline TakeIdleP(pp) {
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

inline PutIdleP(pp) {
  assert(!p_idle[pp]);
  p_idle[pp] = true;
  npidle++
}

inline AnyRunnable() {
  ONE_STEP {
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
}

#if POLLS
// BreakPoll ends WakeIdleM, for M x.
inline BreakPoll() {
#if !defined(MUTANT_NO_BREAK) && !defined(MUTANT_EARLY_BREAK)
  if
  :: poller == x -> eventfd = true
  :: else
  fi;
#endif
  x = 0
}
#define M_THERE (m_new || m_idle[0] || m_idle[1] || m_idle[2])
#else
#define BreakPoll() x = 0
#define M_THERE true
#endif

#ifdef MUTANT_EARLY_BREAK
#define BREAK_EARLY eventfd = (poller != NONE);
#else
#define BREAK_EARLY
#endif

// StartMWith runs P pp on an idle M or a new one. When there have been enough
// of those, it waits for one to be idle.
inline StartMWith(pp, spins) {
  BREAK_EARLY
  atomic {
    UNLOCKED && M_THERE ->
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
    note[x] = true
  }
  BreakPoll()
}

#if POLLS
// TakeKeeper, under scheduler.lock: x is an M to be woken without a P, or NONE.
inline TakeKeeper() {
  if
  :: m_idle[0] -> x = 0
  :: m_idle[1] -> x = 1
  :: m_idle[2] -> x = 2
  :: else -> x = NONE
  fi;
  if
  :: x != NONE -> m_idle[x] = false; note[x] = true
  :: else
  fi
}
#endif

inline WakeP(pp) {
  do
  :: atomic {
      DRAINED ->
      if
      :: nmspinning == 0 && npidle > 0 -> nmspinning = 1
      :: else -> break
      fi
    }
    atomic { UNLOCKED -> TakeIdleP(pp) }
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
    atomic { UNLOCKED -> TakeIdleP(p) }
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
#if POLLS
  atomic {  // TakeFromPoller
    if
    :: poller == NONE && arrived > 0 -> arrived--; goto found
    :: else
    fi
  }
#endif
  atomic {  // MayStartSpinning
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
  :: spinning[m] ->  // LookForMore
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
#ifdef VACANT
    if
    :: skip
    :: true ->  // for ever
end_compute_on:
      false
    fi;
#endif
    // PinSlow, without P
    atomic {
      UNLOCKED ->
      TakeIdleP(p);
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
    :: p != NONE && runqsize == 0 -> PutIdleP(p); p = NONE
    :: else
    fi;
    was = spinning[m];
    spinning[m] = false;
#if POLLS && !defined(MUTANT_LATE_ROLE)
    if
    :: used && poller == NONE -> poller = m
    :: else
    fi;
#endif
    m_idle[m] = true
  }
#if POLLS && defined(MUTANT_LATE_ROLE)
  atomic {
    if
    :: used && poller == NONE -> poller = m
    :: else
    fi
  }
#endif
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
  ONE_STEP {
  atomic { UNLOCKED -> lock = m + 1 }
  if
  :: m_idle[m] ->
    AnyRunnable();
    if
    :: any && npidle > 0 ->
      atomic {
        TakeIdleP(p);
        m_idle[m] = false;
#if POLLS && !defined(MUTANT_KEEPS_POLLER)
        if
        :: poller == m -> poller = NONE
        :: else
        fi;
#endif
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
  }
#endif
#if POLLS
  if
  :: poller == m ->
    // Poll
end_poll:
    if
    :: atomic { eventfd -> eventfd = false }
    :: atomic { arrived > 0 -> arrived--; any = true }
    fi;
    atomic {  // Leave
      UNLOCKED ->
      poller = NONE;
      if
      :: m_idle[m] ->
        m_idle[m] = false;
        if
        :: any -> TakeIdleP(p)
        :: else
        fi
      :: else -> was = true
      fi
    }
    if
    :: was ->  // AwaitWakeup
      atomic {
        note[m] ->
        note[m] = false;
        was = false;
        p = next_p[m];
        next_p[m] = NONE
      }
    :: else
    fi;
    if  // QueuePolled
    :: !any -> goto find
    :: any && p != NONE -> any = false; goto found
    :: any && p == NONE ->
      any = false;
      atomic { UNLOCKED -> runqsize++ }
      WakeP(other);
      goto find
    fi
  :: else
  fi;
#endif
sleep:
end_sleep:
  atomic {
    note[m] ->
    note[m] = false;
    p = next_p[m];
    next_p[m] = NONE
  }
#if TRIMS
  if
  :: surplus[m] ->
#ifndef MUTANT_ENDS_BLIND
    if
    :: npidle > 0 ->
      AnyRunnable();
      if
      :: any -> surplus[m] = false; goto find
      :: else
      fi
    :: else
    fi;
#endif
    goto ended
  :: else
  fi;
#endif
  goto find;
#if TRIMS
ended:
  skip
#endif
}

proctype Sysmon() {
  byte x, p = NONE, m, other = NONE;
  bool any, spins, look, needed;
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
        :: !any && runqsize == 0 -> PutIdleP(p); p = NONE
#else
        :: npidle == 0 && nmspinning == 0 -> nmspinning = 1; spins = true
        :: (npidle > 0 || nmspinning > 0) && runqsize == 0 ->
#if POLLS && !defined(MUTANT_HANDED_P)
          // NeedsKeeper
          if
          :: poller == NONE -> needed = true; TakeKeeper()
          :: else
          fi;
#endif
          if
          :: needed && x == NONE  // a new M gets p
          :: else ->
            PutIdleP(p);
            p = NONE;
            look = npidle == 1
          fi
#endif
        :: else
        fi;
        any = false
      }
#if POLLS
      if
      :: needed && x != NONE -> BreakPoll()
      :: else
      fi;
      needed = false;
      x = 0;
#endif
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

#if TRIMS
active proctype Trimmer() {
end:
  atomic {
    lock == 0 && (m_idle[0] || m_idle[1] || m_idle[2]) ->
    if
    :: m_idle[0] -> m_idle[0] = false; surplus[0] = true; note[0] = true
    :: m_idle[1] -> m_idle[1] = false; surplus[1] = true; note[1] = true
    :: m_idle[2] -> m_idle[2] = false; surplus[2] = true; note[2] = true
    fi
  }
}
#endif

#if POLLS
active proctype Net() {
  byte x, p = NONE;
  bool any;
end:
  do
  :: atomic { used && reports > 0 -> reports--; arrived++ }
#ifndef MUTANT_NO_WATCHER
  :: atomic {  // Watcher
      lock == 0 && poller == NONE && arrived > 0 && npidle < NP ->
      arrived--;
      runqsize++
    }
    WakeP(p)
#endif
  od
}

#ifdef OPENS
active proctype Opener() {
  byte x, p = NONE;
  used = true;
#ifndef MUTANT_NO_KEEPER
  // HaveKeeper. While no M is idle, each of them will see `used`.
  atomic { UNLOCKED -> TakeKeeper() }
  if
  :: x != NONE -> BreakPoll()
  :: else
  fi
#endif
}
#endif

// An M was woken, and is not on its way.
#define OWED (note[0] || note[1] || note[2])
#define UNSEEN (arrived > 0)
#else
#define OWED false
#define UNSEEN false
#endif

#if defined(LOST) && !defined(MUTANT_NO_SYSMON)
#define MISSED(pp) (seen[pp] > 0 && (!lost || p_idle[pp]))
#else
#define MISSED(pp) (seen[pp] > 0)
#endif

active proctype Quiet() {
  timeout ->
  assert(!OWED && !UNSEEN);
  assert(npidle == 0 || runqsize == 0 && !MISSED(0) && !MISSED(1))
}

init {
  atomic {
    run M(0, 0);
#ifdef VACANT
    PutIdleP(1);
    m_idle[1] = true;
    run M(1, NONE);
#else
    run M(1, 1);
#endif
#if RETAKES || POLLS || TRIMS
    run M(2, NONE);
#endif
#if RETAKES
    run Sysmon();
#endif
#if THREADS
    run Thread();
#endif
  }
}
