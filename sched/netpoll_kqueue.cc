// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The poller on Darwin: kqueue, and an event of the user's own that breaks it.
// A descriptor is added once for reading and once for writing, with EV_CLEAR,
// which is what kqueue calls edge-triggered; closing it takes it out.
//
// Go: runtime/netpoll_kqueue.go.

#include <errno.h>
#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

#include "sched/netpoll.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constexpr int kEvents = 64;
constexpr uintptr_t kBreakIdent = 0;

constinit int queue_fd = -1;

static_assert(sizeof(void*) == sizeof(std::uint64_t));

void* ToUser(std::uint64_t handle) { return reinterpret_cast<void*>(handle); }

}  // namespace

int PollerInit() {
  os::ShunStandard shun;
  const int queue = os::RaiseFd(::kqueue());
  if (queue < 0) return queue == -1 ? errno : -queue;
  ::fcntl(queue, F_SETFD, FD_CLOEXEC);
  struct kevent event;
  EV_SET(&event, kBreakIdent, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, nullptr);
  if (::kevent(queue, &event, 1, nullptr, 0, nullptr) != 0) {
    const int err = errno;
    ::close(queue);
    return err;
  }
  queue_fd = queue;
  return 0;
}

int PollerAdd(int fd, std::uint64_t handle) {
  KeepErrno keep;
  struct kevent events[2];
  EV_SET(&events[0], fd, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, ToUser(handle));
  EV_SET(&events[1], fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0, ToUser(handle));
  return ::kevent(queue_fd, events, 2, nullptr, 0, nullptr) == 0 ? 0 : errno;
}

void PollerDelete(int fd) {
  KeepErrno keep;
  struct kevent events[2];
  EV_SET(&events[0], fd, EVFILT_READ, EV_DELETE, 0, 0, nullptr);
  EV_SET(&events[1], fd, EVFILT_WRITE, EV_DELETE, 0, 0, nullptr);
  for (struct kevent& event : events) {
    ::kevent(queue_fd, &event, 1, nullptr, 0, nullptr);
  }
}

int PollerWait(std::int64_t delay_ns, GQueue* out) {
  KeepErrno keep;
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  // Darwin refuses spans that are too long.
  constexpr std::int64_t kLongest = 1'000'000 * kSecondNs;
  timespec span = {};
  if (delay_ns > kLongest) delay_ns = kLongest;
  if (delay_ns > 0) {
    span.tv_sec = static_cast<time_t>(delay_ns / kSecondNs);
    span.tv_nsec = static_cast<long>(delay_ns % kSecondNs);
  }
  struct kevent events[kEvents];
  const int n = ::kevent(queue_fd, nullptr, 0, events, kEvents,
                         delay_ns < 0 ? nullptr : &span);
  if (n < 0 && errno != EINTR && errno != ETIMEDOUT) {
    Throw(
        "runtime: netpoll: kevent failed with errno %d: was descriptor %d "
        "closed?",
        errno, queue_fd);
  }
  if (n < 0 && errno == EINTR) return kPollInterrupted;
  int ready = 0;
  for (int i = 0; i < n; i++) {
    const struct kevent& event = events[i];
    if (event.filter == EVFILT_USER) {
      // A Poll that does not block must not take the break from one that does.
      if (delay_ns == 0) BreakPoll();
      continue;
    }
    PollDesc* pd =
        PollDesc::FromHandle(reinterpret_cast<std::uint64_t>(event.udata));
    if (pd == nullptr) continue;
    unsigned modes = event.filter == EVFILT_READ ? kPollRead : kPollWrite;
    // The other end of a pipe is gone: a writer finds out at once, too.
    if (event.filter == EVFILT_READ && (event.flags & EV_EOF) != 0) {
      modes |= kPollWrite;
    }
    auto extra = PollDesc::Extra::kNone;
    if ((event.flags & EV_EOF) != 0) extra = PollDesc::Extra::kEnd;
    if ((event.flags & EV_ERROR) != 0) extra = PollDesc::Extra::kError;
    ready += pd->Report(modes, extra, out);
  }
  return ready;
}

void BreakPoll() {
  KeepErrno keep;
  struct kevent event;
  EV_SET(&event, kBreakIdent, EVFILT_USER, 0, NOTE_TRIGGER, 0, nullptr);
  ::kevent(queue_fd, &event, 1, nullptr, 0, nullptr);
}

}  // namespace gosling::sched
