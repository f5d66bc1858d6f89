// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// FD: a descriptor that goroutines read and write as if it blocked, and that may
// be closed at any moment. What net, os and exec are made of.
//
// Every operation holds a reference meanwhile, so that the number is not given
// back to the system, and to another file, under one that is under way; readers
// exclude one another, and so do writers (fd_mutex.h). A call that the system
// answers with EAGAIN parks in the netpoller and is made again. A descriptor
// that the netpoller refuses (a regular file) is used in blocking mode, between
// EnterSyscall and ExitSyscall.
//
// Results are numbers, not Errors, which each caller words in its own way: 0, an
// errno, or one of the kErr below.
//
// May park, all but Init and SetDeadline. From any thread or goroutine; not
// from a signal handler. Go: internal/poll/fd_unix.go.

#ifndef GOSLING_RUNTIME_POLL_FD_H_
#define GOSLING_RUNTIME_POLL_FD_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/poll/fd_mutex.h"
#include "sched/netpoll.h"

namespace gosling::poll {

using sched::kPollRead;
using sched::kPollWrite;
using sched::PollMode;

// What can go wrong beside the system's errnos. Go: ErrFileClosing or
// ErrNetClosing, ErrDeadlineExceeded, ErrNoDeadline, ErrNotPollable.
enum : int {
  kErrClosing = -1,
  kErrTimeout = -2,
  kErrNoDeadline = -3,
  kErrNotPollable = -4,
};

// Result is what a read or write has done. `n` bytes were moved, also if `err`
// is not 0. A stream's end is n == 0 without an error, for a read that asked for
// more than 0 bytes.
struct Result {
  std::size_t n = 0;
  int err = 0;
};

// SysCall makes one system call on fd and returns what that returns if it is
// >= 0, otherwise -errno. FD calls it again if that is EINTR.
using SysCall = ssize_t (*)(int fd, void* arg);

// SetNonblock puts fd into non-blocking mode, or out of it. Returns 0 or an
// errno.
int SetNonblock(int fd, bool on);

class FD {
 public:
  enum class Kind : std::uint8_t { kFile, kSocket };

  // The descriptor becomes the FD's, which closes it in Close.
  FD(int fd, Kind kind) : fd_(fd), kind_(kind) {}
  FD(const FD&) = delete;
  FD& operator=(const FD&) = delete;
  // Closes it if nobody has.
  ~FD();

  // Init, before all else: has the netpoller watch the descriptor, which must
  // be in non-blocking mode. Returns 0 or an errno: EPERM, that it cannot be
  // watched. Without Init, or if that failed, it is used in blocking mode.
  int Init();
  bool Pollable() const { return pd_ != nullptr; }
  // WriteQuietly has Write to a pipe without readers say EPIPE and raise no
  // signal (quiet.h). Before anything else has the FD.
  void WriteQuietly();

  // Read of 0 bytes returns at once.
  Result Read(std::span<std::byte> to);
  // Write goes on until everything is written, or an error. A socket whose other
  // end is gone says EPIPE; no signal.
  Result Write(std::span<const std::byte> from);
  // Writev is Write of several pieces, which it may change.
  Result Writev(std::span<iovec> from);
  // At an offset, in regular files. ReadAt and WriteAt move as much as is asked
  // for, unless the file ends or there is an error.
  Result ReadAt(std::span<std::byte> to, std::int64_t at);
  Result WriteAt(std::span<const std::byte> from, std::int64_t at);

  // Do makes one call as a reader or a writer, again and again while it says
  // EAGAIN: recvmsg, accept4, connect's end. Returns its result, or the error.
  struct Done {
    ssize_t value = 0;
    int err = 0;
  };
  Done Do(PollMode mode, SysCall call, void* arg);
  // Once makes one call that never waits, whoever reads and writes meanwhile:
  // setsockopt, getsockname, fstat, shutdown.
  Done Once(SysCall call, void* arg);

  // Wait waits until the system reports the direction, without a call before: for
  // connect.
  int Wait(PollMode mode);

  // WaitAfterShortReads has Read, after one that got less than it asked for, wait
  // for a report before it asks the system again (PollDesc::EndSeen). For TCP
  // sockets, before anybody else has the FD, and only as long as nobody else has
  // the number: who knows it may close it or make of it what it is not.
  void WaitAfterShortReads() { waits_after_short_read_ = true; }

  // GiveNumber returns the number to code that may do what it likes with it.
  int GiveNumber() {
    waits_after_short_read_.store(false, std::memory_order_relaxed);
    return fd_;
  }

  // SetDeadline sets when operations end, those under way too: in os::Nanotime's
  // time, 0: never. One in the past ends them at once. Returns 0, kErrClosing,
  // kErrNoDeadline.
  int SetDeadline(std::int64_t when, unsigned modes);

  // Close ends all operations with kErrClosing, waits for them and closes the
  // descriptor. kErrClosing: it was closed already.
  int Close();

  // SetBlocking puts the descriptor into blocking mode, for other code's use.
  // Operations hold their thread from then on, and Close does not wait for them.
  int SetBlocking();

  // The number, for those who know that it is not closed meanwhile.
  int fd() const { return fd_; }

 private:
  Done Again(PollMode mode, SysCall call, void* arg);
  Done Blocking(SysCall call, void* arg);
  Result MoveAt(SysCall call, std::byte* bytes, std::size_t n, std::int64_t at);
  void Unref();
  void Destroy();

  FdMutex mu_;
  int fd_;
  const Kind kind_;
  bool quiet_ = false;
  std::atomic<bool> blocking_{false};  // SetBlocking was called
  int close_err_ = 0;
  std::atomic<bool> waits_after_short_read_{false};
  bool is_empty_ = false;  // the last read was a short one; under the read lock
  sched::PollDesc* pd_ = nullptr;
  internal::WaitList closed_{};
};

}  // namespace gosling::poll

#endif  // GOSLING_RUNTIME_POLL_FD_H_
