// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The ends of connections.

#include "tools/examples/connections.h"

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/signal.h>

#include <chrono>
#include <csignal>
#include <utility>

#include "tools/examples/command_line.h"

namespace examples {

namespace go = gosling;

bool ServeUntilSignal(std::string_view program, const go::net::Server& server,
                      const go::net::Listener& listener,
                      std::function<void(const go::net::Conn&)> f) {
  const go::context::Scoped ctx =
      go::signal::NotifyContext(go::context::Background(), SIGINT, SIGTERM);
  const go::Error err = server.Serve(ctx, listener, std::move(f));
  if (err == go::context::Canceled) return true;
  if (err) Complain(program, err);
  return false;
}

bool WaitFor(const go::net::Server& server, go::time::Delay d) {
  const go::context::Scoped limit =
      go::context::WithTimeout(go::context::Background(), d);
  return !server.Wait(limit);
}

void FinishWriting(const go::net::Conn& conn) {
  const auto tcp = conn.As<go::net::TCPConn>();
  if (!tcp || tcp->CloseWrite()) return;
  (void)conn.SetReadDeadline(std::chrono::steady_clock::now() +
                             std::chrono::seconds(1));
  char unread[4096];
  while (!conn.Read(unread).second) {
  }
}

}  // namespace examples
