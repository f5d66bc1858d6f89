// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The pages.

#include "tools/examples/http/pages.h"

#include <gosling/time.h>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>

namespace examples::http {

namespace {

constexpr int kLongestSleep = 60'000;  // ms

void Chunked(Reply* reply) {
  reply->Begin(200);
  for (int i = 0; i < 10; i++) {
    reply->Chunk("chunk " + std::to_string(i) + "\n");
    if (!reply->Flush()) return;
  }
  reply->End();
}

void Slow(std::string_view query, Reply* reply) {
  int ms = 0;
  if (!query.starts_with("ms=")) return reply->Send(400, "ms=N is missing\n");
  query.remove_prefix(3);
  const char* stop = query.data() + query.size();
  const auto [end, err] = std::from_chars(query.data(), stop, ms);
  if (err != std::errc() || end != stop || ms < 0 || ms > kLongestSleep) {
    return reply->Send(400, "ms=N is at most 60000\n");
  }
  // Answers to earlier requests need not wait for this one.
  if (!reply->Flush()) return;
  gosling::time::Sleep(std::chrono::milliseconds(ms));
  reply->Send(200, "slept\n");
}

}  // namespace

void Answer(const Request& request, Reply* reply) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? "" : target.substr(mark + 1);
  const bool reads = request.method == "GET" || request.method == "HEAD";

  if (path == "/echo") {
    if (reads || request.method == "POST" || request.method == "PUT") {
      return reply->Send(200, request.body);
    }
    return reply->Send(405, "", "Allow: GET, HEAD, POST, PUT\r\n");
  }
  if (path != "/" && path != "/chunked" && path != "/slow") {
    return reply->Send(404, "there is no such page\n");
  }
  if (!reads) return reply->Send(405, "", "Allow: GET, HEAD\r\n");
  if (path == "/chunked") return Chunked(reply);
  if (path == "/slow") return Slow(query, reply);
  reply->Send(200, "Hello, world!\n");
}

}  // namespace examples::http
