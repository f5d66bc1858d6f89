// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Emulator: whether a program of one CPU emulates the one that the tests are
// for. Some of what the kernel does for a process is not to be had then; tests
// that need it say so and are skipped.

#ifndef GOSLING_TESTS_EMULATED_H_
#define GOSLING_TESTS_EMULATED_H_

#include <cstdlib>

namespace gosling {

// Emulator returns the name of the program that runs this one, as tools/cross
// tells it; nullptr: the CPU does.
inline const char* Emulator() { return std::getenv("GOSLING_EMULATOR"); }

}  // namespace gosling

#endif  // GOSLING_TESTS_EMULATED_H_
