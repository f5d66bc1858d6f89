// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/os.h>: opening, and each operation's words.
//
// Go: os/file.go, os/file_unix.go, os/pipe2_unix.go.

#include <errno.h>
#include <fcntl.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/sync.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "runtime/errors.h"
#include "runtime/os/file_node.h"
#include "runtime/os/make_pipe.h"
#include "runtime/poll/errors.h"
#include "runtime/poll/fd.h"
#include "sched/syscall.h"

namespace gosling {

using internal::FileNode;
using internal::IoResult;
using internal::IoStream;
using internal::OsAccess;

namespace {

constinit const internal::Immortal<internal::KnownError> closed_node(
    "file already closed", false);
constinit const internal::ErrorAccess::Known closed(&closed_node.value);

constinit const internal::Immortal<os::File> standard_in(internal::StandardFd{
    STDIN_FILENO});
constinit const internal::Immortal<os::File> standard_out(internal::StandardFd{
    STDOUT_FILENO});
constinit const internal::Immortal<os::File> standard_err(internal::StandardFd{
    STDERR_FILENO});

// The standard streams, as they are used: they live for ever.
constinit std::array<std::atomic<FileNode*>, 3> standard_files{};

constinit sync::Mutex making_standard;

FileNode* StandardFile(int fd) {
  static constexpr std::array kNames = {"/dev/stdin", "/dev/stdout",
                                        "/dev/stderr"};
  const std::size_t at = static_cast<std::size_t>(fd);
  std::atomic<FileNode*>& slot = standard_files[at];
  // acquire: pairs with the release below
  FileNode* file = slot.load(std::memory_order_acquire);
  if (file != nullptr) return file;
  // A second FileNode of the same descriptor would close it.
  std::lock_guard lock(making_standard);
  file = slot.load(std::memory_order_relaxed);
  if (file == nullptr) {
    file = new FileNode(fd, kNames[at], FileNode::Origin::kElsewhere);
    slot.store(file, std::memory_order_release);
  }
  return file;
}

Error Invalid() { return poll::ErrnoError(EINVAL); }

// Not inlined: errno is this thread's, and ExitSyscall may go on on another.
[[gnu::noinline]] int CallOpen(const char* name, int flags, mode_t mode) {
  const int fd = ::open(name, flags | O_CLOEXEC, mode);
  return fd < 0 ? -errno : fd;
}

// Slowly makes a call that may take time, in a SysCall.
template <class F>
ssize_t Slowly(F f) {
  sched::EnterSyscall();
  const ssize_t n = f();
  sched::ExitSyscall();
  return n;
}

[[gnu::noinline]] ssize_t Fsync(int fd) { return ::fsync(fd) < 0 ? -errno : 0; }
[[gnu::noinline]] ssize_t Ftruncate(int fd, std::int64_t size) {
  return ::ftruncate(fd, size) < 0 ? -errno : 0;
}

ssize_t CallFsync(int fd, void*) {
  return Slowly([&] { return Fsync(fd); });
}
ssize_t CallFtruncate(int fd, void* arg) {
  return Slowly(
      [&] { return Ftruncate(fd, *static_cast<const std::int64_t*>(arg)); });
}

struct SeekTo {
  std::int64_t offset;
  int whence;
  std::int64_t result = 0;
};

// Offsets may be more than a ssize_t.
ssize_t CallLseek(int fd, void* arg) {
  auto& to = *static_cast<SeekTo*>(arg);
  to.result = ::lseek(fd, to.offset, to.whence);
  return to.result < 0 ? -errno : 0;
}
ssize_t CallFstat(int fd, void* arg) {
  return ::fstat(fd, static_cast<struct stat*>(arg)) < 0 ? -errno : 0;
}

Error SetDeadlineOf(FileNode* file, time::Time t, unsigned modes) {
  if (file == nullptr) return Invalid();
  const std::int64_t when =
      t == time::Time()
          ? 0
          : std::max<std::int64_t>(t.time_since_epoch().count(), 1);
  const int err = file->fd().SetDeadline(when, modes);
  if (err == poll::kErrClosing) {
    return internal::ErrorThatIs("use of closed file", os::Closed);
  }
  return poll::ResultError(err, os::Closed);
}

}  // namespace

namespace os {

constinit const Error& Closed = closed.error;
constinit const Error& DeadlineExceeded = poll::timeout_error.error;
constinit const Error& NoDeadline = poll::no_deadline_error.error;

constinit const File& Stdin = standard_in.value;
constinit const File& Stdout = standard_out.value;
constinit const File& Stderr = standard_err.value;

FileNode* File::Get() const {
  return standard_ >= 0 ? StandardFile(standard_) : node_.get();
}

IoResult File::Read(std::span<std::byte> to) const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  const poll::Result result = file->fd().Read(to);
  if (result.err == 0 && result.n == 0 && !to.empty()) return {0, io::Eof};
  return {result.n, file->ErrorOf("read", result.err)};
}

IoResult File::Write(std::span<const std::byte> from) const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  const poll::Result result = file->fd().Write(from);
  return {result.n, file->ErrorOf("write", result.err)};
}

IoResult File::ReadAt(std::span<std::byte> to, std::int64_t at) const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  if (at < 0) {
    return {0, errors::Wrap(errors::New("negative offset"),
                            "readat " + file->name())};
  }
  const poll::Result result = file->fd().ReadAt(to, at);
  if (result.err == 0 && result.n < to.size()) return {result.n, io::Eof};
  return {result.n, file->ErrorOf("read", result.err)};
}

IoResult File::WriteAt(std::span<const std::byte> from, std::int64_t at) const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  if (file->appends()) {
    return {0, errors::New(
                   "os: invalid use of WriteAt on file opened with O_APPEND")};
  }
  if (at < 0) {
    return {0, errors::Wrap(errors::New("negative offset"),
                            "writeat " + file->name())};
  }
  const poll::Result result = file->fd().WriteAt(from, at);
  return {result.n, file->ErrorOf("write", result.err)};
}

std::pair<std::int64_t, Error> File::Seek(std::int64_t offset,
                                          Whence from) const {
  static constexpr std::array kWhence = {SEEK_SET, SEEK_CUR, SEEK_END};
  return Seek(offset, kWhence.at(static_cast<std::size_t>(from)));
}

std::pair<std::int64_t, Error> File::Seek(std::int64_t offset,
                                          int whence) const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  SeekTo to = {offset, whence};
  const int err = file->fd().Once(CallLseek, &to).err;
  if (err != 0) return {0, file->ErrorOf("seek", err)};
  return {to.result, nullptr};
}

Error File::Close() const {
  FileNode* file = Get();
  if (file == nullptr) return Invalid();
  return file->ErrorOf("close", file->fd().Close());
}

std::string File::Name() const {
  const FileNode* file = Get();
  return file != nullptr ? file->name() : std::string();
}

int File::Fd() const {
  FileNode* file = Get();
  return file != nullptr ? file->Number() : -1;
}

Error File::SetDeadline(time::Time t) const {
  return SetDeadlineOf(Get(), t, poll::kPollRead | poll::kPollWrite);
}
Error File::SetReadDeadline(time::Time t) const {
  return SetDeadlineOf(Get(), t, poll::kPollRead);
}
Error File::SetWriteDeadline(time::Time t) const {
  return SetDeadlineOf(Get(), t, poll::kPollWrite);
}

Error File::Sync() const {
  FileNode* file = Get();
  if (file == nullptr) return Invalid();
  return file->ErrorOf("sync", file->fd().Once(CallFsync, nullptr).err);
}

Error File::Truncate(std::int64_t size) const {
  FileNode* file = Get();
  if (file == nullptr) return Invalid();
  return file->ErrorOf("truncate", file->fd().Once(CallFtruncate, &size).err);
}

std::pair<std::int64_t, Error> File::Size() const {
  FileNode* file = Get();
  if (file == nullptr) return {0, Invalid()};
  struct stat status = {};
  const int err = file->fd().Once(CallFstat, &status).err;
  return {status.st_size, file->ErrorOf("stat", err)};
}

IoStream File::Stream() const {
  FileNode* file = Get();
  if (file == nullptr) return {};
  return {&file->fd(), nullptr, file,
          [](const void* at, const char* op, int err) {
            return static_cast<const FileNode*>(at)->ErrorOf(op, err);
          },
          this};
}

std::pair<File, Error> Open(const std::string& name) {
  return OpenFile(name, O_RDONLY, 0);
}

std::pair<File, Error> Create(const std::string& name) {
  return OpenFile(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
}

std::pair<File, Error> OpenFile(const std::string& name, int flags,
                                unsigned permissions) {
  int fd;
  do {
    sched::EnterSyscall();
    fd = CallOpen(name.c_str(), flags, static_cast<mode_t>(permissions));
    sched::ExitSyscall();
  } while (fd == -EINTR);
  if (fd < 0) {
    return {File(), errors::Wrap(poll::ErrnoError(-fd), "open " + name)};
  }
  return {OsAccess::Make(fd, name, FileNode::Origin::kOpenedHere), nullptr};
}

File NewFile(int fd, std::string_view name) {
  if (fd < 0) return {};
  return OsAccess::Make(fd, std::string(name), FileNode::Origin::kElsewhere);
}

PipeEnds Pipe() {
  int fds[2];
  const int err = internal::MakePipe(fds);
  if (err != 0) {
    return {File(), File(), poll::CallError(internal::kMakePipeCall, err)};
  }
  return {OsAccess::Make(fds[0], "|0", FileNode::Origin::kOpenedHere),
          OsAccess::Make(fds[1], "|1", FileNode::Origin::kOpenedHere), nullptr};
}

}  // namespace os
}  // namespace gosling
