// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Serving one client.

#include "tools/examples/http/connection.h"

#include <chrono>
#include <utility>

#include "tools/examples/connections.h"
#include "tools/examples/http/pages.h"

namespace examples::http {

namespace go = gosling;

namespace {

// Replies of so many bytes are written before all requests are answered.
constexpr std::size_t kMostReplies = 256 << 10;

go::time::Time Now() { return std::chrono::steady_clock::now(); }

}  // namespace

Connection::Connection(go::net::Conn conn, Server* server)
    : conn_(std::move(conn)),
      server_(server),
      reader_(server->longest_body),
      output_(conn_),
      since_(Now()) {}

void Connection::Serve() {
  for (;;) {
    switch (reader_.Parse(&unread_)) {
      case RequestReader::Result::kRequest:
        if (!AnswerOne()) {
          if (Flush()) FinishWriting(conn_);
          return;
        }
        if (output_.text().size() >= kMostReplies && !Flush()) return;
        break;
      case RequestReader::Result::kMore:
        if (reader_.TakeContinue()) {
          output_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
        }
        if (!Flush() || !Read()) return;
        break;
      case RequestReader::Result::kError:
        return Refuse(reader_.status());
    }
  }
}

bool Connection::AnswerOne() {
  server_->requests.fetch_add(1, std::memory_order_relaxed);
  const Request& request = reader_.request();
  // Of requests that have come together all are answered.
  Reply reply(&output_, &request,
              request.keep_alive && !(Stops() && unread_.empty()));
  Answer(request, &reply);
  replies_++;
  return reply.keep_alive();
}

void Connection::Refuse(int status) {
  const Request none;
  Reply(&output_, &none, false).Send(status, "");
  if (Flush()) FinishWriting(conn_);
}

bool Connection::Flush() {
  if (!output_.Flush()) return false;
  if (replies_ != 0) {
    server_->replies.fetch_add(std::exchange(replies_, 0),
                               std::memory_order_relaxed);
  }
  return true;
}

// Deadline returns when the next read has to be done.
go::time::Time Connection::Deadline() const {
  if (reader_.HasBegun()) {
    return since_ + (reader_.HasHeader() ? server_->body_timeout
                                         : server_->header_timeout);
  }
  return Stops() ? server_->grace_end : since_ + server_->idle_timeout;
}

bool Connection::Read() {
  const bool was_idle = !reader_.HasBegun();
  if (was_idle) since_ = Now();
  for (;;) {
    // For an idle connection a deadline that is up to half as far again will
    // do: most reads set none then.
    const bool stops = Stops();
    const go::time::Time deadline = Deadline();
    const bool loose = was_idle && !stops;
    if (set_deadline_ < deadline || (!loose && set_deadline_ != deadline) ||
        set_deadline_ > deadline + server_->idle_timeout / 2) {
      set_deadline_ = loose ? deadline + server_->idle_timeout / 2 : deadline;
      (void)conn_.SetReadDeadline(set_deadline_);
      // The server that stops ends reads, and this may have undone it.
      if (stops != Stops()) continue;
    }
    const auto [n, err] = conn_.Read(buf_);
    if (!err) {
      unread_ = {buf_.data(), n};
      if (was_idle) since_ = Now();
      return true;
    }
    if (!go::net::TimedOut(err)) return false;
    set_deadline_ = {};
    if (Now() < Deadline()) continue;
    if (!was_idle) Refuse(408);
    return false;
  }
}

}  // namespace examples::http
