// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// MakePipe makes a pipe whose ends are closed on exec: at the moment they come
// into being where the system can, else just after.

#ifndef GOSLING_RUNTIME_OS_MAKE_PIPE_H_
#define GOSLING_RUNTIME_OS_MAKE_PIPE_H_

namespace gosling::internal {

// Returns 0 or an errno. fds[0] is the end to read from.
int MakePipe(int fds[2]);

// The system's name of the call, for errors.
extern const char* const kMakePipeCall;

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_OS_MAKE_PIPE_H_
