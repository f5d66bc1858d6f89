// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/os/make_pipe.h"

namespace gosling::internal {

constinit const char* const kMakePipeCall = "pipe2";

int MakePipe(int fds[2]) { return ::pipe2(fds, O_CLOEXEC) == 0 ? 0 : errno; }

}  // namespace gosling::internal
