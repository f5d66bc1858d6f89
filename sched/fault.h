// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What happens when an instruction in a goroutine raises SIGSEGV, SIGBUS,
// SIGFPE or SIGILL.
//
// A goroutine that has run into the guard of its stack has overflowed it: that
// is told with the goroutine's name, the size of the stack, and the frames at
// both ends. Any other fault goes to the handler that was there when the
// runtime started, if there was one; otherwise it is told in Go's form,
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
// and the process exits with status 2, as Go's does. GOTRACEBACK=crash makes
// that a core dump, of the moment of the report: the fault's own frames are in
// it, below the handler's.
//
// Unlike Go, nothing turns into a panic that could be caught: unwinding out of
// code that did not expect to throw is not to be had in C++.
//
// On threads that are not ours, and for copies of these signals that somebody
// has sent, what was there before does as it would have done.

#ifndef GOSLING_SCHED_FAULT_H_
#define GOSLING_SCHED_FAULT_H_

#include <signal.h>

#include "sched/g.h"

namespace gosling::sched {

void InstallFaultHandler();

// DeleteFaults takes the signals of faults out of a set that is to be blocked.
// Async-signal-safe.
void DeleteFaults(sigset_t* set);

// TellOverrun is the death of a goroutine whose stack had no guard page, and is
// found overrun now that it has ended. Its frames are gone.
[[noreturn]] void TellOverrun(const G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FAULT_H_
