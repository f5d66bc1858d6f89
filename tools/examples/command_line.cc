// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Command lines.

#include "tools/examples/command_line.h"

#include <cstdio>

namespace examples {

std::optional<int> Parse(CLI::App& app, int argc, const char* const* argv) {
  app.set_help_flag("-h,--help", "This text.");
  app.option_defaults()->always_capture_default();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", app.get_name().c_str(),
                 error.what(), app.get_name().c_str());
    return 2;
  }
  return std::nullopt;
}

gosling::net::Listener Listen(std::string_view program,
                              const std::string& address) {
  auto [listener, err] = gosling::net::Listen("tcp", address);
  if (err) {
    Complain(program, err);
    return {};
  }
  std::printf("listening on %s\n", listener.Addr().String().c_str());
  std::fflush(stdout);
  return listener;
}

void Complain(std::string_view program, const gosling::Error& err) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(program.size()),
               program.data(), err.message().c_str());
}

}  // namespace examples
