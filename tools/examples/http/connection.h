// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One client of the server: requests one after the other, time limits, the end.
//
// Once the server stops, a client gets leave for one more request, whose reply
// says that the connection ends; an idle one has a moment for that (grace). So no
// request is lost that was on its way when the server was told to stop.

#ifndef TOOLS_EXAMPLES_HTTP_CONNECTION_H_
#define TOOLS_EXAMPLES_HTTP_CONNECTION_H_

#include <gosling/net.h>
#include <gosling/time.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tools/examples/http/reply.h"
#include "tools/examples/http/request_reader.h"

namespace examples::http {

// Server is what all connections share.
struct Server {
  // A client's header, and its whole request, have to be there so long after
  // their first byte; without one, a connection is kept so long.
  gosling::time::Duration header_timeout = std::chrono::seconds(10);
  gosling::time::Duration body_timeout = std::chrono::seconds(60);
  gosling::time::Duration idle_timeout = std::chrono::seconds(60);
  std::size_t longest_body = 1 << 20;

  // When idle connections end, once the server stops; set before `stops`.
  gosling::time::Time grace_end = {};
  // release: publishes grace_end; a connection that reads it acquires
  std::atomic<bool> stops{false};

  std::atomic<std::uint64_t> requests{0};  // that came whole
  std::atomic<std::uint64_t> replies{0};   // that the system took
};

class Connection {
 public:
  Connection(gosling::net::Conn conn, Server* server);

  // Serve answers until the client leaves, or has to.
  void Serve();

 private:
  bool Stops() const { return server_->stops.load(std::memory_order_acquire); }
  // AnswerOne says whether the connection goes on.
  bool AnswerOne();
  void Refuse(int status);
  bool Flush();
  // Read reads to buf_; false: the connection has come to its end.
  bool Read();
  gosling::time::Time Deadline() const;

  const gosling::net::Conn conn_;
  Server* const server_;
  RequestReader reader_;
  Output output_;
  std::uint64_t replies_ = 0;              // that were not flushed yet
  gosling::time::Time since_;              // when the request, or idling, began
  gosling::time::Time set_deadline_ = {};  // of the reads
  std::string_view unread_;                // of buf_
  std::array<char, 16 << 10> buf_;
};

}  // namespace examples::http

#endif  // TOOLS_EXAMPLES_HTTP_CONNECTION_H_
