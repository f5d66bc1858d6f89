// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <fcntl.h>

#include "arch/libc_call.h"
#include "sched/libc_call.h"
#include "signals/pipe.h"

namespace gosling::signals {

// A child that another thread forks between the two calls inherits the pipe:
// harmless here, since a forked child never touches it (fork.h). If that child
// calls exec, the new program has it, too, unless the child closes it first.
int PipeAnywhere(int fds[2]) {
  arch::PipeArgs args = {.fds = {-1, -1}};
  auto err = static_cast<int>(sched::LibcCall(gosling_pipe_trampoline, &args));
  for (int i = 0; i < 2 && err == 0; i++) {
    arch::FcntlArgs set = {
        .fd = args.fds[i], .cmd = F_SETFD, .arg = FD_CLOEXEC};
    err = static_cast<int>(sched::LibcCall(gosling_fcntl_trampoline, &set));
  }
  if (err == 0) {
    fds[0] = args.fds[0];
    fds[1] = args.fds[1];
    return 0;
  }
  for (int fd : args.fds) {
    arch::CloseArgs end = {.fd = fd};
    if (fd >= 0) sched::LibcCall(gosling_close_trampoline, &end);
  }
  return err;
}

}  // namespace gosling::signals
