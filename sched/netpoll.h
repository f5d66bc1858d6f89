// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The netpoller: goroutines that wait for descriptors cost no thread.
//
// A descriptor has a record, PollDesc, from Open to Close. The system is told
// once, edge-triggered, to report the descriptor (netpoll_epoll.cc,
// netpoll_kqueue.cc). An M that has nothing to run blocks in the poller, where
// it also waits for the next timer (idle.h); an M that runs out of work looks
// there first without blocking (schedule.cc); and so does sysmon if no M has
// done either for a while.
//
// For each direction a record has a word:
//
//     kNil     no report, no goroutine
//     kReady   the system has reported; the next waiter takes that and goes on
//     kWait    a goroutine is about to park
//     a G      parked: the reporter that takes it out of the word readies it
//
//     waiter (Block)                       reporter (Take)
//
//     kReady → kNil: go on                 kNil, kWait → kReady (a deadline, Close:
//     kNil → kWait                           kWait → kNil)
//     look at `info`                       store `info` first, if that is why
//     park, if kWait → G                   G → kReady, or kNil; ready G
//     awake: kNil
//
// Invariant: a report is lost at no moment. If the reporter meets kWait, the
// waiter's step to G fails, and it does not park. A deadline or Close stores
// `info` before it looks at the word, the waiter stores kWait before it looks
// at `info`: one of them sees the other. (tests/models/netpoll.pml)
//
// A record is used anew after Close and never freed. Its events carry a tag,
// which Close changes, so that an event that was on its way then is dropped.
// One that slips through makes a word kReady without cause: a waiter has to try
// again after Wait in any case, as the descriptor may be read by another
// process.
//
// One goroutine waits for each direction at a time: a second one is fatal, as
// in Go, where internal/poll's locks see to it.
//
// A wait by a goroutine counts as one that something outside may end: deadlock
// is not reported meanwhile (deadlock.h), even if both ends of a socket are in
// this process. Go does the same.
//
// Go: runtime/netpoll.go; the names in internal/poll/fd_poll_runtime.go.

#ifndef GOSLING_SCHED_NETPOLL_H_
#define GOSLING_SCHED_NETPOLL_H_

#include <atomic>
#include <cstdint>

#include "sched/gqueue.h"
#include "sched/os/mutex.h"
#include "sched/timer.h"

namespace gosling::sched {

enum PollMode : std::uint8_t { kPollRead = 1, kPollWrite = 2 };

enum class PollResult {
  kReady,
  kClosing,      // Unblock was called
  kTimeout,      // the deadline is over
  kNotPollable,  // the system reports an error when it is asked
};

class alignas(64) PollDesc {
 public:
  // Open registers fd, which stays the caller's, and returns its record.
  // nullptr: *err says why (EPERM: a regular file or a folder, which is always
  // ready; ENOMEM; ENOSPC; EBADF). Never parks.
  static PollDesc* Open(int fd, int* err);

  // Reset prepares to wait: what was reported so far is forgotten. To be
  // followed by an attempt to read or write, and by Wait if that says EAGAIN.
  PollResult Reset(PollMode mode);

  // Wait parks until the system reports the descriptor ready, the deadline is
  // over, or Unblock. Unpinned.
  PollResult Wait(PollMode mode);

  // SetDeadline sets when waiting ends, in os::Nanotime's time; 0: never. A
  // deadline in the past ends it at once. `modes`: one direction or both. Never
  // parks; unpinned.
  void SetDeadline(std::int64_t when, unsigned modes);

  // Unblock ends all waiting for good. Never parks; unpinned.
  void Unblock();

  // Close, after Unblock and when no goroutine is in Wait any more, takes the
  // descriptor out of the poller and gives the record back. The descriptor is
  // still open.
  void Close();

  // EndSeen says whether the system has ever reported more than data: a hang-up,
  // an error, urgent data. Until then a read from a TCP socket that got less than
  // it asked for has emptied it, and the next word of the system is an edge: who
  // then waits before the next read, without Reset, misses nothing and saves a
  // call. Afterwards only EAGAIN says so: data and the end may have come in one
  // report, before that read.
  bool EndSeen() const {
    return (info_.load(std::memory_order_relaxed) & kInfoEnd) != 0;
  }

  // What the system reports beside the directions: nothing; what EndSeen tells;
  // an error and nothing else.
  enum class Extra : std::uint8_t { kNone, kEnd, kError };

  // Report is for the poller: the system has reported these directions. Gs to
  // be queued are added to *out. Returns how many Gs.
  int Report(unsigned modes, Extra extra, GQueue* out);

  // Handle is the word that an event of this record carries. FromHandle finds the
  // record; nullptr: the event is late.
  std::uint64_t Handle() const;
  static PollDesc* FromHandle(std::uint64_t handle);

 private:
  friend class PollPool;

  // Bits of info_.
  static constexpr std::uint32_t kInfoClosing = 1;
  static constexpr std::uint32_t kInfoError = 2;
  static constexpr std::uint32_t kInfoExpired = 4;  // read; write: one bit up
  static constexpr std::uint32_t kInfoEnd = 16;

  struct Direction {
    std::atomic<std::uintptr_t> word{0};
    std::uint64_t seq = 0;  // of the timer's arming
    Timer timer;
  };

  Direction& Of(PollMode mode) { return mode == kPollRead ? read_ : write_; }
  PollResult Check(PollMode mode) const;
  bool Block(PollMode mode);
  G* Take(PollMode mode, bool ready);
  void SetInfo(std::uint32_t bits);
  void ClearInfo(std::uint32_t bits);
  G* SetOneDeadline(PollMode mode, std::int64_t when, std::int64_t now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  void Expire(PollMode mode, std::uint64_t seq);
  static std::uint32_t ExpiredBit(PollMode mode) {
    return mode == kPollRead ? kInfoExpired : kInfoExpired << 1;
  }

  std::atomic<std::uint32_t> info_{0};
  std::atomic<std::uint32_t> tag_{0};
  int fd_ = -1;
  std::uint32_t index_ = 0;
  PollDesc* next_ = nullptr;  // in the pool's list of free ones
  Mutex lock_;                // deadlines and closing
  bool closing_ ABSL_GUARDED_BY(lock_) = false;
  Direction read_;
  Direction write_;
};

// PollerUsed says whether a descriptor was ever opened: Ms sleep in the poller
// from then on.
bool PollerUsed();

// PollWaiters says whether goroutines are parked in Wait. A hint.
bool PollWaiters();

// PollersBusy says whether a report may still make a goroutine runnable that is
// in no queue: it is parked in Wait, or an M has taken it out and is about to
// queue it. For CheckDead, which looks at the queues afterwards.
bool PollersBusy();

// ForgetPollWaiter no longer counts g among the waiters, if it was counted.
void ForgetPollWaiter(G* g);

// QueuePolled queues what Poll has added to `ready`, n Gs.
void QueuePolled(GQueue& ready, int n);

// Poll adds to *out the Gs that reports have made runnable, in their order, and
// returns how many. It blocks for at most delay_ns (0: not; < 0: for ever),
// until there is a report, or BreakPoll. kPollInterrupted: a signal's handler
// has run here, and nothing is ready. On g0, or sysmon.
inline constexpr int kPollInterrupted = -1;
int Poll(std::int64_t delay_ns, GQueue* out);

// PollNow is Poll without blocking, unless another M does that at the moment.
int PollNow(GQueue* out);

// Polls counts the calls of Poll that have ended. For sysmon.
std::uint32_t Polls();

// BreakPoll ends the Poll in progress, or the next one. Async-signal-safe.
void BreakPoll();

// --- By system: netpoll_epoll.cc, netpoll_kqueue.cc ---

// PollerInit makes the poller; 0 or an errno. PollerAdd and PollerDelete tell
// it of a descriptor, edge-triggered, for both directions; 0 or an errno.
int PollerInit();
int PollerAdd(int fd, std::uint64_t handle);
void PollerDelete(int fd);

// PollerWait is Poll's half that goes by the system.
int PollerWait(std::int64_t delay_ns, GQueue* out);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_NETPOLL_H_
