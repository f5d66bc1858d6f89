// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// WakePolicy: whether a P wakes another M for what its goroutines make
// runnable.
//
// A G in runnext cannot be stolen. While Ps are idle, Ready decides where a G
// goes by this P's experience. If goroutines here run for long after making
// another one ready, the other goes into the ring and an M is woken for it:
// eager. If three times running the waker parked within microseconds, as a
// ping-pong pair does, waking was wasted: from then on the G goes to runnext
// and runs here next: lazy, until sysmon measures slices long enough to be
// worth another core. Go always wakes, and pays with a futile wake across cores
// for every message of such a pair. A lazy P wakes no M for its ring either,
// while there are few in it: its own M will come to them within microseconds,
// and if not, sysmon wakes one. (mutex8y, selfanin2 in tools/bench/ with
// GOMAXPROCS=2.)
//
//              three short slices after eager wakes
//      eager ─────────────────────────────────────► lazy
//        ▲                                           │
//        └───────────────────────────────────────────┘
//          sysmon: slices are long, or the ring stands still, or P was taken
//
// All but BecomeEager and Lazy is for the owner of the P.

#ifndef GOSLING_SCHED_WAKE_POLICY_H_
#define GOSLING_SCHED_WAKE_POLICY_H_

#include <atomic>
#include <cstdint>

#include "arch/arch.h"

namespace gosling::sched {

class WakePolicy {
 public:
  bool Lazy() const { return lazy_.load(std::memory_order_relaxed); }

  // BecomeEager makes it eager again. By sysmon.
  void BecomeEager() { lazy_.store(false, std::memory_order_relaxed); }

  // BeginEager notes that an M is being woken for a G that the running
  // goroutine has made ready.
  void BeginEager() {
    if (eager_since_ == 0) eager_since_ = arch::CycleCount();
  }

  // Pending says that such a wake is still to be judged, which EndSlice does,
  // when the goroutine gives up the CPU.
  bool Pending() const { return eager_since_ != 0; }
  [[gnu::noinline]] void EndSlice() {
    const std::uint64_t ran = arch::CycleCount() - eager_since_;
    eager_since_ = 0;
    if (ran > arch::CyclesIn(kShortSliceNs)) {
      short_slices_ = 0;
    } else if (++short_slices_ >= kShortSlicesToLazy) {
      short_slices_ = 0;
      lazy_.store(true, std::memory_order_relaxed);
    }
  }

  // WorthWaking says whether a ring of that size is worth another core.
  bool WorthWaking(std::uint32_t ring_size) const {
    return !Lazy() || ring_size >= kManyWaiting;
  }

 private:
  friend struct WakePolicyTestPeer;  // makes it lazy

  // An eager wake was wasted if the waker gave up the CPU within this time.
  static constexpr std::uint64_t kShortSliceNs = 2000;
  static constexpr int kShortSlicesToLazy = 3;
  // So many in the ring are worth another core however short their slices are.
  static constexpr std::uint32_t kManyWaiting = 16;

  std::atomic<bool> lazy_{false};
  std::uint8_t short_slices_ = 0;
  // Cycle count of the last eager wake; 0: none is pending.
  std::uint64_t eager_since_ = 0;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_WAKE_POLICY_H_
