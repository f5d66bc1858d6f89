// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/os/file_node.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "runtime/poll/errors.h"
#include "runtime/poll/quiet.h"

namespace gosling::internal {

struct FileNode::Facts {
  explicit Facts(int fd) {
    struct stat status;
    if (::fstat(fd, &status) == 0) mode = status.st_mode;
    const int got = ::fcntl(fd, F_GETFL);
    if (got >= 0) flags = got;
  }

  bool IsSocket() const { return S_ISSOCK(mode); }
  // Files on disks are always ready, and the system says so in different ways.
  bool MayWait() const {
    return !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISBLK(mode);
  }

  mode_t mode = 0;
  int flags = 0;
};

FileNode::FileNode(int fd, std::string name, Origin origin)
    : FileNode(fd, std::move(name), origin, Facts(fd)) {}

FileNode::FileNode(int fd, std::string name, Origin origin, const Facts& facts)
    : fd_(fd, facts.IsSocket() && fd > STDERR_FILENO ? poll::FD::Kind::kSocket
                                                     : poll::FD::Kind::kFile),
      name_(std::move(name)),
      appends_((facts.flags & O_APPEND) != 0) {
  if (fd > STDERR_FILENO && S_ISFIFO(facts.mode)) fd_.WriteQuietly();
  if (!facts.MayWait()) return;
  const bool is_nonblock = (facts.flags & O_NONBLOCK) != 0;
  if (!is_nonblock) {
    if (origin == Origin::kElsewhere ||
        ::fcntl(fd, F_SETFL, facts.flags | O_NONBLOCK) != 0) {
      return;
    }
    set_nonblock_ = true;
  }
  if (fd_.Init() != 0 && set_nonblock_) {
    ::fcntl(fd, F_SETFL, facts.flags);
    set_nonblock_ = false;
  }
}

int FileNode::Number() {
  if (set_nonblock_) fd_.SetBlocking();
  return fd_.fd();
}

Error FileNode::ErrorOf(const char* op, int err) const {
  if (err == 0) return nullptr;
  // A plain write has raised it already, and has ended the program if that is
  // the default; io::Copy in the kernel raises nothing. Go: epipecheck.
  if (err == EPIPE &&
      (fd_.fd() == STDOUT_FILENO || fd_.fd() == STDERR_FILENO) &&
      std::strcmp(op, "write") == 0) {
    struct sigaction action;
    if (::sigaction(SIGPIPE, nullptr, &action) == 0 &&
        action.sa_handler == SIG_DFL) {
      ::pthread_kill(::pthread_self(), SIGPIPE);
    }
  }
  std::string text = op;
  if (!name_.empty()) (text += ' ') += name_;
  return errors::Wrap(poll::ResultError(err, os::Closed), text);
}

}  // namespace gosling::internal
