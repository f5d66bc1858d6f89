// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// http: a small server of HTTP/1.1. curl, wrk and h2load --h1 talk to it.

#include <gosling/gosling.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "tools/examples/command_line.h"
#include "tools/examples/connections.h"
#include "tools/examples/http/connection.h"
#include "tools/examples/http/request_reader.h"

namespace examples::http {
namespace {

namespace go = gosling;

go::time::Duration Seconds(double n) {
  return std::chrono::duration_cast<go::time::Duration>(
      std::chrono::duration<double>(n));
}

int Main(int argc, char** argv) {
  std::string address = "127.0.0.1:8080";
  double header_timeout = 10;
  double body_timeout = 60;
  double idle_timeout = 60;
  double grace = 1;
  double patience = 30;
  std::uint32_t longest_header = 16 << 10;
  Server http;
  CLI::App app("Serves /, /echo, /chunked and /slow?ms=N by HTTP/1.1.", "http");
  app.add_option("listen", address, "Where to listen: host:port.");
  app.add_option("--header-timeout", header_timeout,
                 "How many seconds a request's header may take.");
  app.add_option("--body-timeout", body_timeout,
                 "How many seconds all of a request may take.");
  app.add_option("--idle-timeout", idle_timeout,
                 "How many seconds a connection is kept without a request.");
  app.add_option("--max-header", longest_header,
                 "How many bytes a request's header may have.");
  app.add_option("--max-body", http.longest_body,
                 "How many bytes a request's body may have.");
  app.add_option("--grace", grace,
                 "After SIGINT or SIGTERM, how many seconds idle connections "
                 "have for a last request.");
  app.add_option("--patience", patience,
                 "After SIGINT or SIGTERM, after how many seconds connections "
                 "are cut off.");
  if (const std::optional<int> status = Parse(app, argc, argv)) return *status;
  http.header_timeout = Seconds(header_timeout);
  http.body_timeout = Seconds(body_timeout);
  http.idle_timeout = Seconds(idle_timeout);
  RequestReader::LimitHeader(longest_header);

  return go::Run([&] {
    const go::net::Listener listener = Listen("http", address);
    if (!listener) return 1;
    const go::net::Server server;
    const bool stopped = ServeUntilSignal(
        "http", server, listener, [&](const go::net::Conn& conn) {
          std::make_unique<Connection>(conn, &http)->Serve();
        });

    // The listener is closed: a client that is told to go does not come back.
    const go::time::Time now = std::chrono::steady_clock::now();
    http.grace_end = now + Seconds(grace);
    http.stops.store(true, std::memory_order_release);
    for (const go::net::Conn& conn : server.Conns()) {
      (void)conn.SetReadDeadline(now);
    }
    const bool all_ended =
        WaitFor(server, std::chrono::duration<double>(patience));
    if (!all_ended) {
      for (const go::net::Conn& conn : server.Conns()) (void)conn.Close();
      WaitFor(server, std::chrono::seconds(1));
    }
    std::printf("%llu requests, %llu replies\n",
                static_cast<unsigned long long>(http.requests.load()),
                static_cast<unsigned long long>(http.replies.load()));
    return stopped && all_ended ? 0 : 1;
  });
}

}  // namespace
}  // namespace examples::http

int main(int argc, char** argv) { return examples::http::Main(argc, argv); }
