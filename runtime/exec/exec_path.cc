// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Where programs are, and the environment.
//
// Go: os/exec/lp_unix.go.

#include <errno.h>
#include <fcntl.h>
#include <gosling/exec.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/errors.h"
#include "runtime/poll/errors.h"

extern char** environ;  // POSIX has no header for it

namespace gosling {

namespace {

constinit const internal::Immortal<internal::KnownError> not_found_node(
    "executable file not found in $PATH", false);
constinit const internal::Immortal<internal::KnownError> dot_node(
    "cannot run executable found relative to current directory", false);
constinit const internal::ErrorAccess::Known not_found(&not_found_node.value);
constinit const internal::ErrorAccess::Known dot(&dot_node.value);

// CheckExecutable returns 0 or an errno.
int CheckExecutable(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Error ErrorAbout(const std::string& file, Error err) {
  return errors::Wrap(std::move(err), "exec: \"" + file + "\"");
}

}  // namespace

namespace exec {

constinit const Error& NotFound = not_found.error;
constinit const Error& Dot = dot.error;

std::pair<std::string, Error> LookPath(const std::string& file) {
  if (file.find('/') != std::string::npos) {
    const int err = CheckExecutable(file);
    if (err == 0) return {file, nullptr};
    return {"", ErrorAbout(file, poll::ErrnoError(err))};
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!file.empty() && !rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string dir(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (dir.empty()) dir += '.';  // as shells have it
    if (!dir.ends_with('/')) dir += '/';
    const std::string found = dir + file;
    if (CheckExecutable(found) != 0) continue;
    if (!found.starts_with('/')) return {found, ErrorAbout(file, Dot)};
    return {found, nullptr};
  }
  return {"", ErrorAbout(file, NotFound)};
}

std::vector<std::string> Environ() {
  std::vector<std::string> all;
  for (char** at = environ; at != nullptr && *at != nullptr; at++) {
    all.emplace_back(*at);
  }
  return all;
}

}  // namespace exec
}  // namespace gosling
