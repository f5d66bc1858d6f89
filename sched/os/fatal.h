// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Fatal errors, warnings, and the output under them. A fatal error prints Go's
// words to stderr and exits with status 2; it cannot be caught. Output is
// written with write(2) from a buffer on the stack: no allocation, no stdio.

#ifndef GOSLING_SCHED_OS_FATAL_H_
#define GOSLING_SCHED_OS_FATAL_H_

#include <cstddef>

namespace gosling::sched {

// Output is where text goes: standard error, or a string in the making.
struct Output {
  void (*put)(void* arg, const char* text, std::size_t n);
  void* arg;

  [[gnu::format(printf, 2, 3)]] void Printf(const char* format, ...) const;
};

// kStderr writes straight to descriptor 2.
extern const Output kStderr;

// Throw prints "fatal error: <words>" and the stacks (SetFatalStacks), and
// exits with status 2. For broken invariants and for the misuses that Go calls
// fatal. May be called from anywhere, signal handlers included, with any lock
// held. Go: runtime.throw, fatal.
[[noreturn, gnu::format(printf, 1, 2)]] void Throw(const char* format, ...);

// SetFatalStacks sets the function that prints the stacks below a fatal error's
// words. There is none before the runtime starts.
void SetFatalStacks(void (*print)());

// PrintFatal is the first half of Throw, for reports that have more to say.
void PrintFatal(const char* words);

// Warn prints "runtime: <words>" to stderr.
[[gnu::format(printf, 1, 2)]] void Warn(const char* format, ...);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_FATAL_H_
