// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CanReadCodeFile tries beforehand what Abseil does: it reads the same list of
// mappings, and opens the same file.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sched/os/code_file.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

// Addresses of code whose files can be read. Two threads of a dying process
// that write here at once may mix theirs: a dump then has a name less, or a
// line too much.
struct Range {
  std::atomic<std::uintptr_t> lo{0};
  std::atomic<std::uintptr_t> hi{0};
};
constexpr unsigned kRanges = 8;
constinit Range readable[kRanges];
constinit std::atomic<unsigned> next_range{0};

int OpenToRead(const char* path) {
  return os::RaiseFd(::open(path, O_RDONLY | O_CLOEXEC));
}

bool CanRead(const char* path) {
  const int fd = OpenToRead(path);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Judge looks at one line, "lo-hi flags offset device inode path". False: pc is
// not in there.
bool Judge(char* line, std::uintptr_t pc, bool* can) {
  char* at;
  const std::uintptr_t lo = std::strtoull(line, &at, 16);
  if (*at != '-') return false;
  const std::uintptr_t hi = std::strtoull(at + 1, &at, 16);
  if (pc < lo || pc >= hi) return false;
  const char* path = std::strchr(at, '/');
  const char* device = std::strchr(at, '[');  // [vdso] and the like
  *can = path == nullptr || device != nullptr || CanRead(path);
  if (*can && path != nullptr) {
    Range& r =
        readable[next_range.fetch_add(1, std::memory_order_relaxed) % kRanges];
    r.hi.store(0, std::memory_order_relaxed);
    r.lo.store(lo, std::memory_order_relaxed);
    r.hi.store(hi, std::memory_order_relaxed);
  }
  return true;
}

}  // namespace

bool CanReadCodeFile(std::uintptr_t pc) {
  for (const Range& r : readable) {
    if (r.lo.load(std::memory_order_relaxed) <= pc &&
        pc < r.hi.load(std::memory_order_relaxed)) {
      return true;
    }
  }
  char buffer[8192];
  std::snprintf(buffer, sizeof buffer, "/proc/self/task/%d/maps",
                static_cast<int>(::getpid()));
  const int fd = OpenToRead(buffer);
  if (fd < 0) return false;
  bool can = true;  // of code that is in no mapping Abseil says nothing
  std::size_t have = 0;
  for (bool found = false; !found;) {
    const ssize_t n = ::read(fd, buffer + have, sizeof buffer - 1 - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
    buffer[have] = '\0';
    char* line = buffer;
    while (char* end = std::strchr(line, '\n')) {
      *end = '\0';
      if ((found = Judge(line, pc, &can))) break;
      line = end + 1;
    }
    have -= static_cast<std::size_t>(line - buffer);
    if (have == sizeof buffer - 1) break;  // no path is so long
    std::memmove(buffer, line, have);
  }
  ::close(fd);
  return can;
}

}  // namespace gosling::sched
