// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// PipeNote's Setup and Sleep call libc on the thread's own stack; Wakeup calls
// write's trampoline where it stands, because a signal handler is on the
// alternate stack and has no other to go to.
//
// Unlike Go's first pipe note, Sleep looks at what read returned: an EINTR
// taken for a wakeup left signal_recv in a state that crashed it (Go issues
// 42619 and 46466).

#include "signals/note_pipe.h"

#include <errno.h>
#include <fcntl.h>

#include <atomic>

#include "arch/libc_call.h"
#include "sched/libc_call.h"
#include "sched/os/fatal.h"
#include "signals/pipe.h"

namespace gosling::signals {

using sched::LibcCall;
using sched::Throw;

namespace {

int Fcntl(int fd, int command, std::intptr_t arg) {
  arch::FcntlArgs args = {.fd = fd, .cmd = command, .arg = arg};
  return static_cast<int>(LibcCall(gosling_fcntl_trampoline, &args));
}

// CloseFd never tries again: after EINTR the descriptor is gone on Linux, and
// its number may already be another thread's.
void CloseFd(int fd) {
  arch::CloseArgs args = {.fd = fd};
  LibcCall(gosling_close_trampoline, &args);
}

int SetNonblock(int fd) {
  int flags = Fcntl(fd, F_GETFL, 0);
  if (flags < 0) return flags;
  return Fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

// LookUpWrite writes nothing. Where the loader looks functions up at their first
// call, it does so here, and not in a signal handler, where it would use three
// kilobytes of a stack that may not have them.
int LookUpWrite(int fd) {
  char none = 0;
  arch::WriteArgs args = {.fd = fd, .buf = &none, .count = 0};
  return static_cast<int>(LibcCall(gosling_write_trampoline, &args));
}

}  // namespace

int PipeNote::Setup() {
  if (write_fd_.load(std::memory_order_relaxed) >= 0) {
    Throw("PipeNote: set up twice");
  }
  int fds[2];
  if (int err = PipeCloexec(fds); err != 0) return err;
  int err = SetNonblock(fds[1]);
  if (err >= 0) err = LookUpWrite(fds[1]);
  if (err < 0) {
    CloseFd(fds[0]);
    CloseFd(fds[1]);
    return err;
  }
  read_fd_.store(fds[0], std::memory_order_relaxed);
  write_fd_.store(fds[1], std::memory_order_relaxed);
  return 0;
}

void PipeNote::Sleep() {
  char byte;
  arch::ReadArgs args = {
      .fd = read_fd_.load(std::memory_order_relaxed), .buf = &byte, .count = 1};
  std::intptr_t n;
  do {
    n = LibcCall(gosling_read_trampoline, &args);
  } while (n == -EINTR);
  if (n != 1) {
    Throw("PipeNote: read from descriptor %d returned %d: was it closed?",
          args.fd, static_cast<int>(n));
  }
}

void PipeNote::Wakeup() {
  char byte = 0;
  arch::WriteArgs args = {.fd = write_fd_.load(std::memory_order_relaxed),
                          .buf = &byte,
                          .count = 1};
  std::intptr_t n;
  do {
    n = gosling_write_trampoline(&args);
  } while (n == -EINTR);
  // A full pipe is as good as a wakeup. Anything else loses one, and with it a
  // signal: better to say so than to hang.
  if (n != 1 && n != -EAGAIN) {
    Throw("PipeNote: write to descriptor %d returned %d: was it closed?",
          args.fd, static_cast<int>(n));
  }
}

}  // namespace gosling::signals
