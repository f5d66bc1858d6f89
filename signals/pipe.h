// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The pipe of PipeNote. Its libc calls go through the trampolines of arch/, on
// the thread's own stack (sched/libc_call.h).

#ifndef GOSLING_SIGNALS_PIPE_H_
#define GOSLING_SIGNALS_PIPE_H_

namespace gosling::signals {

// PipeCloexec makes a pipe with both ends above 2 and close-on-exec, at the
// moment they come into being where the system has pipe2, else just after.
// fds[0] is the end to read from. Returns 0 or -errno, with nothing left open.
int PipeCloexec(int fds[2]);

// PipeAnywhere does the same, but for the numbers: it is the half that goes by
// the system. The build chooses the file that defines it, pipe_linux.cc or
// pipe_darwin.cc.
int PipeAnywhere(int fds[2]);

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_PIPE_H_
