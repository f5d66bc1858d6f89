// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errno belongs to the thread, and a goroutine may be on another one after it
// has parked. So each system call stands in a function of its own, which turns
// errno into its result and is called through a pointer: no compiler moves it
// into a function that parks.

#include "runtime/poll/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "runtime/poll/quiet.h"
#include "runtime/sema.h"
#include "sched/syscall.h"
#include "sched/wait_reason.h"

namespace gosling::poll {

namespace {

using sched::PollResult;

// Some systems refuse to move 2 GiB or more at once.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

// Where the system lacks it, net sets SO_NOSIGPIPE.
#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

int ErrorOf(PollResult result) {
  switch (result) {
    case PollResult::kReady:
      return 0;
    case PollResult::kClosing:
      return kErrClosing;
    case PollResult::kTimeout:
      return kErrTimeout;
    case PollResult::kNotPollable:
      break;
  }
  return kErrNotPollable;
}

ssize_t OrErrno(ssize_t n) { return n < 0 ? -errno : n; }

// Piece is what one call moves.
struct Piece {
  void* at;
  std::size_t n;
  std::int64_t offset = 0;
};

ssize_t CallRead(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::read(fd, p.at, p.n));
}
ssize_t CallRecv(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::recv(fd, p.at, p.n, 0));
}
ssize_t CallWrite(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::write(fd, p.at, p.n));
}
ssize_t CallWriteQuietly(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return poll::WriteQuietly(fd, p.at, p.n);
}
ssize_t CallSend(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::send(fd, p.at, p.n, kNoSignal));
}
ssize_t CallPread(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::pread(fd, p.at, p.n, p.offset));
}
ssize_t CallPwrite(int fd, void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  return OrErrno(::pwrite(fd, p.at, p.n, p.offset));
}

ssize_t CallWritev(int fd, void* arg) {
  const auto& pieces = *static_cast<std::span<iovec>*>(arg);
  return OrErrno(::writev(fd, pieces.data(), static_cast<int>(pieces.size())));
}
ssize_t CallSendmsg(int fd, void* arg) {
  auto& pieces = *static_cast<std::span<iovec>*>(arg);
  msghdr message = {};
  message.msg_iov = pieces.data();
  // glibc's type is size_t, the standard's int.
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(pieces.size());
  return OrErrno(::sendmsg(fd, &message, kNoSignal));
}

ssize_t CallSetBlocking(int fd, void*) { return -SetNonblock(fd, false); }

// Skip takes n bytes, which are written, off the front of `pieces`.
void Skip(std::span<iovec>& pieces, std::size_t n) {
  while (!pieces.empty() && n >= pieces.front().iov_len) {
    n -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (n == 0) return;
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + n;
  pieces.front().iov_len -= n;
}

}  // namespace

int SetNonblock(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return errno;
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return ::fcntl(fd, F_SETFL, wanted) == 0 ? 0 : errno;
}

FD::~FD() { Close(); }

int FD::Init() {
  int err = 0;
  pd_ = sched::PollDesc::Open(fd_, &err);
  return pd_ == nullptr ? err : 0;
}

void FD::WriteQuietly() {
  MakeQuiet(fd_);
  quiet_ = true;
}

// Again makes the call until it says something else than "later". The caller
// holds the lock.
FD::Done FD::Again(PollMode mode, SysCall call, void* arg) {
  if (pd_ == nullptr) return Blocking(call, arg);
  if (mode == kPollRead) is_empty_ = false;
  PollResult result = pd_->Reset(mode);
  while (result == PollResult::kReady) {
    const ssize_t n = call(fd_, arg);
    if (n >= 0) return {n, 0};
    if (n == -EINTR) continue;
    if (n != -EAGAIN && n != -EWOULDBLOCK) return {-1, static_cast<int>(-n)};
    result = pd_->Wait(mode);
  }
  return {-1, ErrorOf(result)};
}

FD::Done FD::Blocking(SysCall call, void* arg) {
  ssize_t n;
  do {
    sched::EnterSyscall();
    n = call(fd_, arg);
    sched::ExitSyscall();
  } while (n == -EINTR);
  if (n < 0) return {-1, static_cast<int>(-n)};
  return {n, 0};
}

FD::Done FD::Do(PollMode mode, SysCall call, void* arg) {
  const FdMutex::Side side =
      mode == kPollRead ? FdMutex::kRead : FdMutex::kWrite;
  if (!mu_.Lock(side)) return {-1, kErrClosing};
  const Done done = Again(mode, call, arg);
  if (mu_.Unlock(side)) Destroy();
  return done;
}

FD::Done FD::Once(SysCall call, void* arg) {
  if (!mu_.Ref()) return {-1, kErrClosing};
  ssize_t n;
  do {
    n = call(fd_, arg);
  } while (n == -EINTR);
  Unref();
  if (n < 0) return {-1, static_cast<int>(-n)};
  return {n, 0};
}

Result FD::Read(std::span<std::byte> to) {
  if (!mu_.Lock(FdMutex::kRead)) return {0, kErrClosing};
  Done done;
  if (!to.empty()) {
    if (is_empty_ && waits_after_short_read_.load(std::memory_order_relaxed) &&
        !pd_->EndSeen()) {
      done.err = ErrorOf(pd_->Wait(kPollRead));
    }
    Piece piece = {to.data(), std::min(to.size(), kMostAtOnce)};
    if (done.err == 0) {
      done =
          Again(kPollRead, kind_ == Kind::kFile ? CallRead : CallRecv, &piece);
      is_empty_ =
          done.value > 0 && static_cast<std::size_t>(done.value) < piece.n;
    }
  }
  if (mu_.Unlock(FdMutex::kRead)) Destroy();
  if (done.err != 0) return {0, done.err};
  return {static_cast<std::size_t>(done.value), 0};
}

Result FD::Write(std::span<const std::byte> from) {
  if (!mu_.Lock(FdMutex::kWrite)) return {0, kErrClosing};
  const SysCall call = kind_ != Kind::kFile ? CallSend
                       : quiet_             ? CallWriteQuietly
                                            : CallWrite;
  Result result;
  do {  // also once for no bytes: a datagram may be empty
    // The system does not write to where this points.
    Piece piece = {const_cast<std::byte*>(from.data()) + result.n,
                   std::min(from.size() - result.n, kMostAtOnce)};
    const Done done = Again(kPollWrite, call, &piece);
    result.err = done.err;
    if (done.err == 0) result.n += static_cast<std::size_t>(done.value);
  } while (result.err == 0 && result.n < from.size());
  if (mu_.Unlock(FdMutex::kWrite)) Destroy();
  return result;
}

Result FD::Writev(std::span<iovec> from) {
  if (!mu_.Lock(FdMutex::kWrite)) return {0, kErrClosing};
  const SysCall call = kind_ == Kind::kFile ? CallWritev : CallSendmsg;
  Result result;
  Skip(from, 0);  // empty ones in front
  while (result.err == 0 && !from.empty()) {
    std::span<iovec> some =
        from.first(std::min<std::size_t>(from.size(), IOV_MAX));
    const Done done = Again(kPollWrite, call, &some);
    result.err = done.err;
    if (done.err != 0) break;
    result.n += static_cast<std::size_t>(done.value);
    Skip(from, static_cast<std::size_t>(done.value));
  }
  if (mu_.Unlock(FdMutex::kWrite)) Destroy();
  return result;
}

Result FD::ReadAt(std::span<std::byte> to, std::int64_t at) {
  return MoveAt(CallPread, to.data(), to.size(), at);
}

Result FD::WriteAt(std::span<const std::byte> from, std::int64_t at) {
  return MoveAt(CallPwrite, const_cast<std::byte*>(from.data()), from.size(),
                at);
}

// No lock: readers and writers at offsets do not disturb each other.
Result FD::MoveAt(SysCall call, std::byte* bytes, std::size_t n,
                  std::int64_t at) {
  if (!mu_.Ref()) return {0, kErrClosing};
  Result result;
  while (result.err == 0 && result.n < n) {
    Piece piece = {bytes + result.n, std::min(n - result.n, kMostAtOnce),
                   at + static_cast<std::int64_t>(result.n)};
    const Done done = Blocking(call, &piece);
    result.err = done.err;
    if (done.err != 0 || done.value == 0) break;
    result.n += static_cast<std::size_t>(done.value);
  }
  Unref();
  return result;
}

int FD::Wait(PollMode mode) {
  if (pd_ == nullptr) return kErrNotPollable;
  const FdMutex::Side side =
      mode == kPollRead ? FdMutex::kRead : FdMutex::kWrite;
  if (!mu_.Lock(side)) return kErrClosing;
  const int err = ErrorOf(pd_->Wait(mode));
  if (mu_.Unlock(side)) Destroy();
  return err;
}

int FD::SetDeadline(std::int64_t when, unsigned modes) {
  if (!mu_.Ref()) return kErrClosing;
  const bool can = pd_ != nullptr;
  if (can) pd_->SetDeadline(when, modes);
  Unref();
  return can ? 0 : kErrNoDeadline;
}

int FD::SetBlocking() {
  const int err = Once(CallSetBlocking, nullptr).err;
  if (err == 0) blocking_.store(true, std::memory_order_relaxed);
  return err;
}

int FD::Close() {
  if (!mu_.Close()) return kErrClosing;
  // In blocking mode a read under way may never end: the last user closes the
  // descriptor.
  const bool wait =
      pd_ != nullptr && !blocking_.load(std::memory_order_relaxed);
  if (pd_ != nullptr) pd_->Unblock();
  const bool last = mu_.Unref();
  if (last) Destroy();
  if (!wait) return last ? close_err_ : 0;
  internal::SemAcquire(closed_, sched::WaitReason::kSemacquire);
  return close_err_;
}

void FD::Unref() {
  if (mu_.Unref()) Destroy();
}

// Destroy closes the descriptor: nobody uses it any more, or will.
void FD::Destroy() {
  const bool waited_for = pd_ != nullptr;
  if (waited_for) pd_->Close();
  // EINTR too means that the number is given back.
  if (::close(fd_) != 0 && errno != EINTR) close_err_ = errno;
  if (waited_for) internal::SemWake(closed_, /*handoff=*/false);
}

}  // namespace gosling::poll
