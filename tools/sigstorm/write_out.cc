// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// mkstemp makes a file readable by its owner alone; WriteFile makes it as
// readable as any file that is created.

#include "tools/sigstorm/write_out.h"

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

// Beside is a new file in the same folder.
struct Beside {
  explicit Beside(const std::string& path) : name(path + ".XXXXXX") {
    fd = ::mkstemp(name.data());
    if (fd < 0) Fail(absl::StrCat(path, ": ", std::strerror(errno)));
  }

  std::string name;
  int fd;
};

}  // namespace

void WriteOut(const std::string& report) {
  if (!WriteFull(STDOUT_FILENO, report.data(), report.size())) {
    Fail(absl::StrCat("the report cannot be written: ", std::strerror(errno)));
  }
}

void ExpectFile(const std::string& path) {
  const Beside file(path);
  ::close(file.fd);
  ::unlink(file.name.c_str());
}

void WriteFile(const std::string& path, const std::string& text) {
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
  Fail(absl::StrCat(path, ": ", std::strerror(error)));
}

}  // namespace sigstorm
