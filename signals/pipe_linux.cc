// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <fcntl.h>

#include "arch/libc_call.h"
#include "sched/libc_call.h"
#include "signals/pipe.h"

namespace gosling::signals {

int PipeAnywhere(int fds[2]) {
  arch::Pipe2Args args = {.fds = {-1, -1}, .flags = O_CLOEXEC};
  auto err = static_cast<int>(sched::LibcCall(gosling_pipe2_trampoline, &args));
  if (err == 0) {
    fds[0] = args.fds[0];
    fds[1] = args.fds[1];
  }
  return err;
}

}  // namespace gosling::signals
