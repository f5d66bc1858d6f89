// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Spinning: waiting awake for an event that may come sooner than a sleep and a
// wake would take.
//
// A spin is bounded by time, and not by a number of PAUSEs, of which one takes
// 40 cycles on one CPU and 140 on the next. The bound is about what the sleep
// would cost: if the wait is over before, the sleep is saved; if not, the spin
// has at most doubled its cost. A holder that has lost its processor is waited
// for asleep after that. With more Ps than processors it may have lost it to a
// spinner, so spins are short there (buf8p8c with eight Ps on two processors
// takes three times as long otherwise); and with one processor there are none:
// the holder cannot run meanwhile.
//
// The time between two looks matters as much. A look takes the cache line away
// from the holder, which is about to write it; and a thread that finds the lock
// free between two of the holder's short sections takes turns with it, where
// each could have gone on for a while by itself. (buf8p8c in tools/bench/.)
//
// Unlike Go, which counts (4 times 30 PAUSEs), and for a runtime lock then
// yields to the system once: a holder that has lost its processor is better
// waited for asleep.
//
// Go: runtime/proc.go, active_spin and active_spin_cnt; runtime/lock_futex.go.

#ifndef GOSLING_SCHED_OS_SPIN_H_
#define GOSLING_SCHED_OS_SPIN_H_

#include <cstdint>

namespace gosling::sched {

// In nanoseconds; right within the factor of two that arch::CyclesIn is.
struct SpinTime {
  std::uint32_t all;
  std::uint32_t look;  // from one look to the next
};

// A lock of the runtime's: a membarrier, which interrupts the other processors,
// then a sleep and a wake, take from 5 us on an idle machine to 30 in a virtual
// one. Sections under such a lock are far shorter; a spinner that finds it held
// time after time has met as many sections, not a long one.
inline constexpr SpinTime kLockSpin{24'000, 1'500};
// The same with more Ps than processors.
inline constexpr SpinTime kCrowdedLockSpin{2'000, 500};
// LockSpin returns which of the two holds now. SetSpinProcs says how many
// Ps there are.
SpinTime LockSpin();
void SetSpinProcs(int n);

// sync::Mutex: a park lets other goroutines run, a section is user code of any
// length. Four looks, as in Go, where a PAUSE takes 140 cycles.
inline constexpr SpinTime kMutexSpin{6'000, 1'500};

// A goroutine that stands between its commit and its jump (G::on_cpu): some
// tens of nanoseconds, unless its thread has lost its processor.
inline constexpr SpinTime kOffCpuSpin{1'500, 50};

// Spin is one wait:
//
//     for (Spin spin(LockSpin()); spin.Left();) {
//       spin.Pass();
//       if (…) return;
//     }
class Spin {
 public:
  explicit constexpr Spin(SpinTime time)
      : looks_(time.all / time.look), look_ns_(time.look) {}

  // Left says whether to wait awake for another look. Never on a machine, or
  // with an affinity at the first call, of one processor.
  bool Left() const;
  // Pass passes the time to the next look. If the thread loses its processor
  // meanwhile, that counts as time spun.
  void Pass();

 private:
  std::uint32_t looks_;
  std::uint32_t look_ns_;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_SPIN_H_
