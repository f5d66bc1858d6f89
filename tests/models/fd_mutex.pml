// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Who uses a descriptor, and who closes it (runtime/poll/fd_mutex.h, .cc).
//
//   Reader   Lock(kRead), a use, Unlock: twice, unless it is closed
//   Writer   the same with kWrite
//   User     Ref, a use, Unref, with USERS
//   Closer   Close, Unref
//
// The word changes in one step, a compare-and-swap. The lists of waiters
// (SemAcquire, SemWake, SemRelease in runtime/sema.cc) are counters of permits: a
// waiter takes one and tries again.
//
// Properties: a side has one holder at a time. Exactly one process is told that
// the last reference is gone, after Close and when no process uses the descriptor
// any more. None waits for ever, and no permit is left.
//
//   holds: CLOSERS=1
//   holds: CLOSERS=2
//   holds: CLOSERS=1 USERS=2
//   fails: CLOSERS=1 MUTANT_SILENT_UNLOCK | hang | Unlock takes the waiter out of the count, and wakes none
//   fails: CLOSERS=1 MUTANT_SILENT_CLOSE | hang | so does Close
//   fails: CLOSERS=1 MUTANT_WAKES_ONE | hang | Close wakes one waiter of all
//   fails: CLOSERS=1 MUTANT_LATE_WAITER | hang | Lock counts itself in after its look at kClosed
//   fails: CLOSERS=1 MUTANT_KEEPS_COUNT | assertion | Unlock wakes a waiter that stays in the count
//   fails: CLOSERS=1 MUTANT_NO_RETRY | assertion | a waiter that wakes takes the lock for its own
//   fails: CLOSERS=1 MUTANT_LOCK_IS_NO_REF | assertion | a lock is not a reference
//   fails: CLOSERS=1 MUTANT_CLOSE_IS_NO_REF | assertion | Close takes none before its Unref
//   fails: CLOSERS=1 USERS=2 MUTANT_LOOKS_LATER | assertion | Unref looks for the last reference after its own step
//   fails: CLOSERS=2 MUTANT_CLOSES_AGAIN | assertion | Close does not see that it is closed

#define READ 0
#define WRITE 1

#ifndef USERS
#define USERS 0
#endif

// The word.
bool closed;
bool locked[2];
byte refs, waiters[2];

byte permits[2];
byte holders[2];
byte told;

#define IS_LAST (closed && refs == 0)

inline Use() {
  assert(told == 0);
  skip;
  assert(told == 0)
}

inline Tell(last) {
  if
  :: last ->
    told++;
    assert(told == 1);
    last = false
  :: else
  fi
}

// Lock says in `got` whether it was let in.
inline Lock(side) {
  do
#ifdef MUTANT_LATE_WAITER
  :: closed -> got = false; break
  :: !closed ->
    atomic {
#else
  :: atomic {
      if
      :: closed -> got = false; break
      :: else
      fi;
#endif
      if
      :: locked[side] -> waiters[side]++
      :: else ->
        locked[side] = true;
#ifndef MUTANT_LOCK_IS_NO_REF
        refs++;
#endif
        got = true;
        break
      fi
    }
    atomic { permits[side] > 0 -> permits[side]-- }
#ifdef MUTANT_NO_RETRY
    atomic { locked[side] = true; refs++; got = true; break }
#endif
  od
}

inline Unlock(side) {
  atomic {
    assert(locked[side]);
    locked[side] = false;
#ifndef MUTANT_LOCK_IS_NO_REF
    assert(refs > 0);
    refs--;
#endif
    wake = waiters[side] > 0;
#ifndef MUTANT_KEEPS_COUNT
    if
    :: wake -> waiters[side]--
    :: else
    fi;
#endif
    last = IS_LAST
  }
#ifndef MUTANT_SILENT_UNLOCK
  if
  :: wake -> permits[side]++
  :: else
  fi;
#endif
  wake = false;
  Tell(last)
}

inline Unref() {
#ifdef MUTANT_LOOKS_LATER
  atomic { assert(refs > 0); refs-- }
  last = IS_LAST;
#else
  atomic {
    assert(refs > 0);
    refs--;
    last = IS_LAST
  }
#endif
  Tell(last)
}

inline LockAndUse(side) {
  Lock(side);
  if
  :: !got -> break
  :: else ->
    got = false;
    atomic { holders[side]++; assert(holders[side] == 1) }
    Use();
    holders[side]--;
    Unlock(side);
    turns--
  fi
}

proctype Reader() {
  byte turns = 2;
  bool got, wake, last;
  do
  :: turns > 0 -> LockAndUse(READ)
  :: turns == 0 -> break
  od
}

proctype Writer() {
  byte turns = 2;
  bool got, wake, last;
  do
  :: turns > 0 -> LockAndUse(WRITE)
  :: turns == 0 -> break
  od
}

proctype User() {
  bool last;
  if
  :: atomic { !closed -> refs++ }
    Use();
    Unref()
  :: closed
  fi
}

proctype Closer() {
  byte n[2];
  bool last;
  atomic {
#ifndef MUTANT_CLOSES_AGAIN
    if
    :: closed -> goto done
    :: else
    fi;
#endif
    closed = true;
#ifndef MUTANT_CLOSE_IS_NO_REF
    refs++;
#endif
    n[READ] = waiters[READ];
    n[WRITE] = waiters[WRITE];
    waiters[READ] = 0;
    waiters[WRITE] = 0
  }
#ifdef MUTANT_WAKES_ONE
  permits[READ] = permits[READ] + (n[READ] > 0 -> 1 : 0);
#elif !defined(MUTANT_SILENT_CLOSE)
  permits[READ] = permits[READ] + n[READ];
#endif
  permits[WRITE] = permits[WRITE] + n[WRITE];
  n[READ] = 0;
  n[WRITE] = 0;
  Unref();
done:
  skip
}

active proctype Quiet() {
  timeout ->
  assert(told <= 1 && permits[READ] == 0 && permits[WRITE] == 0);
  // A process that waits is a hang, and Spin finds that itself.
  assert(told == 1 || waiters[READ] + waiters[WRITE] > 0)
}

init {
  atomic {
    run Reader();
    run Reader();
#ifdef MUTANT_WAKES_ONE
    run Reader();
#endif
    run Writer();
    run Closer();
#if CLOSERS > 1
    run Closer();
#endif
#if USERS > 0
    run User();
#endif
#if USERS > 1
    run User();
#endif
  }
}
