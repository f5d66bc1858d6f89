// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// From signal handlers to the receiver: sigqueue's three states over each of
// the notes (signals/sigqueue.h, signals/signote.h, sched/os/note.h).
//
//   Receiver   ReceiveLoop (signals/recv.cc): TakeNews, AwaitNews, Take,
//              TakeMerged (signals/sigqueue.cc), SigNote::Sleep, and Sleep and
//              Clear of the notes (signals/note_pipe.cc, note_sema.cc,
//              note_futex.cc)
//   Handler    Send, Merge, Announce, Notify (signals/sigqueue_send.cc) and
//              Wakeup, of one signal number, on other threads
//   Here       the same on the receiver's thread, which stands still meanwhile
//   Stopper    signal::Stop: SetWanted(false), WaitUntilIdle
//
// Everything is seq_cst here, as it is in C++. The mutex and the condition of
// the sema note are the C library's: a thread that waits for the mutex waits
// even if it holds it itself.
//
// Properties: a Send that was wanted arrives: once nothing moves, all have been
// taken. A slot in the news has a signal. The receiver never meets a state it
// does not know. When Stop is back, all wanted Sends have been acted upon.
// No process hangs.
//
// SMALL is a level of tools/theatre: two signals, one on each thread, and no Stop.
//
//   holds: PIPE
//   holds: PIPE EINTR
//   holds: FUTEX
//   holds: SEMA ELSEWHERE
//   holds: PIPE SMALL
//   fails: SEMA | hang | Go's issue 31264: the signal lands on a thread that holds the mutex
//   fails: SEMA SMALL | hang | the same
//   fails: PIPE EINTR MUTANT_SEED | assertion | Go's first pipe note: a read that failed is a wakeup
//   fails: PIPE MUTANT_NO_STATE | assertion | Notify leaves kReceiving as it is
//   fails: PIPE MUTANT_FORGETFUL | assertion | Take before TakeNews
//   fails: PIPE MUTANT_LATE_COUNT | assertion | delivering_ goes up after the look at wanted_
//   fails: PIPE MUTANT_ONE_ROUND | assertion | WaitUntilIdle waits for one round

mtype = { idle, receiving, sending };
mtype = { none, asleep, woke };

bool wanted = true;
byte delivering;
byte pending;  // of the slot
bool news;     // the signal's bit
mtype state = idle;
byte rounds;

byte bytes;                // PIPE: in the pipe
mtype word = none;         // FUTEX
bool mutex, woken, waits;  // SEMA; waits: in pthread_cond_wait

byte interrupts = 2;  // EINTR
byte handlers;        // that have not returned
bool here;            // one of them is on the receiver's thread

// Ghosts.
byte sent;     // Sends that were wanted
byte acted;    // Sends that the receiver has acted upon
bool stopped;  // Stop has returned

inline Lock() {
  atomic { !mutex -> mutex = true }
}

inline Wakeup() {
#if defined(PIPE)
  bytes++
#elif defined(FUTEX)
  atomic { assert(word != woke); word = woke }
#else
  Lock();
  assert(!woken);
  woken = true;
  waits = false;
  mutex = false
#endif
}

inline Notify() {
  atomic {
    if
    :: state == receiving -> wake = true
    :: else
    fi;
    if
#ifndef MUTANT_NO_STATE
    :: state == receiving -> state = idle
#endif
    :: state == idle -> state = sending
    :: else
    fi
  }
  if
  :: wake -> Wakeup(); wake = false
  :: else
  fi
}

inline Send() {
#ifndef MUTANT_LATE_COUNT
  delivering++;
#endif
  if
  :: wanted ->
#ifdef MUTANT_LATE_COUNT
    delivering++;
#endif
    atomic {  // Merge
      assert(!stopped);
      sent++;
      owner = (pending == 0);
      pending++
    }
    if
    :: owner ->
      atomic { owner = !news; news = true }  // Announce
      if
      :: owner -> Notify(); owner = false
      :: else
      fi
    :: else
    fi;
    delivering--
  :: else ->
#ifndef MUTANT_LATE_COUNT
    delivering--
#else
    skip
#endif
  fi
}

proctype Handler() {
  bool owner, wake;
  Send();
#ifndef SMALL
  Send();
#endif
  handlers--
}

proctype Here() {
  bool owner, wake;
  here = true;
  Send();
  atomic { here = false; handlers-- }
}

// The receiver stands still while a handler runs on its thread.
proctype Receiver() provided (!here) {
  byte count;
  bool took;

loop:
  atomic {  // TakeNews
    assert(state != receiving);
    if
    :: state == sending -> state = idle; goto take
    :: else
    fi
  }
  atomic {  // AwaitNews
    if
    :: state == idle -> state = receiving
    :: else -> goto again
    fi
  }

sleep:
#if defined(PIPE)
end_read:
  if
  :: bytes > 0 -> bytes--
#ifdef EINTR
  :: interrupts > 0 ->
    interrupts--;
#ifdef MUTANT_SEED
    goto again
#else
    goto sleep
#endif
#endif
  fi;
#elif defined(FUTEX)
  atomic {
    if
    :: word == none -> word = asleep
    :: else
    fi
  }
end_futex:
  word == woke;
  word = none;  // Clear
#else
  Lock();
  do
  :: woken -> break
  :: !woken ->
    atomic { waits = true; mutex = false }
end_cond:
    !waits;
    Lock()
  od;
  mutex = false;
  Lock();  // Clear
  woken = false;
  mutex = false;
#endif
  if
  :: state == receiving -> goto sleep
  :: else
  fi;

again:
#ifndef MUTANT_FORGETFUL
  atomic {  // TakeNews
    assert(state != receiving);
    if
    :: state == sending -> state = idle
    :: else
    fi
  }
#endif

take:
  rounds++;
  atomic { took = news; news = false }
  if
  :: took ->
    atomic { count = pending; pending = 0 }  // TakeMerged
    assert(count > 0);
    atomic { acted = acted + count; count = 0; took = false }  // FanOut
  :: else
  fi;
#ifdef MUTANT_FORGETFUL
  atomic {
    if
    :: state == sending -> state = idle
    :: else
    fi
  }
#endif
  goto loop
}

proctype Stopper() {
  byte round;
  wanted = false;
  delivering == 0;
  round = rounds;
#ifdef MUTANT_ONE_ROUND
  state == receiving || rounds >= round + 1;
#else
  state == receiving || rounds >= round + 2;
#endif
  assert(acted == sent);
  stopped = true
}

active proctype Quiet() {
end:
  timeout && handlers == 0 ->
  assert(acted == sent)
}

init {
  atomic {
    run Receiver();
#ifndef SMALL
    run Stopper();
#endif
    run Handler();
    handlers++;
#ifdef ELSEWHERE
    run Handler();
#else
    run Here();
#endif
    handlers++
  }
}
