// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Finding g0's stack for a call into libc. g0's stack is free below its stack
// pointer while a goroutine runs: g0 is suspended in the jump that started the
// goroutine, and only this thread resumes it.

#include "sched/libc_call.h"

#include "arch/libc_call.h"
#include "sched/proc.h"
#include "sched/switch_annotations.h"

namespace gosling::sched {

std::intptr_t LibcCall(std::intptr_t (*trampoline)(void*), void* args) {
  M* m = CurrentM();
  if (m == nullptr || m->curg == &m->g0 || m->curg->HasFlag(kGForeign) ||
      (m->slow.load(std::memory_order_relaxed) & kOnSystemStack) != 0) {
    return trampoline(args);
  }
  constexpr std::ptrdiff_t kRedZone = 256;
  SetSlow(m, kOnSystemStack);
  char* top = static_cast<char*>(m->g0.switch_point) - kRedZone;
  SwitchAnnotations& own = m->curg->annotations;
  StartBorrowing(own, m->g0.annotations, top);
  std::intptr_t result = gosling_call_on_stack(trampoline, args, top);
  StopBorrowing(own, m->g0.annotations);
  ClearSlow(m, kOnSystemStack);  // the same M: no goroutine parks on g0's stack
  return result;
}

}  // namespace gosling::sched
