// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Run: a main goroutine, whose goroutines are abandoned when it returns.
//
// The calling thread does not become an M: it sleeps on a note while the main
// goroutine runs like any other. That costs a thread switch per Run and buys
// that Run returns as soon as main does, whatever runs next on the thread that
// main ended on.
//
// Goroutines inherit the run of the one that started them. When the main
// goroutine has returned, the world is stopped and every goroutine of that run
// is marked abandoned: it is never switched to again, never readied, and
// skipped in wait queues. One that is in user code at that moment, on an M
// without P, goes on until its next call of the runtime, which does not return.
// Their stacks stay where they are, with all objects on them: others may point
// into them. Process exit does the same to Go's goroutines. The threads that
// they had locked end, once they are not in user code.
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
// nullptr, or why it cannot (g is freed then). `by`: runs g in place of the
// scheduler, on the calling thread, and returns when the Run is over; there is no
// MainReturned then.
const char* RunMain(G* g, void (*by)(G*) = nullptr);

// MainReturned ends the Run. Called by the main goroutine's closure at its end.
void MainReturned();

// RunOver says whether the Run with this id (G::run_id) has ended. 0, the
// process, never ends.
bool RunOver(std::uint32_t run_id);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_RUN_H_
