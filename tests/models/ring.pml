// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A P's ring of runnable Gs, its owner and thieves (sched/runq.h, runq.cc).
//
//   P             the M that owns a P: Put, Get, TakeHalf on its own ring, and
//                 StealFrom on the others' when that is empty
//
// P 0 makes all Gs; the others only steal. The ring has four slots, not 256, so
// that indices wrap; head and tail are never reduced, as in C++. Each access to
// a word that others write too is a step. Stores of one thread become visible
// in their order (total store order; release in C++), and a head or tail that
// is read late only makes the ring look smaller or larger, which the
// compare-and-swap finds out: so memory is taken as sequential.
//
// Properties: no G is run twice and none is lost; a thief whose
// compare-and-swap succeeds has read a G in each slot.
//
//   holds:
//   holds: NP=3 NG=3
//   fails: MUTANT_PLAIN_HEAD | assertion | a thief moves head by a plain store
//   fails: MUTANT_LATE_READ | assertion | a thief reads the slots after its compare-and-swap
//   fails: MUTANT_FULL_BY_ONE | assertion | Put takes a full ring for one with room
//   fails: MUTANT_EARLY_TAIL | assertion | Put moves tail before it has written the slot
//   fails: MUTANT_STEALS_INTO_MUCH | assertion | StealFrom with Gs in the own ring

#ifndef NP
#define NP 2
#endif
#ifndef NG
#define NG 6
#endif
#define SIZE 4
#define NONE 255

typedef Ring {
  byte head, tail;
  byte slot[SIZE] = NONE
}
Ring ring[NP];
byte made;       // Gs that have been put, or are about to be
bool ran[NG];    // ghost

inline Run(g) {
  atomic {
    assert(g != NONE);
    assert(!ran[g]);
    ran[g] = true
  }
}

#define COUNT(q) (ring[q].tail - ring[q].head)

// CAS(q, to) moves head from h, and says in `won` whether it was still there.
inline CAS(q, to) {
  atomic {
    won = ring[q].head == h;
    if
    :: won -> ring[q].head = to
    :: else
    fi
  }
}

inline Put(g) {
  do
  :: h = ring[me].head;
    t = ring[me].tail;
    if
#ifdef MUTANT_FULL_BY_ONE
    :: t - h <= SIZE ->
#else
    :: t - h < SIZE ->
#endif
#ifdef MUTANT_EARLY_TAIL
      ring[me].tail = t + 1;
      ring[me].slot[t % SIZE] = g;
#else
      ring[me].slot[t % SIZE] = g;
      ring[me].tail = t + 1;
#endif
      break
    :: else ->  // TakeHalf: the older half, then g, to the global queue
      one = ring[me].slot[h % SIZE];
      two = ring[me].slot[(h + 1) % SIZE];
      CAS(me, h + 2);
      if
      :: won -> Run(one); Run(two); Run(g); break
      :: else
      fi
    fi
  od;
  h = 0; t = 0; one = NONE; two = NONE; won = false
}

inline Get() {
  h = ring[me].head;
  do
  :: t = ring[me].tail;
    if
    :: t == h -> break
    :: else
    fi;
    one = ring[me].slot[h % SIZE];
    CAS(me, h + 1);
    if
    :: won -> Run(one); break
    :: else -> h = ring[me].head
    fi
  od;
  h = 0; t = 0; one = NONE; won = false
}

// StealFrom takes the older half of q's ring, two Gs at most here: the last of
// them is run at once, and the other goes into the own ring.
inline StealFrom(q) {
  do
  :: h = ring[q].head;
    t = ring[q].tail;
    n = t - h;
    n = n - n / 2;
    if
    :: n == 0 -> break
    :: n > SIZE / 2 -> goto again  // read at different moments
    :: else
    fi;
#ifdef MUTANT_LATE_READ
    CAS(q, h + n);
    if
    :: won
    :: else -> goto again
    fi;
#endif
    one = ring[q].slot[h % SIZE];
    ring[me].slot[ring[me].tail % SIZE] = one;
    if
    :: n == 2 ->
      two = ring[q].slot[(h + 1) % SIZE];
      ring[me].slot[(ring[me].tail + 1) % SIZE] = two
    :: else
    fi;
#ifdef MUTANT_PLAIN_HEAD
    won = ring[q].head == h;
    if
    :: won -> ring[q].head = h + n
    :: else
    fi;
#endif
#if !defined(MUTANT_LATE_READ) && !defined(MUTANT_PLAIN_HEAD)
    CAS(q, h + n);
#endif
    if
    :: won ->
      one = ring[me].slot[(ring[me].tail + n - 1) % SIZE];
      if
      :: n == 2 -> ring[me].tail++
      :: else
      fi;
      Run(one);
      break
    :: else
    fi;
again:
    skip
  od;
  h = 0; t = 0; n = 0; one = NONE; two = NONE; won = false
}

proctype P(byte me) {
  byte h, t, n, one = NONE, two = NONE;
  bool won;
end:
  do
  :: me == 0 && made < NG -> atomic { made++; n = made - 1 } Put(n); n = 0
  :: COUNT(me) > 0 -> Get()
#ifdef MUTANT_STEALS_INTO_MUCH
  :: COUNT((me + 1) % NP) > 0 -> StealFrom((me + 1) % NP)
#else
  :: COUNT(me) == 0 && COUNT((me + 1) % NP) > 0 -> StealFrom((me + 1) % NP)
#endif
#if NP > 2
  :: COUNT(me) == 0 && COUNT((me + 2) % NP) > 0 -> StealFrom((me + 2) % NP)
#endif
  od
}

active proctype Quiet() {
  byte i;
  timeout ->
  assert(made == NG);
  for (i : 0 .. NG - 1) {
    assert(ran[i])
  }
}

init {
  byte i;
  atomic {
    for (i : 0 .. NP - 1) {
      run P(i)
    }
  }
}
