// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// NextLocal: the next goroutine of this P, found without g0.
//
// A goroutine that parks, yields or ends goes straight to the next one when
// that is at hand, in runnext or the own ring. Every 8 switches the P's timers
// go first (a pair over runnext makes no ticks), and every 61 ticks the global
// queue: both are g0's.
//
// Only g0 waits for another goroutine's on_cpu. A parking goroutine that met
// such a one and waited would itself still be on_cpu, and two of them could
// wait for each other as soon as some commit readied a goroutine, which none
// does today (tests/models/park_ready.pml).

#ifndef GOSLING_SCHED_NEXT_H_
#define GOSLING_SCHED_NEXT_H_

#include <cstdint>

#include "absl/base/optimization.h"
#include "sched/g.h"
#include "sched/global_queue.h"
#include "sched/m.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/sched.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

// Bits of M::slow that concern parking; a missing membarrier does not, nor what
// the thread's mask holds back. And those that concern the other switches too.
inline constexpr std::uint32_t kParkSlow =
    ~static_cast<std::uint32_t>(kFence | kHoldsBack);
inline constexpr std::uint32_t kSwitchSlow =
    kParkSlow & ~static_cast<std::uint32_t>(kTimedParks);

// Go's number; prime, so that it is in step with no other period.
inline constexpr std::uint32_t kGlobalTicks = 61;
// A look at the clock costs as much as a switch.
inline constexpr std::uint32_t kTimerSwitches = 8;

// acquire: pairs with FinishPrevious; the switch point and the stack are
// complete
inline bool OffCpu(const G* g) {
  return g->on_cpu.load(std::memory_order_acquire) == 0;
}

// SpinOffCpu waits a moment for that.
bool SpinOffCpu(const G* g);

inline bool TryWaitOffCpu(const G* g) { return OffCpu(g) || SpinOffCpu(g); }

// WaitOffCpu waits until the M that g left has let go of it. Runs on g0. The
// other M is between its commit and its jump; if its thread has lost its core
// there, this one yields its own.
void WaitOffCpu(const G* g);

// MindFired ends the slice if a G that a timer has woken waits in the ring: g0
// puts the one in runnext behind it. True: so it is. Else a pair that takes
// turns over runnext would keep it waiting for 10 ms, and eight such pairs for
// 80. Called every kTimerSwitches switches, if fired_waits is set.
bool MindFired(P* p);

// NextLocal takes the next G that this P can run without g0's help. nullptr:
// ask g0 (which finds in m->pending a G that was taken but needs g0). `count`
// is how often a goroutine has left this P in the way that it does now.
// `traced`: the recorder is on; a G that it does not know yet needs g0, too,
// which introduces it.
[[gnu::always_inline]] inline G* NextLocal(M* m, P* p, std::uint64_t count,
                                           bool traced = false) {
  if (ABSL_PREDICT_FALSE(p->wake.Pending())) p->wake.EndSlice();
  if (ABSL_PREDICT_FALSE(count % kTimerSwitches == 0)) {
    if (p->fired_waits && MindFired(p)) return nullptr;
    std::int64_t when = p->timers.Next();
    if (when != 0 && when <= os::Nanotime()) return nullptr;
  }
  G* next = p->runnext.load(std::memory_order_relaxed);
  if (next != nullptr) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
  } else {
    std::uint32_t tick = p->schedtick.load(std::memory_order_relaxed) + 1;
    if (ABSL_PREDICT_FALSE(GlobalSize() > 0) && tick % kGlobalTicks == 0) {
      return nullptr;  // g0 takes it from there; the tick is not spent
    }
    // The number of Ps changes only while the world is stopped.
    next = p->runq.Get(
        /*thieves=*/Procs() > 1);
    if (next == nullptr) return nullptr;
    p->schedtick.store(tick, std::memory_order_relaxed);
  }
  const std::uint32_t mask = traced ? trace::kKnownMask : 0;
  const std::uint32_t known =
      traced ? trace::known_flags.load(std::memory_order_relaxed) : 0;
  if (ABSL_PREDICT_FALSE(
          ((next->flags.load(std::memory_order_relaxed) ^ known) &
           (kGLocked | kGAbandoned | kGSampled | mask)) != 0 ||
          !TryWaitOffCpu(next))) {
    m->pending = next;
    return nullptr;
  }
  return next;
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_NEXT_H_
