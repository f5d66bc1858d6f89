// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Panics: an exception that leaves a goroutine ends the process.

#ifndef GOSLING_SCHED_REPORT_PANIC_H_
#define GOSLING_SCHED_REPORT_PANIC_H_

namespace gosling::sched {

// InstallTerminateHandler makes an exception that leaves a goroutine a panic:
// `panic: <what>`, a blank line, `goroutine N [running]:` with the stack of the
// throw, exit status 2. So does anything else that calls std::terminate in a
// goroutine. Elsewhere the handler that was there before is called.
void InstallTerminateHandler();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_PANIC_H_
