// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CanReadCodeFile tries beforehand what Abseil does: it reads the same list of
// mappings, and opens the same file.

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "sched/os/code_file.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

// Addresses of code whose files can be read. Two threads of a dying process
// that write here at once may mix theirs: a dump then has a name less, or a
// line too much, or a wrong file.
struct Range {
  std::atomic<std::uintptr_t> lo{0};
  std::atomic<std::uintptr_t> hi{0};
  // What is to be taken from an address to have the file's own; kUnknown.
  std::atomic<std::uintptr_t> bias{0};
  std::atomic<std::uintptr_t> file[CodePlace::kName / sizeof(std::uintptr_t)];
};
constexpr std::uintptr_t kUnknown = ~std::uintptr_t{0};
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

// Beginning is where a file's first bytes are mapped.
struct Beginning {
  std::uintptr_t at = 0;
  unsigned long long inode = 0;
};

// BiasOf reads, in memory, the headers of the file that is mapped from `base`.
std::uintptr_t BiasOf(std::uintptr_t base) {
  constexpr std::size_t kPage = 4096;  // at least
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the system's
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_phentsize != sizeof(ElfW(Phdr)) ||
      header->e_phoff + header->e_phnum * sizeof(ElfW(Phdr)) > kPage) {
    return kUnknown;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): behind the header
  const auto* p = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++) {
    if (p[i].p_type == PT_LOAD && p[i].p_offset == 0) {
      return base - p[i].p_vaddr;
    }
  }
  return kUnknown;
}

// Remember notes where the code of a file lies.
void Remember(std::uintptr_t lo, std::uintptr_t hi, std::uintptr_t bias,
              const char* path) {
  char file[CodePlace::kName] = {};
  std::strncpy(file, std::strrchr(path, '/') + 1, sizeof file - 1);
  Range& r =
      readable[next_range.fetch_add(1, std::memory_order_relaxed) % kRanges];
  r.hi.store(0, std::memory_order_relaxed);
  r.bias.store(bias, std::memory_order_relaxed);
  for (std::size_t i = 0; i < std::size(r.file); i++) {
    std::uintptr_t word;
    std::memcpy(&word, file + i * sizeof word, sizeof word);
    r.file[i].store(word, std::memory_order_relaxed);
  }
  r.lo.store(lo, std::memory_order_relaxed);
  r.hi.store(hi, std::memory_order_relaxed);
}

// Judge looks at one line, "lo-hi flags offset device inode path". False: pc is
// not in there. The line that a file begins with comes before its others.
bool Judge(char* line, std::uintptr_t pc, Beginning* beginning, bool* can) {
  char* at;
  const std::uintptr_t lo = std::strtoull(line, &at, 16);
  if (*at != '-') return false;
  const std::uintptr_t hi = std::strtoull(at + 1, &at, 16);
  const bool is_readable = std::strncmp(at, " r", 2) == 0;
  at = std::strchr(at + 1, ' ');
  if (at == nullptr) return false;
  const unsigned long long offset = std::strtoull(at, &at, 16);
  at = std::strchr(at + 1, ' ');
  if (at == nullptr) return false;
  const unsigned long long inode = std::strtoull(at, &at, 10);
  if (offset == 0 && is_readable) *beginning = {lo, inode};
  if (pc < lo || pc >= hi) return false;
  const char* path = std::strchr(at, '/');
  const char* device = std::strchr(at, '[');  // [vdso] and the like
  *can = path == nullptr || device != nullptr || CanRead(path);
  if (*can && path != nullptr) {
    const bool known = inode != 0 && beginning->inode == inode;
    Remember(lo, hi, known ? BiasOf(beginning->at) : kUnknown, path);
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
  Beginning beginning;
  for (bool found = false; !found;) {
    const ssize_t n = ::read(fd, buffer + have, sizeof buffer - 1 - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
    buffer[have] = '\0';
    char* line = buffer;
    while (char* end = std::strchr(line, '\n')) {
      *end = '\0';
      if ((found = Judge(line, pc, &beginning, &can))) break;
      line = end + 1;
    }
    have -= static_cast<std::size_t>(line - buffer);
    if (have == sizeof buffer - 1) break;  // no path is so long
    std::memmove(buffer, line, have);
  }
  ::close(fd);
  return can;
}

bool PlaceInFile(std::uintptr_t pc, CodePlace* place) {
  for (const Range& r : readable) {
    const std::uintptr_t bias = r.bias.load(std::memory_order_relaxed);
    if (bias == kUnknown || r.lo.load(std::memory_order_relaxed) > pc ||
        pc >= r.hi.load(std::memory_order_relaxed)) {
      continue;
    }
    place->at = pc - bias;
    for (std::size_t i = 0; i < std::size(r.file); i++) {
      const std::uintptr_t word = r.file[i].load(std::memory_order_relaxed);
      std::memcpy(place->file + i * sizeof word, &word, sizeof word);
    }
    return true;
  }
  return false;
}

}  // namespace gosling::sched
