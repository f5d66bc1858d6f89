// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Brings std::format where the standard library has it; __cpp_lib_format says
// so.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_FORMAT_H_
#define GOSLING_INTERNAL_FORMAT_H_

#include <version>

#ifdef __cpp_lib_format
#include <format>
#endif

#endif  // GOSLING_INTERNAL_FORMAT_H_
