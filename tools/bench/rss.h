// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How much memory the process has in its hands.

#ifndef TOOLS_BENCH_RSS_H_
#define TOOLS_BENCH_RSS_H_

#include <cstdint>

namespace bench {

// ResidentBytes returns the process's resident set size; page tables are not in
// it. Ends the program if the system does not tell.
std::int64_t ResidentBytes();

// PeakResidentBytes returns the largest that it has been. Likewise.
std::int64_t PeakResidentBytes();

// GiveBackFreed has malloc return to the system what it keeps of freed memory.
void GiveBackFreed();

}  // namespace bench

#endif  // TOOLS_BENCH_RSS_H_
