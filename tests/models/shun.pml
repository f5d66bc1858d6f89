// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that sleep for long leave signals to others (sched/shun.h), and none
// is stranded in one.
//
//   Sleeper    SleepLong, Shunning (sched/shun.cc): the thread in Run, an idle
//              M, a parked foreign thread. It may be woken, or never
//   Receiver   AwaitNews (signals/sigqueue.cc); there is no other thread that
//              could take a signal
//   Notifier   Registry::Notify: SetWanted, SetShunned, KickIfBlocked; then one
//              signal is sent to the process twice and to the sleeper once
//
// The kernel: a signal that is sent to the process stays in one common set and
// is pointed out to one thread that does not block it, if there is one. A thread
// that blocks it has it pointed out to another; one that unblocks it finds it.
//
// Properties: once nothing moves, no signal is pending anywhere. The sleeper is
// awake with the mask that it had.
//
//   holds:
//   holds: USER_BLOCKS
//   fails: MUTANT_FOR_EVER | assertion | a shunning thread never looks for signals of its own
//   fails: MUTANT_NO_RESTORE | assertion | the sleeper wakes with its shunning mask
//   fails: USER_BLOCKS MUTANT_BLOCKED | assertion | the receiver sleeps with the mask of its thread
//   fails: USER_BLOCKS MUTANT_NO_KICK | assertion | Notify leaves the receiver asleep with its mask

mtype = { none, sleeper, receiver };

bool wanted, shunned;

// The kernel's.
bool common;          // pending, sent to the process
mtype target = none;  // the thread that it has been pointed out to
bool own;             // pending, sent to the sleeper

// Masks. USER_BLOCKS: the program blocks the signal in every thread.
#ifdef USER_BLOCKS
#define USERS true
#else
#define USERS false
#endif
bool sleeper_blocks = USERS;
bool receiver_blocks = USERS;
bool blocked = true;  // SigQueue::blocked_: all, until it is known

bool interrupted;  // a handler has run on the sleeping sleeper
bool asleep;       // the sleeper
bool woken;        // its note
bool news;

inline PointOut() {
  if
  :: !sleeper_blocks -> target = sleeper
  :: !receiver_blocks -> target = receiver
  :: sleeper_blocks && receiver_blocks -> target = none
  fi
}

// Handlers run where the kernel says.
active proctype SleepersHandler() {
end:
  do
  :: atomic {
      !sleeper_blocks && (own || common && target == sleeper) ->
      if
      :: own -> own = false
      :: common && target == sleeper -> common = false; target = none
      fi;
      interrupted = asleep;
      news = true
    }
  od
}

active proctype ReceiversHandler() {
end:
  do
  :: atomic {
      !receiver_blocks && common && target == receiver ->
      common = false;
      target = none;
      news = true
    }
  od
}

active proctype Sleeper() {
sleep:
  asleep = true;
end_sleep:
  if
  :: woken -> asleep = false; goto awake
  :: interrupted -> asleep = false; interrupted = false
  fi;
  atomic {
    sleeper_blocks = USERS || shunned;
    if
    :: common && target == sleeper && sleeper_blocks -> PointOut()
    :: else
    fi
  }
end_shun:
  if
  :: woken
#ifndef MUTANT_FOR_EVER
  :: true  // the time is up
#endif
  fi;
#ifndef MUTANT_NO_RESTORE
  atomic {
    sleeper_blocks = USERS;
    if
    :: common && !sleeper_blocks -> target = sleeper
    :: else
    fi
  }
#endif
  if
  :: woken -> goto awake
  :: else -> goto sleep
  fi;
awake:
  assert(sleeper_blocks == USERS)
}

active proctype Receiver() {
  bool saw;
loop:
  blocked = USERS;
  saw = wanted;
#ifndef MUTANT_BLOCKED
  if
  :: saw ->
    atomic {
      receiver_blocks = false;
      if
      :: common -> target = receiver
      :: else
      fi
    }
  :: else
  fi;
#endif
end_asleep:
  atomic { news -> news = false }
  atomic {
    receiver_blocks = USERS;
    if
    :: common && target == receiver && receiver_blocks -> PointOut()
    :: else
    fi
  }
  goto loop
}

active proctype Notifier() {
  wanted = true;
  shunned = true;
#ifndef MUTANT_NO_KICK
  if
  :: blocked -> news = true
  :: else
  fi;
#endif
  atomic { common = true; PointOut() }
  own = !USERS;
  if
  :: woken = true
  :: true
  fi;
  atomic {
    if
    :: !common -> common = true; PointOut()
    :: else  // merged
    fi
  }
}

active proctype Quiet() {
end:
  timeout ->
  assert(!common && !own)
}
