// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The order of a crash: one thread, the dying thread, prints the fatal report
// and ends the process. The reports are those of panic.h (exceptions), fault.h
// (signals of the CPU), quit.h (SIGQUIT), all in report/, and of deadlock.h.
//
//     if (BeginCrash()) { … words, a stack, perhaps all stacks … }
//     EndCrash();
//
// The first thread to begin reports; others that crash meanwhile wait for the
// end. Everything here is async-signal-safe.
//
// Go: runtime/panic.go, startpanic_m, dopanic_m; gotraceback.

#ifndef GOSLING_SCHED_OS_CRASH_H_
#define GOSLING_SCHED_OS_CRASH_H_

namespace gosling::sched {

// Traceback is how many goroutines a fatal report shows: GOTRACEBACK.
enum class Traceback {
  kNone,
  kSingle,  // the one that failed; all, if none did (deadlock, SIGQUIT)
  kAll,
  kSystem,  // the runtime's own as well
};

// SetTraceback is for Bootstrap. `crash`: end by SIGABRT, with a core dump.
void SetTraceback(Traceback level, bool crash);
Traceback TracebackLevel();

// BeginCrash makes the calling thread the dying thread, and returns true. If
// another one is that already, it does not return. If the calling thread is, it
// has crashed again in its report: BeginCrash prints `panic during panic` and
// returns false, for a report in brief; a third time ends the process at once.
bool BeginCrash();

// EndCrash ends the process with status 2, or as GOTRACEBACK=crash wants it: no
// destructors, no atexit.
[[noreturn]] void EndCrash();

// SetCrashEnd sets what EndCrash calls first: the recorder's last words. Once.
void SetCrashEnd(void (*last)());

// ReportsCrash says whether the calling thread is the dying thread.
bool ReportsCrash();

// Crashing says whether there is a dying thread. AwaitCrash then does not
// return, so that a program that ends in peace meanwhile does not cut the
// report short.
bool Crashing();
void AwaitCrash();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_CRASH_H_
