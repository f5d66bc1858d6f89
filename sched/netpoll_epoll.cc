// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The poller on Linux: epoll, and an eventfd that breaks it.
//
// The system adds a descriptor to what it reports until it is told to stop, or
// the last duplicate of the descriptor is closed, a forked child's too: hence
// the explicit PollerDelete.
//
// epoll_pwait2 waits to the nanosecond; before Linux 5.11, and under
// ThreadSanitizer, which has to see the call to run signal handlers there,
// epoll_pwait takes milliseconds, rounded up.
//
// Rejected: io_uring in its place, which has not been faster for servers that
// answer what they read; it would stand behind the same four functions.
//
// Go: runtime/netpoll_epoll.go.

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "sched/netpoll.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/os/sanitizers.h"

namespace gosling::sched {

namespace {

constexpr int kEvents = 128;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::uint64_t kBreak =
    ~std::uint64_t{0};  // no record has that handle

#if defined(SYS_epoll_pwait2)
constexpr long kEpollPwait2 = SYS_epoll_pwait2;
#else
constexpr long kEpollPwait2 = 441;  // on all CPUs that gosling knows
#endif

constinit int epoll_fd = -1;
constinit int break_fd = -1;
constinit std::atomic<bool> break_pending{false};
constinit std::atomic<bool> have_pwait2{!kThreadSanitizer};

int WaitMs(epoll_event* events, std::int64_t delay_ns) {
  int ms = -1;
  if (delay_ns >= 0) {
    ms = static_cast<int>(
        std::min<std::int64_t>((delay_ns + kMs - 1) / kMs, INT_MAX));
  }
  return ::epoll_pwait(epoll_fd, events, kEvents, ms, nullptr);
}

int Wait(epoll_event* events, std::int64_t delay_ns) {
  if (delay_ns == 0 || !have_pwait2.load(std::memory_order_relaxed)) {
    return WaitMs(events, delay_ns);
  }
  struct {  // the kernel's, of 64 bits everywhere
    std::int64_t sec;
    std::int64_t nsec;
  } span = {delay_ns / (1000 * kMs), delay_ns % (1000 * kMs)};
  const long n = ::syscall(kEpollPwait2, epoll_fd, events, kEvents,
                           delay_ns < 0 ? nullptr : &span, nullptr, 0);
  // A filter of system calls may say either.
  if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
    have_pwait2.store(false, std::memory_order_relaxed);
    return WaitMs(events, delay_ns);
  }
  return static_cast<int>(n);
}

// TakeBreak empties the eventfd, which would end each Poll otherwise.
void TakeBreak() {
  std::uint64_t count;
  while (::read(break_fd, &count, sizeof count) < 0) {
    if (errno == EAGAIN) return;
    if (errno != EINTR) {
      Throw(
          "runtime: netpoll: read of a break failed: errno %d: was descriptor "
          "%d closed?",
          errno, break_fd);
    }
  }
}

}  // namespace

int PollerInit() {
  os::ShunStandard shun;
  const int epoll = os::RaiseFd(::epoll_create1(EPOLL_CLOEXEC));
  if (epoll < 0) return epoll == -1 ? errno : -epoll;
  const int wake = os::RaiseFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const int err = wake < 0 ? (wake == -1 ? errno : -wake) : 0;
  if (err != 0) {
    ::close(epoll);
    return err;
  }
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kBreak;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    const int error = errno;
    ::close(epoll);
    ::close(wake);
    return error;
  }
  epoll_fd = epoll;
  break_fd = wake;
  return 0;
}

int PollerAdd(int fd, std::uint64_t handle) {
  KeepErrno keep;
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  event.data.u64 = handle;
  return ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void PollerDelete(int fd) {
  KeepErrno keep;
  epoll_event event = {};  // Linux before 2.6.9 wants one
  ::epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &event);
}

int PollerWait(std::int64_t delay_ns, GQueue* out) {
  KeepErrno keep;
  epoll_event events[kEvents];
  const int n = Wait(events, delay_ns);
  if (n < 0 && errno != EINTR) {
    Throw(
        "runtime: netpoll: epoll failed with errno %d: was descriptor %d "
        "closed?",
        errno, epoll_fd);
  }
  if (n < 0) return kPollInterrupted;
  int ready = 0;
  for (int i = 0; i < n; i++) {
    const epoll_event& event = events[i];
    if (event.data.u64 == kBreak) {
      // Only a Poll that blocks is to be broken: one that does not would take
      // the break from it.
      if (delay_ns == 0) continue;
      TakeBreak();
      break_pending.store(false);
      continue;
    }
    PollDesc* pd = PollDesc::FromHandle(event.data.u64);
    if (pd == nullptr) continue;
    constexpr unsigned kBoth = EPOLLHUP | EPOLLERR;
    constexpr unsigned kEnd = EPOLLRDHUP | EPOLLPRI | kBoth;
    unsigned modes = 0;
    auto extra = PollDesc::Extra::kNone;
    if ((event.events & (EPOLLIN | kEnd)) != 0) modes |= kPollRead;
    if ((event.events & (EPOLLOUT | kBoth)) != 0) modes |= kPollWrite;
    if ((event.events & kEnd) != 0) extra = PollDesc::Extra::kEnd;
    if (event.events == EPOLLERR) extra = PollDesc::Extra::kError;
    ready += pd->Report(modes, extra, out);
  }
  return ready;
}

// A break that is on its way serves all that ask before it arrives. One that
// asks between PollerWait's read and its store is for a Poll that is ending.
void BreakPoll() {
  if (break_pending.exchange(true)) return;
  KeepErrno keep;
  const std::uint64_t one = 1;
  while (::write(break_fd, &one, sizeof one) < 0) {
    if (errno == EAGAIN) return;  // one is on its way
    // The poller would go on to sleep.
    if (errno != EINTR) {
      Throw(
          "runtime: netpoll: break failed with errno %d: was descriptor %d "
          "closed?",
          errno, break_fd);
    }
  }
}

}  // namespace gosling::sched
