// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/os/spin.h"

#include <atomic>

#include "arch/arch.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constinit std::atomic<int> procs{0};

// CPUs asks the system once. A race to do so is harmless: all threads find the
// same. Not a static variable with an initializer: the compiler's guard of such
// a one sleeps where several threads come at once, and leaves EAGAIN in their
// errno, which would show after a send to a channel.
int CPUs() {
  static constinit std::atomic<int> cpus{0};
  int n = cpus.load(std::memory_order_relaxed);
  if (n == 0) {
    n = os::NumCPU();
    cpus.store(n, std::memory_order_relaxed);
  }
  return n;
}

}  // namespace

SpinTime LockSpin() {
  return procs.load(std::memory_order_relaxed) > CPUs() ? kCrowdedLockSpin
                                                        : kLockSpin;
}

void SetSpinProcs(int n) { procs.store(n, std::memory_order_relaxed); }

bool Spin::Left() const { return looks_ != 0 && CPUs() > 1; }

void Spin::Pass() {
  // For a counter that stands still, as some emulators' do.
  constexpr int kMostPauses = 1000;
  const std::uint64_t look = arch::CyclesIn(look_ns_);
  const std::uint64_t start = arch::CycleCount();
  std::uint64_t passed;
  int pauses = 0;
  do {
    arch::Pause();
    passed = arch::CycleCount() - start;
  } while (passed < look && ++pauses < kMostPauses);
  // A slow counter may not move at all in so short a time.
  const std::uint64_t looks = look != 0 && passed > look ? passed / look : 1;
  looks_ = looks < looks_ ? looks_ - static_cast<std::uint32_t>(looks) : 0;
}

}  // namespace gosling::sched
