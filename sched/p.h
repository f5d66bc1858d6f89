// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// P: the right to run, and what goes with it: run queue, timers, free Gs and
// warm stacks. There are GOMAXPROCS of them. Everything here is touched by the
// M that owns the P, without locks, unless it says otherwise; the P changes
// hands under scheduler.lock or by TryRetake (m.h), both of which order it.
//
// Go: runtime/runtime2.go, type p.

#ifndef GOSLING_SCHED_P_H_
#define GOSLING_SCHED_P_H_

#include <atomic>
#include <cstdint>

#include "sched/g.h"
#include "sched/peeked.h"
#include "sched/runq.h"
#include "sched/stack.h"
#include "sched/timer.h"
#include "sched/wake_policy.h"

namespace gosling::sched {

struct M;

enum class PStatus : std::uint32_t {
  kIdle,        // in the scheduler's idle list
  kHandedOver,  // held by a thread, on the way to an M or into that list
  kRunning,     // owned by the M in p->m
  kStopped,     // held by the stopper of the world
};

inline constexpr int kMaxProcs = 1024;
inline constexpr int kMaxGFree = 64;

struct alignas(128) P {
  int id = 0;
  std::atomic<PStatus> status{PStatus::kIdle};
  std::atomic<M*> m{nullptr};

  // The G that runs next. Owner only; sysmon and dumps peek.
  std::atomic<G*> runnext{nullptr};
  // Written by the owner; sysmon compares them from one look to the next to see
  // which P has not moved.
  std::atomic<std::uint32_t> schedtick{0};  // switches made with a fresh slice
  Counter parks;
  Counter dispatches;  // g0 found a G to run
  // The slice that runnext inherits is used up. sysmon sets it, and asks the M
  // to pass FindRunnable; there the owner puts runnext behind the others and
  // clears it.
  std::atomic<bool> slice_up{false};
  // The global queue went first when the last slice was over: the next time the ring
  // does, since what was asked to yield is in the global queue. Owner only.
  bool global_turn = false;
  WakePolicy wake;

  Peeked<int> ngfree;  // dead Gs in gfree
  StackCache stacks;
  // Goids are taken from the global counter in batches.
  std::uint64_t goid_next = 0;
  std::uint64_t goid_end = 0;

  // Events since the P was made, for Stats and schedtrace; a P that GOMAXPROCS
  // retires keeps its numbers. Written by the owner.
  Counter started;                      // goroutines
  std::atomic<std::uint64_t> ended{0};  // goroutines
  Counter yields;
  Counter preemptions;  // yields at a Pin, because sysmon asked
  Counter steals;       // from another P's ring
  Counter overflows;    // half a ring went to the global queue
  Counter handoffs;     // its M could not use it
  Counter retakes;      // taken from an M in user code

  G* gfree[kMaxGFree] = {};

  alignas(64) RunQueue runq;
  TimerHeap timers;
  // The Gs that timers made runnable here last: the one in runnext, and the
  // ring's tail behind the others. See FiredInOrder in timer.cc. Owner only.
  const G* fired_next = nullptr;
  std::uint32_t fired_tail = 0;
  // Some of them may still wait in the ring.
  bool fired_waits = false;

  // sysmon's notes about this P. Sysmon only.
  struct Observed {
    std::uint32_t schedtick = 0;
    std::uint64_t switches = 0;
    std::int64_t sched_when = 0;     // when schedtick last changed
    std::int64_t switches_when = 0;  // when switches last changed
    std::int64_t sampled = 0;
    std::int64_t sample_when = 0;  // when its M was last asked for a sample
    std::int64_t asked = 0;        // when it was asked to yield; 0: not
    M* m = nullptr;                // whose CPU clock the next three are of
    std::int64_t cpu = -1;         // at the last look; -1: not known
    std::int64_t cpu_when = 0;
    std::int64_t slice_cpu = 0;  // when the slice was first seen there
  };
  alignas(64) Observed observed;
  P* idle_next = nullptr;  // under scheduler.lock

  // Switches counts the goroutines that left this P, and those that g0 found
  // for it. A hint for other threads.
  std::uint64_t Switches() const {
    return parks + yields + ended.load(std::memory_order_relaxed) + dispatches;
  }
};

// RunqPut queues g at p: next if `next`, else behind the others. By p's owner.
void RunqPut(P* p, G* g, bool next);

// TakeAll empties p's queues, which are in the caller's hands, into batch, and
// returns how many there were.
int TakeAll(P* p, GQueue& batch);

// AnyRunnable says whether some ring or the global queue holds a G.
bool AnyRunnable();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_P_H_
