// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A reply on its way to the client: a whole one, or one in chunks.

#ifndef TOOLS_EXAMPLES_HTTP_REPLY_H_
#define TOOLS_EXAMPLES_HTTP_REPLY_H_

#include <gosling/net.h>

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "tools/examples/http/request_reader.h"

namespace examples::http {

// Output gathers replies, so that those to requests of one read are one write.
class Output {
 public:
  explicit Output(gosling::net::Conn conn) : conn_(std::move(conn)) {}

  std::string& text() { return text_; }
  // Flush parks while the client does not read; false: the connection is broken.
  bool Flush();
  // Date returns the moment in HTTP's words; made anew once a second.
  std::string_view Date();

 private:
  const gosling::net::Conn conn_;
  std::string text_;
  std::time_t date_of_ = 0;
  std::string date_;
};

class Reply {
 public:
  // `keep_alive`: the connection goes on after it. HEAD's replies have no body,
  // whatever is said here.
  Reply(Output* output, const Request* request, bool keep_alive);

  // Send sends all of it; `header` is further lines of the header, with ends.
  void Send(int status, std::string_view body, std::string_view header = {});

  // Begin, then Chunk as often as one likes, then End, send a body whose length
  // is not known at first. To HTTP/1.0 the connection's end says where it ends.
  void Begin(int status);
  void Chunk(std::string_view bytes);
  void End();

  // Flush sends what there is so far.
  bool Flush() { return output_->Flush(); }

  bool keep_alive() const { return keep_alive_; }

 private:
  void Start(int status, std::string_view header);

  Output* const output_;
  const bool is_head_;
  const bool knows_chunks_;
  const int minor_;
  bool keep_alive_;
};

}  // namespace examples::http

#endif  // TOOLS_EXAMPLES_HTTP_REPLY_H_
