// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What a program of channel operations may come to, by Go's specification and
// the order of waiters that its runtime keeps: every operation is one step, and
// all orders of the steps are tried, with all choices that a select has. A
// search goes through the states that can be reached, each one once.

#ifndef GOSLING_TESTS_PROGRAMS_MODEL_H_
#define GOSLING_TESTS_PROGRAMS_MODEL_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "tests/programs/program.h"

namespace gosling::programs {

// Outcomes returns the texts of all of them; nothing if there are more states
// than `most`.
std::optional<std::set<std::string>> Outcomes(const Program& program,
                                              std::size_t most = 20'000);

// Endings is Outcomes where a panic ends the program: the result of that panic
// then stands for all.
std::optional<std::set<std::string>> Endings(const Program& program,
                                             std::size_t most = 20'000);

// Allows says whether the program may come to that.
bool Allows(const Program& program, const Outcome& outcome);

}  // namespace gosling::programs

#endif  // GOSLING_TESTS_PROGRAMS_MODEL_H_
