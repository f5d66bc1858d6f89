// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// WaitReadable, WaitWritable, WaitAny: one wait for descriptors that belong to
// another library. Nothing is known of them before or after: the library may
// close one behind our back between two waits, and another gets its number. So
// each wait registers anew, and first and last asks poll, which says how a
// descriptor is and not what has changed: an edge that came before the
// registration, or that another wait has taken, is not missed.
//
// WaitAny has a goroutine for each descriptor and direction, the watcher, which
// waits in the netpoller and wakes the caller, who asks poll. Rejected: a set in
// the netpoller (an epoll descriptor of its own in epoll's), as Linux refuses the
// 501st around one descriptor, and a pipe that wakes all waits is a usual thing;
// and the caller in the words of several records, which would be a second
// protocol beside PollDesc's, for out of all these one reporter may take it.

#include <errno.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/errors.h"
#include "runtime/poll/errors.h"
#include "sched/netpoll.h"

namespace gosling::runtime {

namespace {

using sched::PollDesc;
using sched::PollMode;
using sched::PollResult;

using Time = std::chrono::steady_clock::time_point;

// Ask asks the system how many of these are ready; negative: -errno. Errors and
// hang-ups are for the caller's next read or write to tell. Not inlined: errno
// is this thread's, and the caller parks between two calls.
[[gnu::noinline]] int Ask(std::span<pollfd> asks) {
  int n;
  do {
    n = ::poll(asks.data(), static_cast<nfds_t>(asks.size()), 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return -errno;
  for (const pollfd& ask : asks) {
    if ((ask.revents & POLLNVAL) != 0) return -EBADF;
  }
  return n;
}

// TimedOut is the errno that poll's waiters get in other libraries, with the
// words of a deadline here; errors::Is takes it for os::DeadlineExceeded, too.
class TimedOut final : public gosling::internal::ErrorNode {
 public:
  constexpr TimedOut() : ErrorNode(/*is_counted=*/false) {}
  std::string Message() const override {
    return poll::DeadlineExceeded.message();
  }
  std::error_code Code() const override {
    return std::make_error_code(std::errc::timed_out);
  }
  bool Timeout() const override { return true; }
  bool Is(const Error& target) const override {
    return target == poll::DeadlineExceeded;
  }
};
constinit const gosling::internal::Immortal<TimedOut> timed_out_node;
constinit const gosling::internal::ErrorAccess::Known timed_out(
    &timed_out_node.value);

Error FromErrno(int err) {
  return err == ETIMEDOUT ? timed_out.error : poll::ErrnoError(err);
}

// Registration is a descriptor in the poller. One that is there already, for
// another wait, gets there as a duplicate. The end of it parks while there are
// watchers.
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
      watchers_.Wait();
      pd_->Close();
    }
    if (duplicate_ >= 0) ::close(duplicate_);
  }

  // Watch has what is reported told on `news`.
  void Watch(PollMode mode, const Chan<Unit>& news) {
    watchers_.Go([pd = pd_, mode, news] {
      while (pd->Wait(mode) == PollResult::kReady) news.TrySend(Unit{});
      news.TrySend(Unit{});
    });
  }

  PollDesc* desc() const { return pd_; }
  int error() const { return err_; }

 private:
  PollDesc* pd_ = nullptr;
  int err_ = 0;
  int duplicate_ = -1;
  sync::WaitGroup watchers_;
};

Error WaitFor(int fd, PollMode mode, Time deadline) {
  pollfd ask = {
      fd, static_cast<short>(mode == sched::kPollRead ? POLLIN : POLLOUT), 0};
  int ready = Ask({&ask, 1});
  if (ready < 0) return FromErrno(-ready);
  if (ready > 0) return nullptr;
  const Registration registration(fd);
  PollDesc* pd = registration.desc();
  if (pd == nullptr) {
    // Regular files and folders, which the poller refuses, are always ready.
    const int err = registration.error();
    return err == EPERM ? Error() : FromErrno(err);
  }
  if (deadline != Time()) {
    pd->SetDeadline(
        std::max<std::int64_t>(deadline.time_since_epoch().count(), 1), mode);
  }
  for (;;) {
    const PollResult result = pd->Wait(mode);
    if (result == PollResult::kTimeout) return timed_out.error;
    ready = Ask({&ask, 1});
    if (ready < 0) return FromErrno(-ready);
    if (ready > 0 || result != PollResult::kReady) return nullptr;
  }
}

// AwaitAny returns as Ask does, when one of `asks` is ready; -ETIMEDOUT at the
// deadline.
int AwaitAny(std::span<pollfd> asks, Time deadline) {
  const auto news = MakeChan<Unit>(1);
  std::list<Registration> registrations;
  for (const pollfd& ask : asks) {
    if (ask.fd < 0) continue;
    Registration& added = registrations.emplace_back(ask.fd);
    if (added.desc() == nullptr) return -added.error();
    if ((ask.events & POLLIN) != 0) added.Watch(sched::kPollRead, news);
    if ((ask.events & POLLOUT) != 0) added.Watch(sched::kPollWrite, news);
  }
  RecvChan<Time> over;
  if (deadline != Time()) {
    const Time now = time::Now();
    over = time::After(std::max(deadline, now) - now);
  }
  bool is_over = false;
  int ready = 0;
  while (ready == 0) {
    Select(OnRecv(news), OnRecv(over, [&] { is_over = true; }));
    if (is_over) return -ETIMEDOUT;
    ready = Ask(asks);
  }
  return ready;
}

}  // namespace

int Errno() { return errno; }
void SetErrno(int value) { errno = value; }

Error WaitReadable(int fd, Time deadline) {
  return WaitFor(fd, sched::kPollRead, deadline);
}

Error WaitWritable(int fd, Time deadline) {
  return WaitFor(fd, sched::kPollWrite, deadline);
}

std::pair<int, Error> WaitAny(std::span<FdWait> waits, Time deadline) {
  std::vector<pollfd> asks;
  asks.reserve(waits.size());
  bool any = false;
  for (FdWait& wait : waits) {
    wait.readable = wait.writable = false;
    const int events = (wait.read ? POLLIN : 0) | (wait.write ? POLLOUT : 0);
    const bool asked = wait.fd >= 0 && events != 0;
    // poll, too, leaves out what is negative.
    asks.push_back({asked ? wait.fd : -1, static_cast<short>(events), 0});
    any = any || asked;
  }
  if (!any && deadline == Time()) return {0, FromErrno(EINVAL)};
  int ready = Ask(asks);
  if (ready == 0) ready = AwaitAny(asks, deadline);
  if (ready < 0) return {0, FromErrno(-ready)};
  for (std::size_t i = 0; i < waits.size(); i++) {
    const int told = asks[i].revents;
    waits[i].readable = waits[i].read && (told & ~POLLOUT) != 0;
    waits[i].writable = waits[i].write && (told & ~POLLIN) != 0;
  }
  return {ready, nullptr};
}

}  // namespace gosling::runtime
