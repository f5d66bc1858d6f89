// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The examples' command lines, and the line by which they say where they are.

#ifndef TOOLS_EXAMPLES_COMMAND_LINE_H_
#define TOOLS_EXAMPLES_COMMAND_LINE_H_

#include <gosling/errors.h>
#include <gosling/net.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace examples {

// Parse reads the command line. It returns the exit status if the program is to
// end: 0 after --help, 2 if the command line makes no sense.
std::optional<int> Parse(CLI::App& app, int argc, const char* const* argv);

// Listen listens at a TCP address and prints `listening on ADDRESS`, which has
// the port that was chosen where `address` has 0; on failure it prints why on
// stderr and returns nil.
gosling::net::Listener Listen(std::string_view program,
                              const std::string& address);

// Complain prints `PROGRAM: what the error says` on stderr.
void Complain(std::string_view program, const gosling::Error& err);

}  // namespace examples

#endif  // TOOLS_EXAMPLES_COMMAND_LINE_H_
