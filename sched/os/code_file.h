// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CanReadCodeFile says beforehand whether Abseil's symbolizer will find its
// file. Where it does not, as in a chroot or a sandbox, the symbolizer writes a
// line of its own to the standard error ("RAW: … open failed"): into the middle
// of a dump.

#ifndef GOSLING_SCHED_OS_CODE_FILE_H_
#define GOSLING_SCHED_OS_CODE_FILE_H_

#include <cstdint>

namespace gosling::sched {

// CanReadCodeFile says whether the file that the code at `pc` was mapped from
// can be read. Reads the list of mappings; remembers files that can. Under the
// symbolizer's lock, or in a dying process. Async-signal-safe. The build
// chooses the file that defines it.
bool CanReadCodeFile(std::uintptr_t pc);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_CODE_FILE_H_
