// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The life of one goroutine, as user-facing code needs it: Goexit, names,
// LockOSThread.

#ifndef GOSLING_SCHED_GOROUTINE_H_
#define GOSLING_SCHED_GOROUTINE_H_

namespace gosling::sched {

// Goexit unwinds the calling goroutine: destructors run, then it ends. It is an
// exception that no handler should stop: if some catch (...) swallows it, the
// program dies with a message, since code after Goexit must not run. Fatal on a
// thread that is not a goroutine.
[[noreturn]] void Goexit();

// LockOSThread ties the calling goroutine to its thread until as many calls of
// UnlockOSThread have been made. No-ops on a thread that is not ours, which is
// tied by nature.
void LockOSThread();
void UnlockOSThread();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GOROUTINE_H_
