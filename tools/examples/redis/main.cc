// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// redis: a small server that speaks the protocol of Redis, RESP2, and keeps
// strings in memory. redis-cli and redis-benchmark talk to it.

#include <gosling/gosling.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tools/examples/command_line.h"
#include "tools/examples/connections.h"
#include "tools/examples/redis/pubsub.h"
#include "tools/examples/redis/session.h"
#include "tools/examples/redis/store.h"

namespace examples::redis {
namespace {

namespace go = gosling;
using namespace std::chrono_literals;

int Main(int argc, char** argv) {
  std::string address = "127.0.0.1:6379";
  CLI::App app(
      "Keeps strings in memory: GET SET INCR DEL EXISTS EXPIRE PEXPIRE TTL "
      "PTTL\n"
      "PING ECHO SUBSCRIBE UNSUBSCRIBE PUBLISH DBSIZE QUIT.",
      "redis");
  app.add_option("listen", address, "Where to listen: host:port.");
  if (const std::optional<int> status = Parse(app, argc, argv)) return *status;

  return go::Run([&] {
    const go::net::Listener listener = Listen("redis", address);
    if (!listener) return 1;
    // The goroutines own these as well: the one that sweeps never ends, and
    // those that WaitFor gives up are still at work when this one returns.
    const auto store = std::make_shared<Store>();
    const auto pubsub = std::make_shared<PubSub>();
    go::time::Ticker tick = go::time::NewTicker(100ms);
    go::Go([store, c = tick.C()] {
      while (c.Recv()) store->Sweep();
    });
    const go::net::Server server;
    const bool stopped = ServeUntilSignal(
        "redis", server, listener, [=](const go::net::Conn& conn) {
          Session(conn, store.get(), pubsub.get()).Serve();
        });
    // Commands that have been read are answered.
    const go::time::Time now = std::chrono::steady_clock::now();
    for (const go::net::Conn& conn : server.Conns()) {
      (void)conn.SetReadDeadline(now);
      (void)conn.SetWriteDeadline(now + 1s);
    }
    WaitFor(server, 5s);
    return stopped ? 0 : 1;
  });
}

}  // namespace
}  // namespace examples::redis

int main(int argc, char** argv) { return examples::redis::Main(argc, argv); }
