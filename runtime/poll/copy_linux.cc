// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// splice moves pages through a pipe, also where an end is a pipe itself: EAGAIN
// would not say which of two descriptors is meant otherwise. With our pipe
// empty it is the source, with bytes in it the destination.
//
// Invariant: between two rounds our pipe is empty, so that the copy can end, or
// be given back to the plain loop, at any of those points without losing a byte.
//
// Go: internal/poll/splice_linux.go, sendfile.go.

#include <errno.h>
#include <fcntl.h>
#include <gosling/sync.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/poll/copy.h"
#include "runtime/poll/fd.h"
#include "runtime/poll/quiet.h"
#include "sched/syscall.h"

namespace gosling::poll {

namespace {

constexpr std::size_t kPipeSize = 256 << 10;
constexpr std::size_t kMostOfFile = 4 << 20;

// Conduit is a pipe of ours, and how many bytes are in it.
struct Conduit {
  int read_fd = -1;
  int write_fd = -1;
  std::size_t size = 0;
  std::size_t held = 0;
};

// Conduits keeps some, as making one costs three system calls and 16 pages.
class Conduits {
 public:
  // Take returns an empty pipe; without descriptors left, none.
  Conduit Take() {
    {
      std::lock_guard lock(mu_);
      if (count_ > 0) return free_[--count_];
    }
    return Make();
  }

  // Give takes it back; one with bytes in it is closed.
  void Give(const Conduit& conduit) {
    if (conduit.held == 0) {
      std::lock_guard lock(mu_);
      if (count_ < free_.size()) {
        free_[count_++] = conduit;
        return;
      }
    }
    ::close(conduit.read_fd);
    ::close(conduit.write_fd);
  }

 private:
  static Conduit Make() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) return {};
    // Without privileges a user's pipes together are limited.
    int size = ::fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(kPipeSize));
    if (size < 0) size = ::fcntl(fds[1], F_GETPIPE_SZ);
    return {fds[0], fds[1], static_cast<std::size_t>(std::max(size, 4096)), 0};
  }

  sync::Mutex mu_;
  std::array<Conduit, 8> free_{};
  std::size_t count_ = 0;
};

constinit Conduits conduits;

class BorrowedConduit {
 public:
  BorrowedConduit() : conduit_(conduits.Take()) {}
  BorrowedConduit(const BorrowedConduit&) = delete;
  BorrowedConduit& operator=(const BorrowedConduit&) = delete;
  ~BorrowedConduit() {
    if (conduit_.read_fd >= 0) conduits.Give(conduit_);
  }

  explicit operator bool() const { return conduit_.read_fd >= 0; }
  Conduit* operator->() { return &conduit_; }

 private:
  Conduit conduit_;
};

enum class FileKind { kOther, kRegular, kStream };

// CallKind is a SysCall: a FileKind.
ssize_t CallKind(int fd, void*) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return -errno;
  FileKind kind = FileKind::kOther;
  if (S_ISREG(status.st_mode)) {
    kind = FileKind::kRegular;
  } else if (S_ISFIFO(status.st_mode)) {
    kind = FileKind::kStream;
  } else if (S_ISSOCK(status.st_mode)) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_STREAM) {
      kind = FileKind::kStream;
    }
  }
  return static_cast<ssize_t>(kind);
}

FileKind KindOf(FD* fd) {
  const FD::Done done = fd->Once(CallKind, nullptr);
  return done.err == 0 ? static_cast<FileKind>(done.value) : FileKind::kOther;
}

// Piece is one call of splice or sendfile, from one descriptor to the other.
struct Piece {
  int to;
  int from;
  std::size_t n;
};

ssize_t Splice(void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  const ssize_t n = ::splice(p.from, nullptr, p.to, nullptr, p.n,
                             SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  return n < 0 ? -errno : n;
}

ssize_t Sendfile(void* arg) {
  const auto& p = *static_cast<Piece*>(arg);
  const ssize_t n = ::sendfile(p.to, p.from, nullptr, p.n);
  return n < 0 ? -errno : n;
}

// SysCalls:

ssize_t CallFill(int fd, void* arg) {
  auto& piece = *static_cast<Piece*>(arg);
  piece.from = fd;
  return Splice(&piece);
}

ssize_t CallDrain(int fd, void* arg) {
  auto& piece = *static_cast<Piece*>(arg);
  piece.to = fd;
  return CallQuietly(Splice, &piece);
}

// The file may have to come from a disk first.
ssize_t CallSendfile(int fd, void* arg) {
  auto& piece = *static_cast<Piece*>(arg);
  piece.to = fd;
  sched::EnterSyscall();
  const ssize_t n = CallQuietly(Sendfile, &piece);
  sched::ExitSyscall();
  return n;
}

bool IsUnable(int err) {
  return err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == EPERM;
}

// DrainByHand reads what is in the pipe, and writes it to a descriptor that
// takes no pages.
Result DrainByHand(FD* to, Conduit* conduit) {
  constexpr std::size_t kBuffer = 16 << 10;
  const auto buf = std::make_unique_for_overwrite<std::byte[]>(kBuffer);
  Result result;
  while (conduit->held > 0 && result.err == 0) {
    const ssize_t n =
        ::read(conduit->read_fd, buf.get(), std::min(conduit->held, kBuffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      result.err = EIO;  // it is ours, and holds them
      break;
    }
    conduit->held -= static_cast<std::size_t>(n);
    const Result written = to->Write({buf.get(), static_cast<std::size_t>(n)});
    result.n += written.n;
    result.err = written.err;
  }
  return result;
}

// Drain moves all that is in the pipe to its destination.
Result Drain(FD* to, Conduit* conduit) {
  Result result;
  while (conduit->held > 0) {
    Piece piece = {-1, conduit->read_fd, conduit->held};
    const FD::Done done = to->Do(kPollWrite, CallDrain, &piece);
    if (IsUnable(done.err)) {
      const Result rest = DrainByHand(to, conduit);
      return {result.n + rest.n, rest.err};
    }
    if (done.err != 0) return {result.n, done.err};
    conduit->held -= static_cast<std::size_t>(done.value);
    result.n += static_cast<std::size_t>(done.value);
  }
  return result;
}

Copied SpliceStream(FD* to, FD* from, std::int64_t limit) {
  Copied copied;
  BorrowedConduit conduit;
  if (!conduit) return copied;
  while (copied.written < limit) {
    Piece piece = {
        conduit->write_fd, -1,
        static_cast<std::size_t>(std::min<std::int64_t>(
            limit - copied.written, static_cast<std::int64_t>(conduit->size)))};
    const FD::Done done = from->Do(kPollRead, CallFill, &piece);
    if (IsUnable(done.err)) return copied;
    copied.read_err = done.err;
    if (done.err != 0 || done.value == 0) break;
    conduit->held = static_cast<std::size_t>(done.value);
    copied.taken += done.value;
    const Result result = Drain(to, conduit.operator->());
    copied.written += static_cast<std::int64_t>(result.n);
    copied.write_err = result.err;
    if (result.err != 0) break;
  }
  copied.complete = true;
  return copied;
}

// SendFile is a SysCall on the file, which stays open meanwhile.
struct SendFileArg {
  FD* to;
  std::int64_t limit;
  Copied copied;
};

ssize_t SendFile(int fd, void* arg) {
  auto& a = *static_cast<SendFileArg*>(arg);
  Copied& copied = a.copied;
  while (copied.written < a.limit) {
    Piece piece = {-1, fd,
                   static_cast<std::size_t>(std::min<std::int64_t>(
                       a.limit - copied.written, kMostOfFile))};
    const FD::Done done = a.to->Do(kPollWrite, CallSendfile, &piece);
    // Files of /proc seem empty here: a read has to say that this is the end.
    if (IsUnable(done.err) || (done.err == 0 && done.value == 0)) return 0;
    copied.write_err = done.err;
    if (done.err != 0) break;
    copied.written = copied.taken += done.value;
  }
  copied.complete = true;
  return 0;
}

}  // namespace

Copied CopyStream(FD* to, FD* from, std::int64_t limit) {
  if (!to->Pollable() || KindOf(to) != FileKind::kStream) return {};
  const FileKind kind = KindOf(from);
  if (kind == FileKind::kStream && from->Pollable()) {
    return SpliceStream(to, from, limit);
  }
  if (kind != FileKind::kRegular) return {};
  SendFileArg arg = {to, limit, {}};
  const FD::Done done = from->Once(SendFile, &arg);
  return done.err == 0 ? arg.copied : Copied{};
}

}  // namespace gosling::poll
