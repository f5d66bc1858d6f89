// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stacks as text, and what is printed when an exception leaves a goroutine.

#ifndef GOSLING_SCHED_TRACEBACK_H_
#define GOSLING_SCHED_TRACEBACK_H_

#include "sched/debug.h"
#include "sched/g.h"

namespace gosling::sched {

// PrintStack writes the calling goroutine's header line and stack. `state` goes
// between the brackets.
void PrintStack(const Output& out, const char* state);

// PrintGoroutines writes every goroutine but `except`, the parked ones with
// their stacks. The caller has stopped the world, or knows that nothing runs.
// Writes at most 100 stacks; the rest are counted.
void PrintGoroutines(G* except, const Output& out = kStderr);

// InstallTerminateHandler makes an exception that leaves a goroutine die as a
// panic: `panic: <what>`, a blank line, `goroutine N [running]:` with the stack
// of the throw, exit status 2. Elsewhere the handler that was there before is
// called.
void InstallTerminateHandler();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_TRACEBACK_H_
