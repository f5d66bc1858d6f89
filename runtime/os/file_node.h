// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// FileNode: what the copies of an os::File share.
//
// Whether reading parks is decided once. A descriptor that was opened here (Open,
// Pipe) is put into non-blocking mode if the netpoller takes it; one from
// elsewhere (NewFile, the standard streams) stays in the mode that it is in,
// since other processes may share that, and parks only if that is non-blocking.
//
// Go: os/file_unix.go, newFile.

#ifndef GOSLING_RUNTIME_OS_FILE_NODE_H_
#define GOSLING_RUNTIME_OS_FILE_NODE_H_

#include <gosling/errors.h>
#include <gosling/os.h>

#include <memory>
#include <string>
#include <utility>

#include "runtime/poll/fd.h"

namespace gosling::internal {

class FileNode {
 public:
  enum class Origin { kOpenedHere, kElsewhere };

  FileNode(int fd, std::string name, Origin origin);
  FileNode(const FileNode&) = delete;
  FileNode& operator=(const FileNode&) = delete;

  poll::FD& fd() { return fd_; }
  const std::string& name() const { return name_; }
  bool appends() const { return appends_; }

  // Number returns the descriptor for other code's use. Go: File.Fd.
  int Number();

  // ErrorOf words a result of fd() as an error of `op`; a broken standard output
  // or error raises SIGPIPE here, if nothing has before.
  Error ErrorOf(const char* op, int err) const;

 private:
  struct Facts;  // of a descriptor
  FileNode(int fd, std::string name, Origin origin, const Facts& facts);

  poll::FD fd_;
  const std::string name_;
  bool set_nonblock_ = false;  // by us
  bool appends_ = false;
};

struct OsAccess {
  static os::File Make(int fd, std::string name, FileNode::Origin origin) {
    os::File file;
    file.node_ = std::make_shared<FileNode>(fd, std::move(name), origin);
    return file;
  }
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_OS_FILE_NODE_H_
