// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contention: for how long goroutines wait for each other, for the block profile
// and the mutex profile (report/contention_profile.h keeps them).
//
// Off, it costs the hot paths nothing. While one of the two is on, each M has
// kTimedParks in M::slow, which ParkCommitted looks at anyway and Pin ignores: so
// a park takes ParkTimed (proc.cc), which reads the clock. A wait ends when the
// goroutine is readied, not when it runs: so a goroutine that has been timed once
// has kGTimed, which Ready looks at along with its other flags, and its waker
// notes the time.
//
// The parker is visible to its wakers before it sets the flag and notes the time:
// a waker that comes so early notes nothing, or an earlier time. Such a wait was
// none, and is not counted.
//
// Apart from the profiles, and always: for how long goroutines wait for locks in
// all (mutex_wait). To time each wait would cost a lock that goes from hand to hand
// half as much again. So, of short waits, one in 64 is timed, drawn by lot, and
// counts for as many; of long ones, which the clock does not make longer, each: what
// the waits before were like decides how many are drawn. (Go times every eighth.)
// Both ends are in runtime/sema.cc, which knows the waiter; a lock that is free has
// nothing of it.
//
// Sleeps and waits for descriptors are not counted, as in Go; nor are the waits of
// threads of the program's own, of the runtime's goroutines, and of those whose
// time a test decides.
//
// Go: runtime/mprof.go, blockevent, mutexevent; sched.totalMutexWaitTime.

#ifndef GOSLING_SCHED_CONTENTION_H_
#define GOSLING_SCHED_CONTENTION_H_

#include <atomic>
#include <cstdint>

#include "sched/g.h"
#include "sched/m.h"

namespace gosling::sched {

struct Contention {
  std::atomic<std::int64_t> block_rate{0};      // ns; 0: off
  std::atomic<std::int32_t> mutex_fraction{0};  // one in so many; 0: off
};

extern constinit Contention contention;

// MutexWait is the sum of the waits for locks that have ended.
struct MutexWait {
  static constexpr std::uint32_t kMostPeriod = 64;

  std::atomic<std::uint64_t> ns{0};  // an estimate
  // One in so many is timed; a power of 2.
  std::atomic<std::uint32_t> period{1};
};

extern constinit MutexWait mutex_wait;

// AddMutexWait counts a wait that was drawn at that period.
void AddMutexWait(std::int64_t ns, std::uint32_t period);

// SetBlockRate and SetMutexFraction turn the profiles on and off; the table for
// what they find is there before. SetMutexFraction returns the former one.
void SetBlockRate(std::int64_t ns);
std::int32_t SetMutexFraction(std::int32_t n);

// JoinContention gives a new M, or one that is used anew, its bit.
void JoinContention(M* m);

// TimesMutexes says whether the mutex profile is on.
inline bool TimesMutexes() {
  return contention.mutex_fraction.load(std::memory_order_relaxed) != 0;
}

// BeginWait, by g, which is about to switch away, returns the time; 0: this wait
// is not timed. `slow`: of its M. EndWait, by g, once it is back, tells the block
// profile. Pinned.
std::int64_t BeginWait(G* g, std::uint32_t slow);
void EndWait(G* g, std::int64_t since);

// NoteReadied, by the waker of a g that has kGTimed or kGSampled (run_latency.h).
void NoteReadied(G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_CONTENTION_H_
