// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Here Abseil asks the loader, and reads no files.

#include "sched/os/code_file.h"

namespace gosling::sched {

bool CanReadCodeFile(std::uintptr_t) { return true; }

bool PlaceInFile(std::uintptr_t, CodePlace*) { return false; }

}  // namespace gosling::sched
