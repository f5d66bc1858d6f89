// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What of a stack can be read, for tests that read one.

#ifndef GOSLING_TESTS_UNWINDING_H_
#define GOSLING_TESTS_UNWINDING_H_

#include <gtest/gtest.h>

// SKIP_IF_TERMINATE_ENDS_THE_STACK is for tests that look at the stack of an
// uncaught exception. On arm libstdc++ has no unwind table for std::terminate
// ("cantunwind"), so nothing is known of what threw.
#if defined(__arm__) && !defined(__APPLE__)
#define SKIP_IF_TERMINATE_ENDS_THE_STACK() \
  GTEST_SKIP() << "std::terminate cannot be unwound on arm"
#else
#define SKIP_IF_TERMINATE_ENDS_THE_STACK()
#endif

#endif  // GOSLING_TESTS_UNWINDING_H_
