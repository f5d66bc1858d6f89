// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Panics and fatal errors.
//
//     try {
//       ch.Close();
//     } catch (const gosling::Panic& p) {
//       std::puts(p.what());  // "close of closed channel"
//     }
//
// A misuse on which Go panics throws Panic, with Go's words. Any exception that
// leaves a goroutine is a panic too, and ends the program with status 2:
//
//   panic: vector::_M_range_check: … [std::out_of_range]
//
//   goroutine 7 [running] "worker":
//   …the stack of the throw…
//   created by Start() in goroutine 1
//   	0x55d0c8a4f0a2
//
// After the words of a std::exception stands its type, except Panic's: Go's
// words stand alone. Anything else is reported by its type, `panic: exception
// of type int`. If what() crashes too, that is a `panic during panic`. Of
// several panics at once one is shown. After the words of an exception that had
// been caught and was thrown again (`throw;`) stands ` [recovered, repanicked]`;
// the stack is then that of the second throw.
//
// A program cannot catch what Go calls a fatal error, nor a goroutine's fault:
// a null pointer, a division by zero. If it had a handler for SIGSEGV, SIGBUS,
// SIGFPE or SIGILL before it first used the library, that handler gets the
// fault; otherwise it is reported, with its stack, and the status is 2.
//
// Environment: GOTRACEBACK, which stacks a fatal report shows. none; single
// (the default), that of the goroutine that crashed; all; system, with the
// runtime's own; crash, which is system and ends by SIGABRT, with a core dump.

#ifndef GOSLING_PANIC_H_
#define GOSLING_PANIC_H_

#include <gosling/internal/export.h>

#include <stdexcept>
#include <string_view>

namespace gosling {

// Panic is what the library throws where Go panics. what() is Go's text without
// the word "panic: ".
class GOSLING_API Panic : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Panic() override;
};

// Throw prints "fatal error: <message>" to standard error and ends the process
// with status 2. Nothing is unwound. May be called from any thread, goroutine
// or signal handler. Go: runtime.throw.
[[noreturn]] GOSLING_API void Throw(std::string_view message);

}  // namespace gosling

#endif  // GOSLING_PANIC_H_
