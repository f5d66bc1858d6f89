// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Goroutines as text, in Go's form:
//
//     goroutine 7 [chan receive, 3 minutes, locked to thread] "name":
//     main::Consumer(int)
//     	0x55d0c8a4f1e3
//     …
//     created by main::Start() in goroutine 1
//     	0x55d0c8a4f0a2
//
// Of a deep stack, 50 frames from either end; of many goroutines, 100.
//
// Go: runtime/traceback.go, goroutineheader, traceback, tracebackothers.

#ifndef GOSLING_SCHED_TRACEBACK_H_
#define GOSLING_SCHED_TRACEBACK_H_

#include <signal.h>

#include "sched/debug.h"
#include "sched/g.h"
#include "sched/unwind.h"

namespace gosling::sched {

// PrintGoroutine writes one goroutine: `state` goes between the brackets, and
// `from` is the first of the frames that is shown.
void PrintGoroutine(const Output& out, const G* g, const char* state,
                    const Frames& frames, int from = 0);

// PrintStack writes the calling goroutine with its stack, from the caller's
// caller on.
void PrintStack(const Output& out);

// PrintGoroutines writes every goroutine but `except`, those that run with
// their stacks only if their threads are frozen (freeze.h). The caller has
// stopped the world, frozen it, or knows that nothing runs. Writes at most 100
// goroutines and counts the rest: it takes time for those 100, and for one look
// at each G there is.
void PrintGoroutines(const G* except, const Output& out = kStderr);

// PrintOthers is the end of a death's story: the other goroutines, if
// GOTRACEBACK asks for all. Freezes the other threads for good.
void PrintOthers(const G* except);

// PrintFatalStacks is the end of a fatal error's story: the stack of who met it,
// then all the others unless GOTRACEBACK is none. As in Go, whatever else
// GOTRACEBACK is: they may hold what this one found broken. Freezes the other
// threads for good.
void PrintFatalStacks();

// PrintRegisters is the end of a story that began with a signal, in Go's form.
void PrintRegisters(const ucontext_t& context);

// SymbolOf returns the name of the function that pc lies in, or "?"; the text
// may be in `buffer`, of n bytes.
const char* SymbolOf(std::uintptr_t pc, char* buffer, int n);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_TRACEBACK_H_
