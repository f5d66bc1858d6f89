// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// echo: a server that says back what it is told. Its one argument is the address
// to listen at; port 0 stands for a free one. SIGINT and SIGTERM end it.

#include <gosling/gosling.h>

#include <csignal>
#include <cstdio>
#include <string_view>

namespace go = gosling;

int main(int argc, char** argv) {
  return go::Run([&] {
    auto [listener, err] =
        go::net::Listen("tcp", argc > 1 ? argv[1] : "127.0.0.1:8000");
    if (err) {
      std::fprintf(stderr, "echo: %s\n", err.message().c_str());
      return 1;
    }
    std::printf("listening on %s\n", listener.Addr().String().c_str());
    std::fflush(stdout);
    auto [ctx, stop] =
        go::signal::NotifyContext(go::context::Background(), SIGINT, SIGTERM);
    const go::Error why = go::net::Serve(ctx, listener, [](go::net::Conn conn) {
      char buf[4096];
      for (;;) {
        auto [n, end] = conn.Read(buf);
        if (end) return;
        if (conn.Write(std::string_view(buf, n)).second) return;
      }
    });
    stop();
    return why == go::context::Canceled ? 0 : 1;
  });
}
