// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// RunLimited: a call by the dying thread that may wait for a lock for ever.
//
// A process dies wherever it stands. A frozen thread (freeze.h) may hold any
// lock there is, and so may the dying thread itself, whose report may begin in
// a signal handler. Locks of the runtime's own are tried with a bound. Locks of
// libraries cannot be tried: libgcc's of registered unwind tables, the dynamic
// linker's, malloc's. A call that may take one is made under RunLimited. The
// kernel interrupts it every few milliseconds (a tick), and after the limit the
// tick's handler jumps out of it.
//
// A call that was left never goes on, which is no loss: the process ends. A
// lock that it did get stays locked. So the caller must do without that library
// from then on.

#ifndef GOSLING_SCHED_REPORT_LIMIT_H_
#define GOSLING_SCHED_REPORT_LIMIT_H_

#include <cstdint>

namespace gosling::sched {

// RunLimited calls f(arg) for at most `limit` nanoseconds and says whether it
// returned. At each tick meanwhile() runs in a signal handler on top of f, if
// it is not null. False without a call if the system has no timer at all. Signals
// other than faults are blocked until the end.
//
// For the dying thread (ReportsCrash in os/crash.h), and not on a goroutine's
// stack that it visits. There is no limit with ThreadSanitizer, which puts
// signals off, nor where the system has no such timers (Darwin).
// Async-signal-safe as far as f is.
bool RunLimited(void (*f)(void* arg), void* arg, std::int64_t limit,
                void (*meanwhile)() = nullptr);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_LIMIT_H_
