// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mkstemp makes a file readable by its owner alone; WriteFile makes it as
// readable as any file that is created.

#include "tools/sigstorm/write_out.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/full_io.h"

namespace sigstorm {

namespace {

[[noreturn]] void FailOn(const std::string& path, int error) {
  Fail(absl::StrCat(path, ": ", std::strerror(error)));
}

// Beside is a new file in the same folder.
struct Beside {
  explicit Beside(const std::string& path) : name(path + ".XXXXXX") {
    fd = ::mkstemp(name.data());
    if (fd < 0) FailOn(path, errno);
  }

  std::string name;
  int fd;
};

// IsDevice says whether something is there that is not to be replaced.
bool IsDevice(const std::string& path) {
  struct stat there;
  return ::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode) &&
         !S_ISDIR(there.st_mode);
}

void WriteDevice(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || !WriteFull(fd, text.data(), text.size()) || ::close(fd) != 0) {
    FailOn(path, errno);
  }
}

}  // namespace

void ExpectOutput() {
  if (::fcntl(STDOUT_FILENO, F_GETFD) < 0) {
    Fail("there is no standard output to write to");
  }
  for (const int fd : {STDIN_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int null = ::open("/dev/null", O_RDWR);
    if (null >= 0 && null != fd) {
      ::dup2(null, fd);
      ::close(null);
    }
  }
}

void WriteOut(const std::string& report) {
  if (!WriteFull(STDOUT_FILENO, report.data(), report.size())) {
    Fail(absl::StrCat("the report cannot be written: ", std::strerror(errno)));
  }
}

void ExpectFile(const std::string& path) {
  if (IsDevice(path)) {
    if (::access(path.c_str(), W_OK) != 0) FailOn(path, errno);
    return;
  }
  const Beside file(path);
  ::close(file.fd);
  ::unlink(file.name.c_str());
}

void WriteFile(const std::string& path, const std::string& text) {
  if (IsDevice(path)) {
    WriteDevice(path, text);
    return;
  }
  const Beside file(path);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  bool done = WriteFull(file.fd, text.data(), text.size()) &&
              ::fchmod(file.fd, 0666 & ~mask) == 0;
  int error = done ? 0 : errno;
  if (::close(file.fd) != 0 && done) {
    done = false;
    error = errno;
  }
  if (done && ::rename(file.name.c_str(), path.c_str()) == 0) return;
  if (done) error = errno;
  ::unlink(file.name.c_str());
  FailOn(path, error);
}

}  // namespace sigstorm
