// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/next.h"

#include "sched/os/fork.h"
#include "sched/os/spin.h"

namespace gosling::sched {

[[gnu::noinline]] bool SpinOffCpu(const G* g) {
  for (Spin spin(kOffCpuSpin); spin.Left();) {
    spin.Pass();
    if (OffCpu(g)) return true;
  }
  return false;
}

void WaitOffCpu(const G* g) {
  while (!TryWaitOffCpu(g)) {
    if (InForkedChild()) DieInForkedChild();
    os::Yield();
  }
}

bool MindFired(P* p) {
  p->fired_waits = p->runq.Holds(p->fired_tail);
  if (p->fired_waits) p->slice_up.store(true, std::memory_order_relaxed);
  return p->fired_waits;
}

}  // namespace gosling::sched
