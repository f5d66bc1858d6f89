// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Linux sends this SIGPIPE to the thread that wrote. From 6.18 on pwritev2 has a
// flag against it; before, the thread blocks the signal meanwhile and takes it
// back. One that was pending on the thread already stays.

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/poll/quiet.h"
#include "sched/storm.h"

namespace gosling::poll {

constinit std::atomic<bool> has_quiet_write{true};

namespace {

constexpr int kNoSignal = 0x100;  // RWF_NOSIGNAL, which few C libraries know

bool HasHandler() {
  struct sigaction action;
  return ::sigaction(SIGPIPE, nullptr, &action) == 0 &&
         ((action.sa_flags & SA_SIGINFO) != 0 ||
          (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN));
}

struct Write {
  int fd;
  const void* from;
  std::size_t n;
};

ssize_t CallWrite(void* arg) {
  const auto& w = *static_cast<const Write*>(arg);
  const ssize_t n = ::write(w.fd, w.from, w.n);
  return n < 0 ? -errno : n;
}

}  // namespace

void MakeQuiet(int) {}

ssize_t CallQuietly(ssize_t (*call)(void* arg), void* arg) {
  sigset_t pipe;
  sigset_t former;
  sigset_t pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &former);
  const bool blocked = sigismember(&former, SIGPIPE) == 1;
  // What is only held back for a while is not the program's to miss.
  const bool by_program =
      blocked && (sched::HeldBack() & (std::uint64_t{1} << (SIGPIPE - 1))) == 0;
  // One can be pending on this thread only if it was blocked before.
  const bool was_pending = blocked && ::sigpending(&pending) == 0 &&
                           sigismember(&pending, SIGPIPE) == 1;
  const ssize_t result = call(arg);
  if (result == -EPIPE && !was_pending && (by_program || !HasHandler())) {
    const timespec now = {};
    while (::sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  if (!blocked) ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return result;
}

ssize_t WriteQuietly(int fd, const void* from, std::size_t n) {
  // relaxed: a hint
  if (has_quiet_write.load(std::memory_order_relaxed)) {
    const iovec piece = {const_cast<void*>(from), n};
    const long written =
        ::syscall(SYS_pwritev2, fd, &piece, 1L, -1L, -1L, kNoSignal);
    if (written >= 0) return written;
    if (errno == EPIPE) {
      if (HasHandler()) ::pthread_kill(::pthread_self(), SIGPIPE);
      return -EPIPE;
    }
    // EPERM: of a filter of system calls; a write says it once more, if it is
    // not.
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL &&
        errno != EPERM) {
      return -errno;
    }
    if (errno != EINVAL)
      has_quiet_write.store(false, std::memory_order_relaxed);
  }
  Write write = {fd, from, n};
  return CallQuietly(CallWrite, &write);
}

}  // namespace gosling::poll
