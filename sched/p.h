// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// P: the right to run, and what goes with it: run queue, timers, free Gs and
// warm stacks. There are GOMAXPROCS of them. Everything here is touched by the
// M that owns the P, without locks, unless it says otherwise; the P changes
// hands under sched.lock or by TryRetake (m.h), both of which order it.
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

namespace gosling::sched {

struct M;

enum class PStatus : std::uint32_t {
  kIdle,        // in sched's idle list
  kHandedOver,  // in somebody's hands, on the way to an M or into that list
  kRunning,     // owned by the M in p->m
  kStopped,     // held by whoever stopped the world
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
  // who has not moved.
  std::atomic<std::uint32_t> schedtick{0};  // switches made with a fresh slice
  Counter departures;  // a goroutine parked, yielded or ended
  Counter dispatches;  // g0 found one to run
  // The slice that runnext inherits is used up: sysmon sets it, and asks the M
  // to pass FindRunnable, where whoever owns the P by then puts runnext behind
  // the others and clears it.
  std::atomic<bool> slice_up{false};
  // How waking idle Ms for the sake of runnext is decided: see Ready in
  // proc.cc.
  std::atomic<bool> lazy_wake{false};
  std::uint8_t short_slices = 0;
  // Cycle count of the last eager wake; 0: none pending.
  std::uint64_t eager_since = 0;

  Peeked<int> ngfree;  // dead Gs in gfree
  StackCache stacks;
  // Goids are taken from the global counter in batches.
  std::uint64_t goid_next = 0;
  std::uint64_t goid_end = 0;

  // What has happened here since the P was made, for Stats and schedtrace; a P
  // that GOMAXPROCS retires keeps its numbers. Written by the owner.
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

  // sysmon's own notes about this P. Sysmon only.
  struct Observed {
    std::uint32_t schedtick = 0;
    std::uint64_t switches = 0;
    std::int64_t sched_when = 0;     // when schedtick last changed
    std::int64_t switches_when = 0;  // when switches last changed
    std::int64_t sampled = 0;
    std::int64_t asked = 0;  // when it was asked to yield; 0: not
  };
  alignas(64) Observed observed;
  P* idle_next = nullptr;  // under sched.lock
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_P_H_
