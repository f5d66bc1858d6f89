// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Handlers hold signals back from their threads in a storm (sched/storm.h), and
// none is stranded by that.
//
//   Worker     a thread that runs goroutines: Pin, LetGo (sched/storm.cc)
//   Sleeper    SleepLong (sched/shun.cc): may be woken, or never
//   Receiver   AwaitNews, Take (signals/sigqueue.cc)
//   …Handler   Send, HoldBack (sigqueue_send.cc, storm_handler.cc), on each
//   Other      another signal's handler on the worker: it shares the flag
//   Clock      a storm is declared and over, twice, at any time
//   Sender     sends to the process three times, and once to a thread
//
// A handler interrupts its own thread: that does nothing until it has returned,
// the others go on. What a handler blocks is blocked when it returns.
//
// Properties: once nothing moves, no signal is pending, each was served after it
// was taken, and no thread blocks any. What the receiver's thread blocks when the
// receiver leaves it, it is known to hold back, or it never lets go of it.
//
//   holds:
//   fails: MUTANT_FLAG_LAST | assertion | LetGo clears the flag after the signals
//   fails: MUTANT_NO_UNBLOCK | assertion | the receiver waits with what it holds back
//   fails: MUTANT_UNTAKEN | assertion | the handler holds back a signal that it does not take
//   fails: MUTANT_SLEEPS_ON | assertion | a sleeper that holds back sleeps without a limit
//   fails: MUTANT_HELD_FIRST | assertion | the receiver reads what is held back before its mask

bool stormy;

// The kernel's.
bool common;      // pending, sent to the process
bool own_worker;  // pending, sent to that thread
bool own_sleeper;

// SigQueue's, and the receiver's note.
bool pending;  // taken and not served
bool news;
bool unserved;  // a handler has run since the receiver last took any

bool worker_blocks, sleeper_blocks, receiver_blocks;
bool worker_held, sleeper_held, receiver_held;  // M::held_back
bool worker_flag;                // kHoldsBack
bool other_blocks, other_held;   // the worker's, of the other signal
bool in_worker, in_sleeper;      // a handler runs on that thread
bool interrupted;                // a handler has run on the sleeping sleeper
bool asleep, woken, released;

// Send, whose owner announces what it has taken a moment later.
#define SEND(first) atomic { first = !pending; pending = true } \
  if :: first -> news = true :: else fi

active proctype WorkersHandler() {
  bool first;
end:
  do
  :: atomic {
      !worker_blocks && (own_worker || common) ->
      in_worker = true;
      unserved = true;
      if
      :: own_worker -> own_worker = false
      :: common -> common = false
      fi
    }
    SEND(first);
    if
    :: atomic { stormy -> worker_held = true }
      worker_flag = true;
      atomic { worker_blocks = true; in_worker = false }
    :: atomic { !stormy -> in_worker = false }
    fi
  od
}

active proctype Other() {
end:
  atomic {
    !other_blocks && !in_worker && stormy ->
    other_held = true;
    worker_flag = true;
    other_blocks = true
  }
}

active proctype SleepersHandler() {
  bool first;
end:
  do
  :: atomic {
      !sleeper_blocks && (own_sleeper || common) ->
      in_sleeper = true;
      unserved = true;
      if
      :: own_sleeper -> own_sleeper = false
      :: common -> common = false
      fi
    }
    SEND(first);
    atomic {
      if
      :: stormy -> sleeper_held = true; sleeper_blocks = true
      :: else
      fi;
      interrupted = asleep;
      in_sleeper = false
    }
  od
}

// The receiver does nothing meanwhile, and nobody else sees its mask.
active proctype ReceiversHandler() {
end:
  do
  :: atomic {
      !receiver_blocks && common ->
      common = false;
      unserved = true;
#ifdef MUTANT_UNTAKEN
      if
      :: stormy -> receiver_blocks = true; goto end
      :: else
      fi;
#endif
      if
      :: !pending -> pending = true; news = true
      :: else
      fi;
      receiver_held = receiver_held || stormy;
      receiver_blocks = stormy
    }
  od
}

// From loop to loop it may go to another thread.
active proctype Receiver() {
  bool old, held;
loop:
  assert(!receiver_blocks || receiver_held);
#ifdef MUTANT_HELD_FIRST
  held = receiver_held;
  old = receiver_blocks;
#else
  old = receiver_blocks;
  held = receiver_held;
#endif
#ifndef MUTANT_NO_UNBLOCK
  receiver_blocks = receiver_blocks && !old;
#endif
end_asleep:
  news;
  if
  :: old ->
    receiver_blocks = true;
    receiver_held = receiver_held && held
  :: else
  fi;
  news = false;
  atomic { pending -> pending = false; unserved = false }
  goto loop
}

active proctype Worker() {
  bool mine, others;
end:
  do
  :: atomic { worker_flag && !stormy && !in_worker -> skip }
#ifndef MUTANT_FLAG_LAST
    atomic { !in_worker -> worker_flag = false }
#endif
    atomic { !in_worker -> mine = worker_held; worker_held = false;
      others = other_held; other_held = false }
#ifdef MUTANT_FLAG_LAST
    atomic { !in_worker -> worker_flag = false }
#endif
    atomic { !in_worker -> worker_blocks = worker_blocks && !mine;
      other_blocks = other_blocks && !others }
  od
}

active proctype Sleeper() {
sleep:
  atomic { !in_sleeper -> asleep = !sleeper_held }
end_sleep:
  if
  :: atomic { woken && !in_sleeper -> asleep = false; goto awake }
  :: atomic { interrupted && !in_sleeper -> asleep = false; interrupted = false }
#ifndef MUTANT_SLEEPS_ON
  :: atomic { !asleep && sleeper_held && !in_sleeper -> skip }  // for a while
#endif
  fi;
#ifndef MUTANT_SLEEPS_ON
  atomic { !in_sleeper -> sleeper_blocks = false; sleeper_held = false }
#endif
  goto sleep;
awake:
  // A storm may go on: then it is a worker's, or it lets go again.
end_stormy:
  do
  :: atomic { sleeper_held && !stormy && !in_sleeper ->
      sleeper_blocks = false; sleeper_held = false }
  od
}

active proctype Clock() {
  stormy = true;
  stormy = false;
  stormy = true;
  stormy = false
}

active proctype Sender() {
  common = true;
  if
  :: own_worker = true
  :: own_sleeper = true
  fi;
  common = true;
  if
  :: woken = true
  :: true
  fi;
  common = true
}

active proctype Quiet() {
end:
  timeout ->
  assert(!common && !own_worker && !own_sleeper && !pending && !worker_blocks &&
         !sleeper_blocks && !receiver_blocks && !other_blocks && !unserved)
}
