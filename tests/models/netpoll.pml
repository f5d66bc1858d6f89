// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The netpoller: one direction of a descriptor's record, and the M that sleeps in the
// poller (sched/netpoll.h, .cc, sched/idle.cc).
//
//   Waiter    PollDesc::Wait and Block by a goroutine, again and again: it stops when
//             it has had the last report, or finds the record closed
//   Reporter  the system reports (PollDesc::Report), twice at most
//   Closer    perhaps a deadline (Expire), then Unblock, at any moment
//   Poller    GoIdle of the M that sleeps in the poller: Enter, LastLook, Poll, Leave
//   Waker     takes the M out of the idle list for other work: TakeIdleM, WakeIdleM
//
// Steps that take scheduler.lock or the record's lock are atomic; words are written by
// locked instructions. The eventfd is level-triggered for the one that blocks.
//
// Properties: a waiter that has parked runs again after a report, a deadline or
// Unblock. It is readied once for each time that it parks. The M does not stay in the
// poller when a waker has taken it out of the list, and the Wakeup finds it.
//
//   holds:
//   holds: CLOSES
//   holds: POLLER
//   fails: MUTANT_BLIND_COMMIT | hang | the waiter parks although kReady came between
//   fails: CLOSES MUTANT_NO_SECOND_LOOK | hang | no look at info after kWait
//   fails: CLOSES MUTANT_LATE_INFO | hang | Unblock takes the G out before it stores info
//   fails: MUTANT_KEEPS_G | assertion | a reporter leaves the G in the word
//   fails: POLLER MUTANT_NO_BREAK | hang | the waker does not break the poll
//   fails: POLLER MUTANT_LATE_ROLE | hang | the M is in the list before it is the poller
//   fails: POLLER MUTANT_TAKEN_BREAK | hang | a look without blocking takes the break

#define NIL 0
#define READY 1
#define WAIT 2
#define G 3

byte word = NIL;
bool closing, expired;  // info
bool parked;            // the goroutine; readying it makes this false
byte reports = 2;       // still to come; with CLOSES perhaps none

// Ready is called with what was in the word.
inline ReadyIfG(was) {
  if
  :: was == G ->
    assert(parked);
    parked = false
  :: else
  fi
}

// Take with ready: a report.
inline TakeReady(was) {
  atomic {
    was = word;
    if
    :: was == READY
    :: else ->
#ifdef MUTANT_KEEPS_G
      if
      :: was == G
      :: else -> word = READY
      fi
#else
      word = READY
#endif
    fi
  }
  ReadyIfG(was)
}

// Take without: a deadline, Unblock.
inline TakeNil(was) {
  atomic {
    was = word;
    if
    :: was == READY || was == NIL
    :: else -> word = NIL
    fi
  }
  ReadyIfG(was)
}

proctype Waiter() {
  bool stop;
  do
  :: closing || expired -> break
  :: else ->
    if
    :: atomic { word == READY -> word = NIL }
      // The report is consumed: the next attempt to read finds what there is.
      if
      :: reports == 0 -> break
      :: else
      fi
    :: atomic { word == NIL -> word = WAIT }
#ifndef MUTANT_NO_SECOND_LOOK
      stop = closing || expired;
#endif
      if
      :: stop
      :: else ->
        // The commit.
        atomic {
          if
#ifdef MUTANT_BLIND_COMMIT
          :: true ->
#else
          :: word == WAIT ->
#endif
            word = G;
            parked = true
          :: else
          fi
        }
        !parked
      fi;
      stop = false;
      atomic {
        assert(word != G);
        if
        :: word == READY ->
          word = NIL;
          if
          :: reports == 0 -> break
          :: else
          fi
        :: else -> word = NIL
        fi
      }
    fi
  od
}

proctype Reporter() {
  byte was;
  do
  :: reports > 0 ->
    reports--;
    TakeReady(was)
  :: reports == 0 -> break
  od
}

#ifdef CLOSES
proctype Closer() {
  byte was;
  if
  :: true ->  // a deadline is over
#ifdef MUTANT_LATE_INFO
    TakeNil(was);
    expired = true
#else
    expired = true;
    TakeNil(was)
#endif
  :: skip
  fi;
  // Unblock
#ifdef MUTANT_LATE_INFO
  TakeNil(was);
  closing = true
#else
  closing = true;
  TakeNil(was)
#endif
}
#endif

#ifdef POLLER

bool idle, poller, woken;  // of the M: in the list; scheduler.poller == m; its note
bool eventfd;
byte work = 2;     // times that a waker wants the M
byte looks = 2;    // times that another M looks without blocking

// The M: it goes idle until all wakers are done.
proctype Poller() {
  do
  :: work == 0 && !idle && !woken -> break
  :: else ->
#ifdef MUTANT_LATE_ROLE
    idle = true;
    poller = true;
#else
    atomic {  // Enter
      poller = true;
      idle = true
    }
#endif
    // LastLook finds nothing. Poll:
    if
    :: atomic { eventfd -> eventfd = false }  // a break, drained
    :: idle && work > 0                       // a report, or a signal
    :: work == 0 && idle                      // a report, in the end
    fi;
    atomic {  // Leave
      poller = false;
      if
      :: idle -> idle = false
      :: else -> goto taken
      fi
    }
    goto next;
taken:
    woken;  // AwaitWakeup
    woken = false;
next:
    skip
  od
}

proctype Waker() {
  bool took;
  do
  :: work == 0 -> break
  :: else ->
    atomic {  // TakeIdleM
      if
      :: idle ->
        idle = false;
        took = true
      :: else
      fi;
      work--
    }
    if
    :: took ->
      woken = true;
#ifndef MUTANT_NO_BREAK
      if
      :: poller -> eventfd = true
      :: else
      fi;
#endif
      took = false
    :: else
    fi
  od
}

// PollNow by another M.
proctype Looker() {
  do
  :: looks > 0 ->
    looks--;
#ifdef MUTANT_TAKEN_BREAK
    eventfd = false
#endif
  :: looks == 0 -> break
  od
}
#endif

init {
  atomic {
#ifdef POLLER
    run Poller();
    run Waker();
    run Looker()
#else
#ifdef CLOSES
    if
    :: reports = 0
    :: reports = 1
    :: skip
    fi;
    run Closer();
#endif
    run Waiter();
    run Reporter()
#endif
  }
}
