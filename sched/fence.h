// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Fences between a store and a later load of another word, symmetric and
// asymmetric.
//
// The runtime has four places where two threads each store one word and then
// load the other's, and at least one must see what the other stored: pin
// against retake (m.h), queueing against going idle (idle.h), adding a timer
// against going to sleep (idle.h), unlocking against waiting for a lock
// (light_mutex.h). One side of each happens on every operation, the other when
// a thread is about to sleep or sysmon acts. So the frequent side uses
// LightFence, a compiler barrier, and the rare side HeavyFence, a membarrier
// system call, which makes every other running thread of the process execute a
// full fence. Where there is no membarrier both are full fences.
//
// Membarrier may be refused at any time, when a thread of the program enters a
// seccomp filter. The thread that is refused first makes the frequent sides
// fence from now on (LoseMembarrier): it sets kFence in every M, and
// LightMutex's bit. But another thread may have looked for that bit just before
// and be without a fence in this one round. So HeavyFence returns false from
// then on, and each rare side has its answer to that:
//   * retake: P is taken only from an M of which it is known that it has seen
//     kFence or passed a barrier since it was set (M::fences). The M says so
//     itself at its next Pin; for the others, that compute or block, sysmon
//     finds out (MendFences).
//   * going idle, and the timekeeper: a G or a timer that was missed is in the
//     ring, or the heap, of a P that runs, where sysmon finds it (sysmon.h); an
//     M that gives that P up looks there itself.
//   * LightMutex: a sleeper looks at the word again every millisecond.
// Rejected: mprotect instead, which interrupts the other CPUs only where their
// TLBs cannot be flushed without that (not on arm64, nor on recent AMD); and to
// wait for a while, which orders nothing.

#ifndef GOSLING_SCHED_FENCE_H_
#define GOSLING_SCHED_FENCE_H_

#include <atomic>
#include <cstdint>

#include "absl/base/optimization.h"
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

enum class MembarrierState {
  kNone,   // never was: all LightFences are full
  kWorks,  // as far as is known
  kLost,   // refused since; all LightFences that begin now are full
};

// After HeavyFence every other thread either sees all that this thread stored
// before it, or has made visible all that it stored before its own LightFence.
// False: that may not hold of a LightFence that began before membarrier was
// lost.
bool HeavyFence();

// MendFences, by sysmon, at each of its looks: finds out which Ms fence at
// every Pin, after membarrier has been lost.
void MendFences(std::int64_t now);

inline void LightFence(M* m) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (ABSL_PREDICT_FALSE((m->slow.load(std::memory_order_relaxed) & kFence) !=
                         0))
    FullFence();
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FENCE_H_
