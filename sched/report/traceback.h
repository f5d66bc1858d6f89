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
// At GOTRACEBACK=system and crash the addresses of the objects follow the
// number, for a debugger: ` gp=0x7f… m=2 mp=0x55…` of a goroutine that runs, `
// gp=… m=nil` of one that does not. Unlike Go, a signal's or a broken
// invariant's dump does not raise the level to system by itself.
//
// Of a deep stack, 50 frames from either end; of many goroutines, 100.
//
// Go: runtime/traceback.go, goroutineheader, traceback, tracebackothers.

#ifndef GOSLING_SCHED_REPORT_TRACEBACK_H_
#define GOSLING_SCHED_REPORT_TRACEBACK_H_

#include <signal.h>

#include "sched/g.h"
#include "sched/os/fatal.h"
#include "sched/report/unwind.h"

namespace gosling::sched {

// PrintGoroutine writes one goroutine: `state` goes between the brackets, and
// `from` is the first of the frames that is shown.
void PrintGoroutine(const Output& out, const G* g, const char* state,
                    const Frames& frames, int from = 0);

// PrintStack writes the calling goroutine with its stack, from the caller's
// caller on.
void PrintStack(const Output& out);

// PrintSuspended writes a goroutine that does not run, and stays so meanwhile.
void PrintSuspended(const Output& out, G* g);

// PrintGoroutines writes every goroutine but `except`, those that run with
// their stacks only if their threads are frozen (freeze.h). The caller has
// stopped the world, or frozen it, or no goroutine can run. `mark_leaked`: those
// that wait for ever are marked, which Go's dumps of a crash do not do. Writes at most 100
// goroutines and counts the rest: it takes time for those 100, and for one look
// at each G there is.
void PrintGoroutines(const G* except, const Output& out = kStderr,
                     bool mark_leaked = false);

// WaitsForEver says whether g is parked where nothing can wake it: at a nil
// channel, or in a select without cases.
bool WaitsForEver(const G* g);

// PrintOthers ends a fatal report: the other goroutines, if GOTRACEBACK asks
// for all. Freezes the other threads for good.
void PrintOthers(const G* except);

// PrintFatalStacks ends the report of a fatal error: the stack of the goroutine
// that met it, then all the others unless GOTRACEBACK is none. As in Go, at any
// other GOTRACEBACK: the others may hold the state that this one found broken.
// Freezes the other threads for good.
void PrintFatalStacks();

// PrintSignal begins the report of a signal that is not reported as a panic, in
// Go's form (fatalsignal):
//
//     SIGSEGV: segmentation violation
//     PC=0x55d0c8a4f1e3 m=3 sigcode=1 addr=0x10
//
// addr only for SIGSEGV and SIGBUS; a SIGILL's instruction follows. No more than
// the first line in a program that is os::Privileged.
void PrintSignal(const char* name, const siginfo_t& info,
                 const ucontext_t& context);

// PrintInstruction writes the code at the interrupted place, as far as it can
// be read: `instruction bytes: 0xf 0xb …`, at most 16.
void PrintInstruction(const ucontext_t& context);

// PrintRegisters ends the report of a signal, in Go's form.
void PrintRegisters(const ucontext_t& context);

// SymbolOf returns the name of the function that pc lies in, or "?"; the text
// may be in `buffer`, of n bytes.
const char* SymbolOf(std::uintptr_t pc, char* buffer, int n);

// TrySymbolizer says whether SymbolOf can be had; for the dying thread, which
// has frozen the others. Calls meanwhile() as RunLimited does.
// GiveSymbolizerUp: from now on SymbolOf returns "?"; says so, once.
bool TrySymbolizer(void (*meanwhile)());
void GiveSymbolizerUp();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_TRACEBACK_H_
