// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The timekeeper: some M is awake when a timer is due (the head of
// sched/idle.h).
//
//   M        FindRunnable, TakeFromQueues, StealWork's last round
//            (sched/schedule.cc), GoIdle, NeedsKeeper (sched/idle.cc), and the
//            goroutine it runs, which may add timers (TimerAdd in
//            sched/timer.cc, NoteNewTimer), park at once after that (`soon`),
//            block (EnterSyscallBlock: HandoffP, TakeKeeper), or end
//   Thread   a foreign one: adds a timer to the first P's heap
//   Clock    goes on at any time; timers are for 1 or for 2
//
// With POLL an idle M sleeps in the poller (Enter, SleepInPoller and WakeIdleM's
// BreakPoll in sched/idle.cc), the timekeeper or another; so many reports come,
// each with a goroutine to run.
//
// With LIVE reports come for ever from some time on. An M that has run out of
// work finds the next goroutine in the poller (TakeFromPoller), before it looks at
// the timers of other Ps, and never goes idle: only sysmon looks at those then
// (MindOverdue in sched/sysmon.cc).
//
// Heaps change under locks whose Unlock is a locked instruction, and so do
// sleep_until and the idle lists: memory is sequential. (On machines where that
// is not enough the fences of sched/idle.cc make it so.) One case that only
// sysmon mends is left out: a goroutine computes while timers of its P are due.
//
// Property: once nothing moves any more, with the clock at its end, every timer
// has fired. No M that was woken is still in the poller. With LIVE, where
// something always moves: every timer fires in the end, if each thread that can
// go on does so at some time.
//
//   holds: ADDS=2
//   holds: ADDS=1 BLOCKS=1
//   holds: ADDS=1 THREADS=1
//   holds: ADDS=2 POLL=1
//   holds: ADDS=0 THREADS=1 POLL=0
//   holds: ADDS=1 BLOCKS=1 POLL=0
//   holds: ADDS=1 LIVE
//   fails: ADDS=2 MUTANT_IDLE_P | assertion | GoIdle does not look at the timers of its P (NeedsKeeper)
//   fails: ADDS=1 BLOCKS=1 MUTANT_HANDED_P | assertion | nor does HandoffP
//   fails: ADDS=1 THREADS=1 MUTANT_LOOKS_FIRST | assertion | GoIdle looks at the heaps before it says that it sleeps
//   fails: ADDS=2 BLOCKS=1 MUTANT_KEEPS_ROLE | assertion | a timekeeper that finds no P for what is due stays it
//   fails: ADDS=0 THREADS=1 POLL=0 MUTANT_NO_BREAK | assertion | WakeIdleM does not break the poll
//   fails: ADDS=0 THREADS=1 POLL=0 MUTANT_EARLY_BREAK | assertion | it does so before it has the M out of the list
//   fails: ADDS=0 THREADS=1 POLL=0 MUTANT_EARLY_NOTE | assertion | NoteNewTimer comes before the timer is in its heap
//   fails: ADDS=2 POLL=0 MUTANT_BLOCKS | assertion | the poller sleeps without the timers' deadline
//   fails: ADDS=1 LIVE MUTANT_BLIND_SYSMON | cycle | sysmon does not look at the timers of idle Ps

#ifdef LIVE
#define NM 2  // with 3, searched once, it takes five minutes
#else
#define NM 3
#endif
#define NP 2
#define NONE 255
#define FOREVER 9

#ifndef BLOCKS
#define BLOCKS 0
#endif
#ifndef THREADS
#define THREADS 0
#endif
#ifdef LIVE
#define POLL 0
#endif

byte now;
byte first[NP], second[NP];  // how many timers for 1 and for 2
byte keeper = NONE;
#ifdef POLL
byte poller = NONE;
bool eventfd;  // the break
byte reports = POLL;
#endif
#ifdef LIVE
bool for_ever;  // reports come
#define REPORTED for_ever
#define POLLS (for_ever && poller == NONE)  // TakeFromPoller
#else
#define REPORTED false
#define POLLS false
#endif
byte sleep_until;
byte npidle;
bool p_idle[NP];
bool m_idle[NM];
byte started = 2;  // Ms that have been
bool note[NM];
byte next_p[NM] = NONE;
bool spinning[NM];

// How often each may still happen, lest the model be endless.
byte adds = ADDS, blocks = BLOCKS;

#define NEXT(p) (first[p] > 0 -> 1 : (second[p] > 0 -> 2 : 0))
#define DUE(p) (NEXT(p) != 0 && NEXT(p) <= now)
#define SOONER(a, b) (a == 0 || (b != 0 && b < a) -> b : a)

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
  npidle++;
  pp = NONE
}

inline RemoveIdleM(mm) {
  m_idle[mm] = false;
  if
  :: keeper == mm -> keeper = NONE; sleep_until = 0
  :: else
  fi
}

// BreakPoll ends WakeIdleM, for M x.
#if defined(POLL) && !defined(MUTANT_NO_BREAK) && !defined(MUTANT_EARLY_BREAK)
inline BreakPoll() {
  if
  :: x != NONE && poller == x -> eventfd = true
  :: else
  fi;
  x = NONE
}
#else
#define BreakPoll() x = NONE
#endif

// TakeIdleM takes the timekeeper last.
inline TakeIdleM(mm) {
  if
  :: m_idle[0] && keeper != 0 -> mm = 0
  :: m_idle[1] && keeper != 1 -> mm = 1
  :: m_idle[NM - 1] && keeper != NM - 1 -> mm = NM - 1
  :: else -> mm = keeper
  fi;
  if
  :: mm != NONE -> RemoveIdleM(mm)
  :: else
  fi
}

// StartMWith runs pp on an idle M or on a new one. When there have been enough
// of those, it waits for one to be idle.
inline StartMWith(pp) {
  atomic {
    started < NM || m_idle[0] || m_idle[1] || m_idle[NM - 1] ->
    TakeIdleM(x);
    if
    :: x == NONE -> x = started; started++
    :: else
    fi;
    next_p[x] = pp;
    note[x] = true;
    pp = NONE
  }
  BreakPoll()
}

// NeedsKeeper, under scheduler.lock.
inline NeedsKeeper(pp) {
  if
#ifdef POLL
  :: poller == NONE -> needed = true
#define POLLED (poller != NONE)
#else
#define POLLED true
#endif
  :: POLLED && keeper == NONE -> needed = NEXT(0) != 0 || NEXT(1) != 0
  :: else -> needed = NEXT(pp) != 0 && NEXT(pp) < sleep_until
  fi
}

inline HandoffP() {
  if
  :: npidle == 0 -> x = NM  // no M spins: keep one looking
  :: skip
  fi;
  if
  :: x == NM -> x = NONE; StartMWith(p)
  :: else ->
#ifndef MUTANT_HANDED_P
    NeedsKeeper(p);
#endif
    if
    :: needed ->
      // TakeKeeper
      x = keeper;
      if
      :: x == NONE -> TakeIdleM(x)
      :: else -> RemoveIdleM(x)
      fi;
      if
      :: x != NONE -> PutIdleP(p); note[x] = true; BreakPoll()
      :: else -> StartMWith(p)
      fi
    :: else -> PutIdleP(p)
    fi;
    needed = false
  fi
}

// Insert puts a timer for w into the heap of pp.
inline Insert(pp) {
  atomic {
    if
    :: w = 1; x = NEXT(pp) != 1; first[pp]++
    :: w = 2; x = NEXT(pp) == 0; second[pp]++
    fi
  }
}

// NoteNewTimer, by an M with the P `pp`, or NONE.
inline NoteNewTimer(pp) {
  until = sleep_until;
  if
  :: until != 0 && w >= until
  :: until == 0 && pp != NONE && npidle == 0
  :: else ->
#ifdef MUTANT_EARLY_BREAK
    eventfd = (poller != NONE);
#endif
    atomic {
      x = keeper;
      if
      :: x != NONE -> RemoveIdleM(x)
      :: else -> TakeIdleM(x)
      fi;
      if
      :: x != NONE -> note[x] = true; w = 0
      :: else
      fi
    }
    BreakPoll();
    if
    :: w != 0 && pp == NONE ->  // StartM
      atomic { TakeIdleP(q) }
      if
      :: q != NONE -> StartMWith(q)
      :: else
      fi
    :: else
    fi
  fi;
  atomic { until = 0; w = 0; x = NONE }
}

proctype M(byte m; byte p) {
  byte x = NONE, q = NONE, w, until;
  bool needed, mine;
  if
  :: p == NONE -> goto sleep
  :: else -> goto running
  fi;

find:
  atomic {
    if
    :: p == NONE -> TakeIdleP(p)
    :: else
    fi;
    if
    :: p == NONE -> goto idle
    :: p != NONE && DUE(p) -> q = p
    :: p != NONE && !DUE(p) && POLLS ->
      spinning[m] = false;
      goto running
    :: p != NONE && !DUE(p) && !POLLS && spinning[m] && DUE(1 - p) -> q = 1 - p
    :: else -> goto idle
    fi;
    // fires, and there is a goroutine to run
    spinning[m] = false;
    if
    :: first[q] > 0 -> first[q]--
    :: else -> second[q]--
    fi;
    q = NONE
  }

running:
  if
  :: atomic { adds > 0 -> adds--; Insert(p) }
    if
    :: x -> NoteNewTimer(p)
    :: else -> atomic { w = 0; x = NONE }
    fi;
    goto running
  :: atomic { adds > 0 -> adds--; Insert(p); w = 0; x = NONE }  // soon
    goto running  // the next one, if there is one
  :: atomic { blocks > 0 -> blocks--; HandoffP(); goto find }  // its M, at the end
#ifdef LIVE
  :: atomic { !for_ever -> for_ever = true }
    goto running
#endif
  :: goto find
  fi;

idle:  // GoIdle
#ifdef MUTANT_LOOKS_FIRST
  until = NEXT(0);
  until = SOONER(until, NEXT(1));
#endif
  atomic {
    if
    :: p != NONE ->
#ifndef MUTANT_IDLE_P
      NeedsKeeper(p);
#endif
      PutIdleP(p)
    :: else
    fi;
    if
    :: keeper == NONE || needed -> keeper = m; sleep_until = FOREVER; mine = true
    :: else
    fi;
    needed = false;
    spinning[m] = false;
#ifdef POLL
    if
    :: poller == NONE -> poller = m
    :: else
    fi;
#endif
    m_idle[m] = true
  }
#ifndef MUTANT_LOOKS_FIRST
  if
  :: mine ->
    until = NEXT(0);
    until = SOONER(until, NEXT(1))
  :: else
  fi;
#endif
  atomic {
    if
    :: keeper != m -> mine = false; until = 0
    :: else
    fi;
    if
    :: m_idle[m] && until != 0 && until <= now -> TakeIdleP(p)
    :: else
    fi;
    if
    :: p != NONE ->
      RemoveIdleM(m);
#ifdef POLL
      if
      :: poller == m -> poller = NONE
      :: else
      fi;
#endif
      spinning[m] = true;
      mine = false;
      until = 0;
      goto find
    :: p == NONE && mine && until != 0 && until <= now ->
#ifdef MUTANT_KEEPS_ROLE
      sleep_until = until;
#else
      keeper = NONE;
      sleep_until = 0;
#endif
      until = 0
    :: p == NONE && mine && !(until != 0 && until <= now) ->
      sleep_until = (until != 0 -> until : FOREVER)
    :: else
    fi;
    mine = false
  }
#ifdef POLL
  if
  :: poller == m ->
#ifdef MUTANT_BLOCKS
    until = 0;
#endif
end_poll:
    if
    :: atomic { eventfd -> eventfd = false }
    :: atomic { reports > 0 -> reports--; q = 0 }
    :: REPORTED -> q = 0
    :: until != 0 && until <= now
    fi;
    atomic {  // Leave
      poller = NONE;
      until = 0;
      if
      :: m_idle[m] ->
        RemoveIdleM(m);
        if
        :: q == 0 -> TakeIdleP(p)
        :: else
        fi
      :: else -> mine = true
      fi
    }
    if
    :: mine ->  // AwaitWakeup
      atomic {
        note[m] ->
        note[m] = false;
        mine = false;
        p = next_p[m];
        next_p[m] = NONE
      }
    :: else
    fi;
    atomic {
      if
      :: q == 0 && p != NONE -> q = NONE; goto running
      :: else -> q = NONE; goto find
      fi
    }
  :: else
  fi;
#endif
sleep:
end_sleep:
  if
  :: atomic {
      note[m] ->
      note[m] = false;
      p = next_p[m];
      next_p[m] = NONE;
      until = 0;
      goto find
    }
  :: atomic {
      m_idle[m] && until != 0 && until <= now ->
      RemoveIdleM(m);
      until = 0;
      goto find
    }
  fi
}

proctype Thread() {
  byte x = NONE, q = NONE, w, until;
#ifdef MUTANT_EARLY_NOTE
  atomic {
    if
    :: w = 1
    :: w = 2
    fi;
    q = w
  }
  NoteNewTimer(NONE);
  atomic {
    if
    :: q == 2 -> second[0]++
    :: else -> first[0]++
    fi
  }
#else
  Insert(0);
  if
  :: x -> NoteNewTimer(NONE)
  :: else
  fi
#endif
}

#ifdef LIVE
#ifndef MUTANT_BLIND_SYSMON
// MindOverdue, which ends in WakeP, and looks again later if an M spins.
active proctype Sysmon() {
  byte x = NONE, q = NONE;
end_look:
  atomic {
    ((p_idle[0] && DUE(0)) || (p_idle[1] && DUE(1))) &&
    !spinning[0] && !spinning[1] && !spinning[NM - 1] ->
    TakeIdleP(q);
    TakeIdleM(x);
    if
    :: x == NONE && started < NM -> x = started; started++
    :: else
    fi;
    if
    :: x == NONE -> PutIdleP(q)  // there have been enough Ms: next time
    :: else ->
      spinning[x] = true;
      next_p[x] = q;
      note[x] = true;
      q = NONE
    fi
  }
  BreakPoll();
  goto end_look
}
#endif

ltl live { [] <> (first[0] + first[1] + second[0] + second[1] == 0) }
#endif

active proctype Clock() {
  do
  :: now < 2 -> now++
  :: now == 2 -> break
  od
}

active proctype Quiet() {
  timeout ->
  assert(!note[0] && !note[1] && !note[NM - 1]);
  assert(first[0] + first[1] + second[0] + second[1] == 0)
}

init {
  atomic {
    run M(0, 0);
    run M(1, 1);
#if NM > 2
    run M(2, NONE);
#endif
#if THREADS
    run Thread();
#endif
  }
}
