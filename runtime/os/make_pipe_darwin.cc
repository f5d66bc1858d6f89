// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/os/make_pipe.h"

namespace gosling::internal {

constinit const char* const kMakePipeCall = "pipe";

// A child that another thread spawns between the calls inherits the pipe, unless
// it is one of exec::Command's.
int MakePipe(int fds[2]) {
  if (::pipe(fds) != 0) return errno;
  ::fcntl(fds[0], F_SETFD, FD_CLOEXEC);
  ::fcntl(fds[1], F_SETFD, FD_CLOEXEC);
  return 0;
}

}  // namespace gosling::internal
