// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How many goroutines, fibers or threads a workload runs at once: GOMAXPROCS in
// the environment, so that all systems are started alike.

#ifndef TOOLS_BENCH_PROCS_H_
#define TOOLS_BENCH_PROCS_H_

#include <cstdlib>

namespace bench {

inline unsigned Procs() {
  const char* text = std::getenv("GOMAXPROCS");
  const int count = text == nullptr ? 1 : std::atoi(text);
  return count < 1 ? 1 : static_cast<unsigned>(count);
}

}  // namespace bench

#endif  // TOOLS_BENCH_PROCS_H_
