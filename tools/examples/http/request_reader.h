// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Requests of HTTP/1 taken out of a stream of bytes, within limits. The parser
// is http-parser, as Debian and Ubuntu have it; this file and its source are all
// that knows it.

#ifndef TOOLS_EXAMPLES_HTTP_REQUEST_READER_H_
#define TOOLS_EXAMPLES_HTTP_REQUEST_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace examples::http {

struct Request {
  std::string_view method;
  std::string target;  // with the query
  std::string body;
  int minor = 1;  // of the version: HTTP/1.0 knows no chunks
  bool keep_alive = true;
  bool has_host = false;
};

class RequestReader {
 public:
  // The limit on a header's size is the process's: http-parser has it so.
  static void LimitHeader(std::uint32_t bytes);

  explicit RequestReader(std::size_t longest_body);
  ~RequestReader();

  enum class Result {
    kRequest,  // request() is one; it holds until the next call
    kMore,     // more has to arrive first
    kError,    // status() says why, for good
  };
  // Parse takes bytes off the front, up to the end of a request.
  Result Parse(std::string_view* bytes);

  const Request& request() const { return request_; }
  // 400, 413 (body), 431 (header), 505 (version).
  int status() const { return status_; }

  // HasBegun says whether a part of a request has come; HasHeader, whether all
  // of its header has.
  bool HasBegun() const { return has_begun_; }
  bool HasHeader() const { return has_header_; }

  // TakeContinue says, once, that the client waits for leave to send its body.
  bool TakeContinue();

 private:
  struct Parser;  // http-parser's, and its callbacks

  const std::size_t longest_body_;
  const std::unique_ptr<Parser> parser_;
  Request request_;
  int status_ = 0;
  bool has_begun_ = false;
  bool has_header_ = false;
  bool is_whole_ = false;
  bool expects_continue_ = false;
};

}  // namespace examples::http

#endif  // TOOLS_EXAMPLES_HTTP_REQUEST_READER_H_
