// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Memory as amd64 and 386 have it, total store order: a store goes into its
// thread's buffer and reaches memory some time later, in order; a load sees
// the own buffer first. So a thread's load may overtake its earlier store to
// another word, and nothing else is out of order. (What weaker machines reorder
// beyond that is ordered in C++ by acquire and release.)
//
// Spin itself is sequentially consistent; a word that is always written by a
// locked instruction, or under a lock, needs nothing of this and is a plain
// variable in the models. A lock's instructions drain the buffer.
//
// Include it first, after NTHREADS, NWORDS and DEPTH: how many stores a buffer
// holds. Threads are 0 … NTHREADS-1.

byte mem[NWORDS];
chan buffer[NTHREADS] = [DEPTH] of { byte, byte };

// Each thread's buffered stores of each word: how many, and the newest value.
typedef View {
  byte count[NWORDS];
  byte newest[NWORDS]
}
View view[NTHREADS];

active [NTHREADS] proctype Buffer() {
  byte word, value;
end:
  do
  :: atomic {
      buffer[_pid]?word,value ->
      mem[word] = value;
      view[_pid].count[word]--;
      if
      :: view[_pid].count[word] == 0 -> view[_pid].newest[word] = 0
      :: else
      fi;
      word = 0;
      value = 0
    }
  od
}

inline Store(thread, word, value) {
  atomic {
    buffer[thread]!word,value;
    view[thread].count[word]++;
    view[thread].newest[word] = value
  }
}

#define LOADED(t, word) \
  (view[t].count[word] > 0 -> view[t].newest[word] : mem[word])

// A full fence waits for the own buffer to be empty, which is as good as
// emptying it: nothing stands in the way of that. A locked instruction, too,
// begins so.
#define DRAINED(t) (empty(buffer[t]))

// HeavyFence and LightFence of sched/fence.h. A membarrier makes every thread
// fence at some moment between its call and its return.
#ifdef NO_MEMBARRIER
#define HEAVY_FENCE(t, i) DRAINED(t)
#define LIGHT_FENCE(t) DRAINED(t)
#else
#define HEAVY_FENCE(t, i) \
  DRAINED(t); \
  for (i : 0 .. NTHREADS - 1) { \
    DRAINED(i) \
  } \
  i = 0
#define LIGHT_FENCE(t) skip
#endif

// A lock: its holder + 1, or 0.
#define LOCK(t, lock) atomic { DRAINED(t) && lock == 0 -> lock = t + 1 }
#define UNLOCK(t, lock) atomic { DRAINED(t) -> assert(lock == t + 1); lock = 0 }
