// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/readable.h>: a byte in the pipe for each signal; the end of the file is
// the end. A pipe and no eventfd: every system has it, and its end lasts.

#include <gosling/internal/readable.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "runtime/os/make_pipe.h"
#include "runtime/poll/fd.h"

namespace gosling::internal {

namespace {

[[noreturn]] void Fail(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

}  // namespace

SignalPipe::SignalPipe() {
  int fds[2];
  if (const int error = MakePipe(fds)) Fail(error, kMakePipeCall);
  for (const int fd : fds) {
    if (const int error = poll::SetNonblock(fd, /*on=*/true)) {
      ::close(fds[0]);
      ::close(fds[1]);
      Fail(error, "fcntl");
    }
  }
  read_ = fds[0];
  write_ = fds[1];
}

SignalPipe::~SignalPipe() {
  ::close(read_);
  if (write_ != -1) ::close(write_);
}

void SignalPipe::Signal() noexcept {
  const char byte = 0;
  // There is room: at most kMaxAhead are under way.
  while (::write(write_, &byte, 1) == -1 && errno == EINTR) {
  }
}

void SignalPipe::SignalEnd() noexcept {
  ::close(write_);
  write_ = -1;
}

bool SignalPipe::Take() noexcept {
  char byte;
  ssize_t n;
  do n = ::read(read_, &byte, 1);
  while (n == -1 && errno == EINTR);
  return n != -1;
}

}  // namespace gosling::internal
