// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// WaitReadable, WaitWritable: one wait for a descriptor that belongs to another
// library. Nothing is known of it before or after: the library may close it
// behind our back between two waits, and another gets its number. So each wait
// registers it anew, and first and last asks poll, which says how the
// descriptor is and not what has changed: an edge that came before the
// registration, or that another wait has taken, is not missed.

#include <errno.h>
#include <fcntl.h>
#include <gosling/runtime.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "sched/netpoll.h"

namespace gosling::runtime {

namespace {

using sched::PollDesc;
using sched::PollMode;
using sched::PollResult;

// IsReady asks the system: 1, 0, or -errno.
int IsReady(int fd, PollMode mode) {
  pollfd ask = {
      fd, static_cast<short>(mode == sched::kPollRead ? POLLIN : POLLOUT), 0};
  int n;
  do {
    n = ::poll(&ask, 1, 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return -errno;
  // Errors and hang-ups are for the caller's next read or write to tell.
  return (ask.revents & POLLNVAL) != 0 ? -EBADF : n;
}

Error FromErrno(int err) {
  return Error(std::error_code(err, std::generic_category()));
}

// Registration is a descriptor in the poller. One that is there already, for
// another wait, gets there as a duplicate.
class Registration {
 public:
  explicit Registration(int fd) {
    pd_ = PollDesc::Open(fd, &err_);
    if (err_ != EEXIST) return;
    duplicate_ = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (duplicate_ < 0) {
      err_ = errno;
    } else {
      pd_ = PollDesc::Open(duplicate_, &err_);
    }
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() {
    if (pd_ != nullptr) {
      pd_->Unblock();
      pd_->Close();
    }
    if (duplicate_ >= 0) ::close(duplicate_);
  }

  PollDesc* desc() const { return pd_; }
  int error() const { return err_; }

 private:
  PollDesc* pd_ = nullptr;
  int err_ = 0;
  int duplicate_ = -1;
};

Error WaitFor(int fd, PollMode mode,
              std::chrono::steady_clock::time_point deadline) {
  int ready = IsReady(fd, mode);
  if (ready < 0) return FromErrno(-ready);
  if (ready > 0) return nullptr;
  const Registration registration(fd);
  PollDesc* pd = registration.desc();
  if (pd == nullptr) {
    // Regular files and folders, which the poller refuses, are always ready.
    const int err = registration.error();
    return err == EPERM ? Error() : FromErrno(err);
  }
  if (deadline != std::chrono::steady_clock::time_point()) {
    pd->SetDeadline(
        std::max<std::int64_t>(deadline.time_since_epoch().count(), 1), mode);
  }
  for (;;) {
    const PollResult result = pd->Wait(mode);
    if (result == PollResult::kTimeout) return Error(std::errc::timed_out);
    ready = IsReady(fd, mode);
    if (ready < 0) return FromErrno(-ready);
    if (ready > 0 || result != PollResult::kReady) return nullptr;
  }
}

}  // namespace

Error WaitReadable(int fd, std::chrono::steady_clock::time_point deadline) {
  return WaitFor(fd, sched::kPollRead, deadline);
}

Error WaitWritable(int fd, std::chrono::steady_clock::time_point deadline) {
  return WaitFor(fd, sched::kPollWrite, deadline);
}

}  // namespace gosling::runtime
