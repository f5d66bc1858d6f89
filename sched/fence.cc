// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The rare side of fence.h, and the loss of membarrier.

#include "sched/fence.h"

#include "sched/light_mutex.h"
#include "sched/os/os.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

// A thread whose CPU clock stands still for so long has been off its CPU. Some
// systems count in ticks of 10 ms.
constexpr std::int64_t kStandstill = 20'000'000;

// When every M was found to fence: how long until the next look for one that
// was made while membarrier was lost.
constexpr std::int64_t kNextWalk = 10'000'000;
constinit std::int64_t next_walk = 0;  // sysmon only

// LoseMembarrier stores kLost before it marks the Ms: an M that is made
// meanwhile is in the list already, or its maker sees kLost (NewM).
void LoseMembarrier() {
  scheduler.membarrier.store(MembarrierState::kLost);
  LightMutex::PrepareWithoutMembarrier();
  for (M* m = scheduler.allm.load(std::memory_order_acquire); m != nullptr;
       m = m->all_next) {
    SetSlow(m, kFence);
  }
}

// HasPassedABarrier says whether m's thread has, since kFence was set. Asked
// again and again, by sysmon alone.
bool HasPassedABarrier(M* m, std::int64_t now) {
  const std::int64_t cpu =
      os::ThreadCpuTime(m->handle.load(std::memory_order_relaxed));
  if (cpu < 0) return false;
  if (cpu != m->unfenced.cpu || m->unfenced.ran_when == 0) {
    m->unfenced.cpu = cpu;
    m->unfenced.ran_when = now;
    return os::VisitCpusOf(m->tid.load(std::memory_order_relaxed));
  }
  return now - m->unfenced.ran_when >= kStandstill;
}

}  // namespace

bool HeavyFence() {
  MembarrierState state = scheduler.membarrier.load(std::memory_order_relaxed);
  if (state == MembarrierState::kWorks) {
    if (os::Membarrier()) return true;
    LoseMembarrier();
    state = MembarrierState::kLost;
  }
  FullFence();
  return state == MembarrierState::kNone;
}

// The seccomp filter may be another thread's alone: then sysmon's membarrier
// still works.
void MendFences(std::int64_t now) {
  if (scheduler.membarrier.load(std::memory_order_relaxed) !=
          MembarrierState::kLost ||
      now < next_walk) {
    return;
  }
  M* head = scheduler.allm.load(std::memory_order_acquire);
  bool missing = false;
  for (M* m = head; m != nullptr; m = m->all_next) {
    if (m->fences.load(std::memory_order_relaxed) || m->id < 0) continue;
    SetSlow(m, kFence);
    missing = true;
  }
  if (!missing) {
    next_walk = now + kNextWalk;
    return;
  }
  const bool all = os::Membarrier();
  for (M* m = head; m != nullptr; m = m->all_next) {
    if (m->fences.load(std::memory_order_relaxed) || m->id < 0) continue;
    if (all || HasPassedABarrier(m, now)) {
      // release: TryRetake's acquire
      m->fences.store(true, std::memory_order_release);
    }
  }
}

}  // namespace gosling::sched
