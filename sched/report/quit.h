// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SIGQUIT (Ctrl-\): the process shows what all its goroutines do, in Go's form,
// and exits with status 2.
//
//     SIGQUIT: quit
//     PC=0x7f1c0e8a2b91 m=2 sigcode=0
//
//     goroutine 7 [running]:
//     …
//     goroutine 1 [chan receive, 3 minutes]:
//     …
//
//     rax    0xca
//     …
//
// First the goroutine that the signal interrupted, if it was one, then the
// others. Stacks of goroutines that run on other threads are read by those
// threads (freeze.h).
//
// Unlike Go, whose runtime owns the process: a library should not change what a
// signal does in a program that only links it, or that has its own idea. The
// handler is installed when the runtime is first used, and only if SIGQUIT has
// its default action then, which is to kill with a core dump;
// GOTRACEBACK=crash gives the core back. signal::Notify(c, SIGQUIT) takes
// precedence while it lasts.
//
// Go: runtime/signal_unix.go, fatalsignal.

#ifndef GOSLING_SCHED_REPORT_QUIT_H_
#define GOSLING_SCHED_REPORT_QUIT_H_

namespace gosling::sched {

void InstallQuitHandler();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_QUIT_H_
