// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Emulator: whether a program of one CPU emulates the one that the tests are
// for. Some of what the kernel does for a process is not to be had then; tests
// that need it say so by SKIP_IF_EMULATED.

#ifndef GOSLING_TESTS_EMULATED_H_
#define GOSLING_TESTS_EMULATED_H_

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

namespace gosling {

// Emulator returns the name of the program that runs this one, as tools/cross
// tells it; nullptr: the CPU does.
inline const char* Emulator() { return std::getenv("GOSLING_EMULATOR"); }

// SKIP_IF_EMULATED ends the test if there is an emulator; `why` completes a
// sentence that begins with its name.
#define SKIP_IF_EMULATED(why)           \
  if (::gosling::Emulator() != nullptr) \
  GTEST_SKIP() << ::gosling::Emulator() << " " << (why)

// LastSignal returns the last signal a program can have: qemu-user 7.2 keeps two
// for itself.
inline int LastSignal() { return Emulator() == nullptr ? NSIG - 1 : 62; }

// NoWords returns a pattern for the stderr of a program that a signal ended and
// that had nothing to say; qemu-user always has.
inline const char* NoWords() {
  return Emulator() == nullptr ? "^$"
                               : "^qemu: uncaught target signal [^\n]*\n$";
}

}  // namespace gosling

#endif  // GOSLING_TESTS_EMULATED_H_
