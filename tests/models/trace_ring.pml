// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The recorder's ring (sched/trace/ring.h).
//
//   Writer   Ring::Add, again and again; with HANDLER, interrupted anywhere by
//            a handler on its thread, which adds an event to a ring of its own
//   Reader   Ring::Copy, at any time, over and over
//
// The ring has two slots, an event two words, both of which carry its number,
// a handler's 50 more: so a broken event shows. Each access to a word is a step. The writer's stores
// become visible in their order, being releases, and the reader's loads stay in
// theirs, being acquires: so memory is taken as sequential.
//
// Properties: what a reader keeps is whole, and is the event that it takes it
// for; and if the writer stands still, all but one of the last events are kept.
//
//   holds:
//   holds: HANDLER
//   fails: MUTANT_KEEPS_ALL | assertion | the reader does not look at head again
//   fails: MUTANT_KEEPS_ONE_MORE | assertion | nor does it allow for the event under way
//   fails: MUTANT_EARLY_HEAD | assertion | the writer moves head before it has written
//   fails: HANDLER MUTANT_SHARED | assertion | the handler writes into the ring of the code that it interrupts

#define SIZE 2
#define EVENTS 5

typedef Slots {
  byte time[SIZE];
  byte what[SIZE];
  byte head
}
Slots ring[2];  // the code's, the handler's

inline Add(r, i) {
  i = ring[r].head;
  ring[r].time[i % SIZE] = i + 51;
  ring[r].what[i % SIZE] = i + 51;
  ring[r].head = i + 1
}

#ifdef MUTANT_SHARED
#define OF_HANDLER 0
#else
#define OF_HANDLER 1
#endif

// Strike is the handler, all of it: the code goes on after it.
inline Strike(k) {
  Add(OF_HANDLER, k)
}

active proctype Writer() {
  byte n, i, j;
#ifdef HANDLER
  byte strikes;
#endif
  for (n : 1 .. EVENTS) {
    i = ring[0].head;
#ifdef MUTANT_EARLY_HEAD
    ring[0].head = i + 1;
#endif
#ifdef HANDLER
    if
    :: strikes < 2 -> strikes++; Strike(j)
    :: true
    fi;
#endif
    ring[0].time[i % SIZE] = i + 1;
#ifdef HANDLER
    if
    :: strikes < 2 -> strikes++; Strike(j)
    :: true
    fi;
#endif
    ring[0].what[i % SIZE] = i + 1;
#ifndef MUTANT_EARLY_HEAD
    ring[0].head = i + 1
#endif
  }
}

active proctype Reader() {
  byte r, end, begin, i, oldest, now, kept;
  byte time[SIZE], what[SIZE];
  bool done;
  do
  :: done -> break
  :: else ->
    select(r : 0 .. 1);
    end = ring[r].head;
    begin = (end >= SIZE -> end - SIZE + 1 : 0);
#ifdef MUTANT_KEEPS_ONE_MORE
    begin = (end > SIZE -> end - SIZE : 0);
#endif
    i = begin;
    do
    :: i < end ->
      time[i % SIZE] = ring[r].time[i % SIZE];
      what[i % SIZE] = ring[r].what[i % SIZE];
      i++
    :: else -> break
    od;
    now = ring[r].head;
    oldest = (now >= SIZE -> now - SIZE + 1 : 0);
#ifdef MUTANT_KEEPS_ALL
    oldest = 0;
#endif
#ifdef MUTANT_KEEPS_ONE_MORE
    oldest = (now > SIZE -> now - SIZE : 0);
#endif
    if
    :: oldest > begin -> begin = oldest
    :: else
    fi;
    kept = 0;
    i = begin;
    do
    :: i < end ->
      assert(time[i % SIZE] == what[i % SIZE]);
      assert(time[i % SIZE] == i + 1 || time[i % SIZE] == i + 51);
      kept++;
      i++
    :: else -> break
    od;
    assert(now != end || end < SIZE || kept == SIZE - 1);
    if
    :: done = true
    :: true
    fi
  od
}
