// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What FD's results are as Errors, in Go's words.

#ifndef GOSLING_RUNTIME_POLL_ERRORS_H_
#define GOSLING_RUNTIME_POLL_ERRORS_H_

#include <gosling/errors.h>

#include <string>
#include <string_view>

#include "runtime/errors.h"

namespace gosling::poll {

// ErrnoText says what an errno means as Go does: libc's text, which begins with
// a small letter unless its first word is a name. Go: syscall.Errno.Error.
std::string ErrnoText(int err);

// ErrnoError is an errno as an Error, with ErrnoText and that code; nil for 0.
// errors::Is takes it for the std::errc of the same meaning.
Error ErrnoError(int err);

// CallError says "call: " and what the errno means, and wraps that. Go:
// os.NewSyscallError.
Error CallError(std::string_view call, int err);

// ResultError is one of FD's results as an Error, `closing` if it is kErrClosing;
// nil for 0. `call`, if there is one, stands before the text of an errno.
Error ResultError(int err, const Error& closing, std::string_view call = {});

// What the two below refer to: its address is constant.
extern const internal::ErrorAccess::Known timeout_error;
extern const internal::ErrorAccess::Known no_deadline_error;

// DeadlineExceeded says "i/o timeout", NoDeadline that a file type has none,
// NotPollable that it cannot be waited for. Go: the same names in internal/poll.
extern const Error& DeadlineExceeded;
extern const Error& NoDeadline;
extern const Error& NotPollable;

}  // namespace gosling::poll

#endif  // GOSLING_RUNTIME_POLL_ERRORS_H_
