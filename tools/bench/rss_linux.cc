// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The resident set from /proc/self/statm, whose second field counts pages, and
// from /proc/self/status. getrusage's peak would not do: it begins with that of
// the program that called exec.

#include <malloc.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/rss.h"

namespace bench {

namespace {

[[noreturn]] void Fail(const char* file) {
  std::perror(file);
  std::_Exit(1);
}

}  // namespace

std::int64_t ResidentBytes() {
  std::int64_t pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr || std::fscanf(file, "%*d %" SCNd64, &pages) != 1) {
    Fail("/proc/self/statm");
  }
  std::fclose(file);
  return pages * ::sysconf(_SC_PAGESIZE);
}

std::int64_t PeakResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) Fail("/proc/self/status");
  std::int64_t kilobytes = 0;
  char line[256];
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmHWM: %" SCNd64 " kB", &kilobytes) == 1) break;
  }
  std::fclose(file);
  if (kilobytes == 0) Fail("/proc/self/status: VmHWM");
  return kilobytes * 1024;
}

void GiveBackFreed() { ::malloc_trim(0); }

}  // namespace bench
