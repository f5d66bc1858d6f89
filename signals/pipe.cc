// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "signals/pipe.h"

#include <unistd.h>

#include "sched/os/os.h"

namespace gosling::signals {

namespace os = sched::os;

int PipeCloexec(int fds[2]) {
  os::ShunStandard shun;
  int made[2];
  if (int err = PipeAnywhere(made); err != 0) return err;
  const int read_fd = os::RaiseFd(made[0]);
  const int write_fd = os::RaiseFd(made[1]);
  if (read_fd >= 0 && write_fd >= 0) {
    fds[0] = read_fd;
    fds[1] = write_fd;
    return 0;
  }
  if (read_fd >= 0) ::close(read_fd);
  if (write_fd >= 0) ::close(write_fd);
  return read_fd < 0 ? read_fd : write_fd;
}

}  // namespace gosling::signals
