// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stack overflow, told as such. A goroutine that runs into its guard page gets
// SIGSEGV (SIGBUS on some systems), which is handled on the M's alternate
// stack: if the address lies in a guard, the goroutine, its name and its stack
// size are printed and the process exits with status 2, as Go's does. Any other
// fault goes to the handler that was installed before, or to the default
// action.

#ifndef GOSLING_SCHED_FAULT_H_
#define GOSLING_SCHED_FAULT_H_

namespace gosling::sched {

void InstallFaultHandler();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FAULT_H_
