// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ResidentBytes from /proc/self/statm, whose second field counts pages.

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/rss.h"

namespace bench {

std::int64_t ResidentBytes() {
  std::int64_t pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr || std::fscanf(file, "%*d %" SCNd64, &pages) != 1) {
    std::perror("/proc/self/statm");
    std::_Exit(1);
  }
  std::fclose(file);
  return pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace bench
