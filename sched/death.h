// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The order of a death: who tells the story, how much of it, how the process
// ends. What is told stands in panic.cc (exceptions), fault.cc (signals of the
// CPU), quit.cc (SIGQUIT) and deadlock.cc.
//
//     if (BeginDeath()) { … words, a stack, perhaps all stacks … }
//     EndDeath();
//
// The first thread to begin tells its story; others that die meanwhile wait for
// the end. Everything here is async-signal-safe.
//
// Go: runtime/panic.go, startpanic_m, dopanic_m; gotraceback.

#ifndef GOSLING_SCHED_DEATH_H_
#define GOSLING_SCHED_DEATH_H_

namespace gosling::sched {

// Traceback is how many goroutines a death shows: GOTRACEBACK.
enum class Traceback {
  kNone,
  kSingle,  // the one that died; all, if none did (deadlock, SIGQUIT)
  kAll,
  kSystem,  // the runtime's own as well
};

// SetTraceback is for Bootstrap. `crash`: end by SIGABRT, with a core dump.
void SetTraceback(Traceback level, bool crash);
Traceback TracebackLevel();

// BeginDeath makes the calling thread the one that tells, and returns true. If
// another tells already, it does not return. If the calling thread does, it has
// died again while it told: it says `panic during panic` and returns false, for
// a story in brief; a third time ends the process at once.
bool BeginDeath();

// EndDeath ends the process with status 2, or as GOTRACEBACK=crash wants it: no
// destructors, no atexit.
[[noreturn]] void EndDeath();

// Dying says whether some thread tells its story; AwaitDeath then does not
// return, so that a program that ends in peace meanwhile does not cut it short.
bool Dying();
void AwaitDeath();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_DEATH_H_
