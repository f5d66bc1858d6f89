// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// proxy: passes TCP connections on to another address, in both directions.
//
// The end of what one side has to say is passed on, and the other side may still
// answer (half-close). If a connection breaks, the other is reset: what arrived
// until then must not look complete.

#include <gosling/gosling.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "tools/examples/command_line.h"
#include "tools/examples/connections.h"

namespace examples {
namespace {

namespace go = gosling;
using go::net::Conn;
using go::net::TCPConn;

void Reset(const Conn& conn) {
  (void)conn.As<TCPConn>()->SetLinger(0);
  (void)conn.Close();
}

// Pump passes on what `from` says.
void Pump(const Conn& to, const Conn& from) {
  auto [n, err] = go::io::Copy(to, from);
  if (!err) err = to.As<TCPConn>()->CloseWrite();
  if (!err) return;
  Reset(to);
  Reset(from);
}

void Forward(const Conn& client, const std::string& target) {
  auto [server, err] = go::net::Dial("tcp", target);
  if (err) {
    Complain("proxy", err);
    Reset(client);
    return;
  }
  go::sync::WaitGroup there;
  there.Go([&client, s = server] { Pump(s, client); });
  Pump(client, server);
  there.Wait();
}

int Main(int argc, char** argv) {
  std::string address;
  std::string target;
  double grace = 10;
  CLI::App app("Passes TCP connections on to another address.", "proxy");
  app.add_option("listen", address, "Where to listen: host:port.")->required();
  app.add_option("target", target, "Where to pass on to: host:port.")
      ->required();
  app.add_option("--grace", grace,
                 "For how many seconds connections may go on after SIGINT or "
                 "SIGTERM.");
  if (const std::optional<int> status = Parse(app, argc, argv)) return *status;

  return go::Run([&] {
    const go::net::Listener listener = Listen("proxy", address);
    if (!listener) return 1;
    const go::net::Server server;
    const bool stopped =
        ServeUntilSignal("proxy", server, listener,
                         [&](const Conn& client) { Forward(client, target); });
    if (!WaitFor(server, std::chrono::duration<double>(grace))) {
      for (const Conn& client : server.Conns()) Reset(client);
      WaitFor(server, std::chrono::seconds(1));
    }
    return stopped ? 0 : 1;
  });
}

}  // namespace
}  // namespace examples

int main(int argc, char** argv) { return examples::Main(argc, argv); }
