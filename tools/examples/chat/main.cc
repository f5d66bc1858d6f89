// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// chat: a chat for any number of clients, such as `nc`. chat/room.h has it all.

#include <gosling/gosling.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tools/examples/chat/room.h"
#include "tools/examples/command_line.h"
#include "tools/examples/connections.h"

namespace examples::chat {
namespace {

namespace go = gosling;

int Main(int argc, char** argv) {
  std::string address = "127.0.0.1:8001";
  CLI::App app(
      "Passes each client's lines on to all. A client's first line is its "
      "name.",
      "chat");
  app.add_option("listen", address, "Where to listen: host:port.");
  if (const std::optional<int> status = Parse(app, argc, argv)) return *status;

  return go::Run([&] {
    const go::net::Listener listener = Listen("chat", address);
    if (!listener) return 1;
    // Clients that WaitFor gives up are still there when this one returns.
    const auto room = std::make_shared<Room>();
    const go::net::Server server;
    const bool stopped = ServeUntilSignal(
        "chat", server, listener,
        [room](const go::net::Conn& conn) { room->Host(conn); });
    // What was said goes out before the connections end.
    room->Say("* good night\n");
    for (const go::net::Conn& conn : server.Conns()) {
      (void)conn.SetReadDeadline(std::chrono::steady_clock::now());
    }
    WaitFor(server, std::chrono::seconds(5));
    return stopped ? 0 : 1;
  });
}

}  // namespace
}  // namespace examples::chat

int main(int argc, char** argv) { return examples::chat::Main(argc, argv); }
