// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What is recorded at each switch and wake-up, inline: some twenty instructions
// each, of which the clock is three. (What recording costs: tools/bench/README.md.)

#ifndef GOSLING_SCHED_TRACE_ON_SWITCH_H_
#define GOSLING_SCHED_TRACE_ON_SWITCH_H_

#include <cstdint>

#include "arch/arch.h"
#include "sched/g.h"
#include "sched/m.h"
#include "sched/p.h"
#include "sched/trace/event.h"
#include "sched/trace/recorder.h"

namespace gosling::sched::trace {

// AddAt records an event of m, which IsTracedOnly, on p.
inline void AddAt(const M* m, const P* p, Kind kind, unsigned argument,
                  const G* g) {
  // There is a log: Started has seen to it before it cleared kTraceFresh.
  m->log.load(std::memory_order_relaxed)
      ->events.Add(arch::CycleCount(), Event::Pack(kind, argument, 0, g->goid) |
                                           static_cast<std::uint32_t>(p->id));
}

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_TRACE_ON_SWITCH_H_
