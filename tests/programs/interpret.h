// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Runs a program of channel operations and says what it has come to. What waits
// then is let go of, by closing the channels, before these return.

#ifndef GOSLING_TESTS_PROGRAMS_INTERPRET_H_
#define GOSLING_TESTS_PROGRAMS_INTERPRET_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/programs/program.h"

namespace gosling::programs {

// RunFreely is for a goroutine or a thread outside of bubbles: the scheduler
// decides, and at each operation the seed whether it yields before.
std::string RunFreely(const std::shared_ptr<const Program>& program,
                      std::uint64_t seed);

// RunInBubble is for the main goroutine of a bubble.
std::string RunInBubble(const std::shared_ptr<const Program>& program);

// RunToItsEnd has the caller do the first goroutine's operations and wait for
// the others; panics are not caught. It prints the outcome, if there is one.
void RunToItsEnd(const std::shared_ptr<const Program>& program);

}  // namespace gosling::programs

#endif  // GOSLING_TESTS_PROGRAMS_INTERPRET_H_
