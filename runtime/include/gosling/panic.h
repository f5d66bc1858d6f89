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
// leaves a goroutine is a panic too: `panic: <what>`, a blank line, `goroutine
// N [running]:` with a stack, exit status 2. What Go calls a fatal error cannot
// be caught.

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
