// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SwitchTo: one goroutine, or g0, leaves an M and another one goes on there.
//
// errno and the C++ exception state live in the thread, and travel with the
// goroutine. FinishPrevious, run by the next one on the M, clears the leaver's
// on_cpu (g.h). pinned == 1 is carried over (proc.cc).

#ifndef GOSLING_SCHED_SWITCH_TO_H_
#define GOSLING_SCHED_SWITCH_TO_H_

#include "absl/base/optimization.h"
#include "sched/g.h"
#include "sched/goroutine.h"
#include "sched/m.h"
#include "sched/proc.h"
#include "sched/switch.h"
#include "sched/switch_annotations.h"

namespace gosling::sched {

// Arrive makes `g` the one that runs on m.
inline void Arrive(M* m, G* g) {
  m->curg = g;
  // EnterSyscall's hint was about the leaver.
  m->in_syscall.store(0, std::memory_order_relaxed);
  g->m = m;
  g->on_cpu.store(1, std::memory_order_relaxed);
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
}

// FinishPrevious lets go of prev, which has just left m and stands at `at`.
inline void FinishPrevious(M* m, G* prev, SwitchPoint at) {
  if (ABSL_PREDICT_FALSE(prev->status.load(std::memory_order_relaxed) ==
                         GStatus::kIdle)) {
    ReleaseDead(m, prev);
    return;
  }
  prev->switch_point = at;
  // release: the switch point and everything on the stack, for OffCpu's acquire
  prev->on_cpu.store(0, std::memory_order_release);
}

// SwitchTo leaves `from` for `to` and returns when another goroutine or g0
// switches back, perhaps on another M.
[[gnu::always_inline]] inline void SwitchTo(M* m, G* from, G* to) {
  Arrive(m, to);
  from->saved_errno = *m->errno_ptr;
  from->saved_eh = *m->eh_ptr;
  StartSwitch(from->annotations, to->annotations, /*dying=*/false);
  Transfer t = Jump(to->switch_point, from);
  M* now = CurrentM();
  FinishSwitch(from->annotations);
  FinishPrevious(now, static_cast<G*>(t.data), t.fctx);
  *now->errno_ptr = from->saved_errno;
  *now->eh_ptr = from->saved_eh;
}

// SwitchToG0 leaves g, which may be in a queue already, or never runs again.
inline void SwitchToG0(G* g) {
  M* m = CurrentM();
  SwitchTo(m, g, &m->g0);
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SWITCH_TO_H_
