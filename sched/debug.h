// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How the runtime speaks. Fatal errors print Go's words to stderr and exit with
// status 2; they cannot be caught. Output is written with write(2) from a
// buffer on the stack: no allocation, no stdio.

#ifndef GOSLING_SCHED_DEBUG_H_
#define GOSLING_SCHED_DEBUG_H_

#include <cstdarg>
#include <cstddef>

namespace gosling::sched {

// Output is where text goes: standard error, or a string in the making.
struct Output {
  void (*put)(void* arg, const char* text, std::size_t n);
  void* arg;

  void Printf(const char* format, ...) const
      __attribute__((format(printf, 2, 3)));
};

// StderrOutput writes straight to descriptor 2.
extern const Output kStderr;

// Throw prints "fatal error: <words>" and the stacks (PrintFatalStacks in
// traceback.h), and exits with status 2. For broken invariants and for the
// misuses that Go calls fatal. May be called from anywhere, signal handlers
// included, with any lock held. Go: runtime.throw, fatal.
[[noreturn]] void Throw(const char* format, ...)
    __attribute__((format(printf, 1, 2)));

// PrintFatal is the first half of Throw, for deaths that have more to say.
void PrintFatal(const char* words);

// Warn prints "runtime: <words>" to stderr.
void Warn(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_DEBUG_H_
