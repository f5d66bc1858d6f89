// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The text of replies.

#include "tools/examples/http/reply.h"

#include <time.h>

#include <charconv>

namespace examples::http {

namespace {

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 400:
      return "400 Bad Request";
    case 404:
      return "404 Not Found";
    case 405:
      return "405 Method Not Allowed";
    case 408:
      return "408 Request Timeout";
    case 413:
      return "413 Content Too Large";
    case 431:
      return "431 Request Header Fields Too Large";
    case 505:
      return "505 HTTP Version Not Supported";
    default:
      return "500 Internal Server Error";
  }
}

void PutNumber(std::string* to, std::size_t n, int base) {
  char digits[24];
  to->append(digits,
             std::to_chars(digits, digits + sizeof digits, n, base).ptr);
}

}  // namespace

bool Output::Flush() {
  if (text_.empty()) return true;
  if (conn_.Write(text_).second) return false;
  // A long reply does not cost memory for ever.
  if (text_.capacity() > 256 << 10) text_ = std::string();
  text_.clear();
  return true;
}

std::string_view Output::Date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    std::tm parts;
    char text[40];
    date_.assign(text,
                 std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT",
                               ::gmtime_r(&now, &parts)));
    date_of_ = now;
  }
  return date_;
}

Reply::Reply(Output* output, const Request* request, bool keep_alive)
    : output_(output),
      is_head_(request->method == "HEAD"),
      knows_chunks_(request->minor >= 1),
      minor_(request->minor),
      keep_alive_(keep_alive) {}

void Reply::Start(int status, std::string_view header) {
  std::string& to = output_->text();
  to += "HTTP/1.1 ";
  to += Reason(status);
  to += "\r\nDate: ";
  to += output_->Date();
  to += "\r\nContent-Type: text/plain\r\n";
  to += header;
  if (!keep_alive_) {
    to += "Connection: close\r\n";
  } else if (minor_ == 0) {
    to += "Connection: keep-alive\r\n";
  }
}

void Reply::Send(int status, std::string_view body, std::string_view header) {
  Start(status, header);
  std::string& to = output_->text();
  to += "Content-Length: ";
  PutNumber(&to, body.size(), 10);
  to += "\r\n\r\n";
  if (!is_head_) to += body;
}

void Reply::Begin(int status) {
  if (!knows_chunks_ && !is_head_) keep_alive_ = false;
  Start(status, knows_chunks_ ? "Transfer-Encoding: chunked\r\n" : "");
  output_->text() += "\r\n";
}

void Reply::Chunk(std::string_view bytes) {
  if (is_head_ || bytes.empty()) return;  // an empty one would be the end
  std::string& to = output_->text();
  if (!knows_chunks_) {
    to += bytes;
    return;
  }
  PutNumber(&to, bytes.size(), 16);
  to += "\r\n";
  to += bytes;
  to += "\r\n";
}

void Reply::End() {
  if (!is_head_ && knows_chunks_) output_->text() += "0\r\n\r\n";
}

}  // namespace examples::http
