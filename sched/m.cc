// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/m.h"

#include <cerrno>

#include "arch/arch.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

void SetSlow(M* m, std::uint32_t bits) { m->slow.fetch_or(bits); }

void ClearSlow(M* m, std::uint32_t bits) { m->slow.fetch_and(~bits); }

void InitThisM(M* m) {
  m->errno_ptr = &errno;
  m->eh_ptr = ThisThreadExceptionState();
  m->tid.store(os::ThreadId(), std::memory_order_relaxed);
  m->handle.store(os::ThreadHandle(), std::memory_order_relaxed);
  m->rand_state = arch::CycleCount() ^ reinterpret_cast<std::uintptr_t>(m);
}

void AcquireP(M* m, P* p) {
  m->p = p;
  if (trace::On()) trace::ProcStarted(m, p);
  // release: m->p, for the acquire of sysmon's LookAt and TryRetake
  p->m.store(m, std::memory_order_release);
  // release: p->m, for LookAt's acquire
  p->status.store(PStatus::kRunning, std::memory_order_release);
}

P* ReleaseP(M* m) {
  P* p = m->p;
  if (trace::On()) trace::ProcStopped(m, p);
  m->p = nullptr;
  p->m.store(nullptr, std::memory_order_relaxed);
  p->status.store(PStatus::kHandedOver, std::memory_order_release);  // as above
  return p;
}

}  // namespace gosling::sched
