// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Faults: an instruction in a goroutine that raises SIGSEGV, SIGBUS, SIGFPE or
// SIGILL ends the process with a report.
//
// A goroutine that has run into the guard of its stack has overflowed it: the
// report has the goroutine's name, the size of the stack, and the frames at
// both ends. Any other fault goes to the handler that was there when the
// runtime started, if there was one; otherwise it is reported in Go's form,
//
//     fatal error: invalid memory address or nil pointer dereference
//     [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x55d0c8a4]
//
//     goroutine 7 [running]:
//     …
//
//     rax    0x0
//     …
//
// and the process exits with status 2, as Go's does. Faults of which Go makes
// no panic, SIGILL and those of the runtime's own code on g0, begin with
// PrintSignal's lines instead (traceback.h). SIGFPE and SIGILL show the
// instruction's bytes. GOTRACEBACK=crash makes that a core dump, of the moment
// of the report: the fault's own frames are in it, below the handler's.
//
// Unlike Go, nothing turns into a panic that could be caught: unwinding out of
// code that did not expect to throw is not to be had in C++.
//
// A fault on a foreign thread, or a copy of these signals that a process has
// sent, goes to the disposition that was there before.

#ifndef GOSLING_SCHED_REPORT_FAULT_H_
#define GOSLING_SCHED_REPORT_FAULT_H_

#include <signal.h>

#include "sched/g.h"

namespace gosling::sched {

void InstallFaultHandler();

// DeleteFaults takes the signals of faults out of a set that is to be blocked.
// Async-signal-safe.
void DeleteFaults(sigset_t* set);

// ReportOverrun ends the process for a goroutine whose stack had no guard page,
// and is found overrun now that it has ended. Its frames are gone.
[[noreturn]] void ReportOverrun(const G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_FAULT_H_
