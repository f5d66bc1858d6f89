// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler of SIGPROF. Nothing else belongs into this file: it is built without
// sanitizers, and calls nothing but what is inline. It runs with all signals
// blocked, on the alternate stack.

#include <signal.h>

#include "arch/arch.h"
#include "sched/proc.h"
#include "sched/report/cpu_profile.h"

namespace gosling::sched {

constinit CpuProfile cpu_profile;

namespace {

struct FrameRecord {
  std::uintptr_t caller;
  std::uintptr_t pc;
};

// Follow adds the return addresses of the frames on the stack from `frame` on.
void Follow(std::uintptr_t frame, const Stack& stack, ProfileSample* to) {
  const auto lo = reinterpret_cast<std::uintptr_t>(stack.lo);
  const auto hi = reinterpret_cast<std::uintptr_t>(stack.hi);
  while (to->count < ProfileSample::kMost && frame >= lo && frame < hi &&
         hi - frame >= sizeof(FrameRecord) &&
         frame % alignof(FrameRecord) == 0) {
    const auto* record = reinterpret_cast<const FrameRecord*>(frame);
    const std::uintptr_t caller = record->caller;
    // The outermost frame's return address leads nowhere.
    if (caller <= frame || caller >= hi) break;
    to->pc[to->count++] = record->pc;
    frame = caller;
  }
}

void Take(const ucontext_t& context) {
  const std::uint32_t i =
      cpu_profile.claimed.fetch_add(1, std::memory_order_relaxed);
  if (i >= cpu_profile.size) return;
  ProfileSample* sample = &cpu_profile.samples[i];
  sample->pc[0] = arch::ContextPC(context);
  sample->count = 1;
  const M* m = CurrentM();
  const G* g = GoroutineOn(m);
  sample->goid = g != nullptr ? std::uint64_t{g->goid} : 0;
  const std::uintptr_t sp = arch::ContextSP(context);
  // In the middle of a switch the goroutine is not yet, or no longer, the one
  // whose stack this is.
  if (g == nullptr || !arch::kFramesAreLinked ||
      sp < reinterpret_cast<std::uintptr_t>(g->stack.lo) ||
      sp >= reinterpret_cast<std::uintptr_t>(g->stack.hi)) {
    return;
  }
  Follow(arch::ContextFP(context), g->stack, sample);
}

}  // namespace

void OnProfileSignal(int, siginfo_t*, void* context) {
  // seq_cst, with StopCpuProfile: it sees this handler inside, or this one that
  // the profile is over.
  cpu_profile.inside.fetch_add(1);
  if (cpu_profile.on.load()) Take(*static_cast<ucontext_t*>(context));
  cpu_profile.inside.fetch_sub(1);
}

}  // namespace gosling::sched
