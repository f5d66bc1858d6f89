// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which file a piece of code is from. CanReadCodeFile says beforehand whether
// Abseil's symbolizer will find it. Where it does not, as in a chroot or a
// sandbox, the symbolizer writes a line of its own to the standard error ("RAW:
// … open failed"): into the middle of a dump.

#ifndef GOSLING_SCHED_OS_CODE_FILE_H_
#define GOSLING_SCHED_OS_CODE_FILE_H_

#include <cstddef>
#include <cstdint>

namespace gosling::sched {

// CanReadCodeFile says whether the file that the code at `pc` was mapped from
// can be read. Reads the list of mappings; remembers files that can. Under the
// symbolizer's lock, or in a dying process. Async-signal-safe. The build
// chooses the file that defines it.
bool CanReadCodeFile(std::uintptr_t pc);

// CodePlace is where code lies in its file, wherever that was loaded: what
// `addr2line -e file` and debuggers want.
struct CodePlace {
  static constexpr std::size_t kName = 40;

  std::uintptr_t at;
  char file[kName];  // without its folder, cut if it is longer
};

// PlaceInFile finds the place of `pc`, for which CanReadCodeFile has been asked
// last, or not long ago. Reads no file. False: it is not known, as on Darwin.
// Async-signal-safe.
bool PlaceInFile(std::uintptr_t pc, CodePlace* place);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_CODE_FILE_H_
