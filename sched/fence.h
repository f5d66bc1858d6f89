// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Fences between a store and a later load of another word, symmetric and
// asymmetric.
//
// The runtime has four places where two threads each store one word and then
// load the other's, and at least one must see what the other stored: pin
// against retake (m.h), queueing against going idle (proc.cc), adding a timer
// against going to sleep (m.cc), unlocking against waiting for a lock
// (light_mutex.h). One side of each happens on every operation, the other when
// a thread is about to sleep or sysmon acts. So the frequent side uses
// LightFence, a compiler barrier, and the rare side HeavyFence, a membarrier
// system call, which makes every other running thread of the process execute a
// full fence. Where there is no membarrier both are full fences.

#ifndef GOSLING_SCHED_FENCE_H_
#define GOSLING_SCHED_FENCE_H_

#include <atomic>
#include <cstdint>

#include "sched/m.h"

namespace gosling::sched {

// FullFence orders everything before it with everything after it.
inline void FullFence() {
#if defined(GOSLING_TSAN)
  // ThreadSanitizer does not know fences.
  static std::atomic<std::uint32_t> word{0};
  word.fetch_add(1);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

// HeavyFence: after it, every other thread either sees what this thread stored
// before, or has made visible what it stored before its own LightFence.
void HeavyFence();

inline void LightFence(M* m) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (__builtin_expect((m->slow.load(std::memory_order_relaxed) & kFence) != 0,
                       0))
    FullFence();
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FENCE_H_
