// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Ends the compilation where the language is older than C++20, before the
// headers' hundreds of errors about it.

#ifndef GOSLING_INTERNAL_CXX20_H_
#define GOSLING_INTERNAL_CXX20_H_

#if __cplusplus < 202002L
#error "gosling needs C++20: compile with -std=c++20 or a newer one"
// A file that is not there is what compilers stop at; #error is not.
#include <gosling/internal/needs_cxx20>
#endif

#endif  // GOSLING_INTERNAL_CXX20_H_
