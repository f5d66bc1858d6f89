// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Run: a main goroutine, and what is left of its goroutines when it returns.
//
// The calling thread does not become an M: it sleeps on a note while the main
// goroutine runs like any other. That costs a thread switch per Run and buys
// that Run returns as soon as main does, whatever the thread that main ended on
// is needed for next.
//
// Goroutines inherit the run of the one that started them. When the main
// goroutine has returned, the world is stopped and every goroutine of that run
// is marked abandoned: it is never switched to again, never readied, and
// skipped in wait queues. One that is in user code at that moment, on an M
// without P, goes on until its next call of the runtime, which does not return.
// Their stacks stay where they are, with what they hold: other objects may
// point into them. That is what process exit does to Go's goroutines.
// The threads that they had locked end, once they are not in user code.
//
// Goroutines started outside any Run belong to the process and live on.

#ifndef GOSLING_SCHED_RUN_H_
#define GOSLING_SCHED_RUN_H_

#include <cstdint>

#include "sched/g.h"

namespace gosling::sched {

// RunMain runs g, made by NewG and holding the main closure, as the main
// goroutine of a new Run, and returns when MainReturned is called. Must be
// called on a thread that is not a goroutine; one Run at a time. Returns
// nullptr, or why it cannot (g is freed then).
const char* RunMain(G* g);

// MainReturned ends the Run. Called by the main goroutine's closure at its end.
void MainReturned();

// RunOver says whether the Run with this id (G::run_id) has ended. 0, the
// process, never ends.
bool RunOver(std::uint32_t run_id);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_RUN_H_
