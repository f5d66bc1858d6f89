// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Darwin sends this SIGPIPE to the process, where no thread can take it back,
// but an open file can be told not to raise it.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/poll/quiet.h"

namespace gosling::poll {

constinit std::atomic<bool> has_quiet_write{true};

void MakeQuiet(int fd) { ::fcntl(fd, F_SETNOSIGPIPE, 1); }

ssize_t CallQuietly(ssize_t (*call)(void* arg), void* arg) { return call(arg); }

ssize_t WriteQuietly(int fd, const void* from, std::size_t n) {
  const ssize_t written = ::write(fd, from, n);
  return written < 0 ? -errno : written;
}

}  // namespace gosling::poll
