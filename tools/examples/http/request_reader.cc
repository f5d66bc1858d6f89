// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The callbacks that http-parser makes, and what its errors mean for the client.

#include "tools/examples/http/request_reader.h"

#include <http_parser.h>

#include <algorithm>
#include <utility>

namespace examples::http {

namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsWord(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return Lower(a) == b; });
}

}  // namespace

struct RequestReader::Parser : http_parser {
  explicit Parser(RequestReader* r) : reader(r) {
    ::http_parser_init(this, HTTP_REQUEST);
    data = this;
  }

  static RequestReader& Of(http_parser* p) {
    return *static_cast<Parser*>(p->data)->reader;
  }

  static int OnBegin(http_parser* p) {
    RequestReader& r = Of(p);
    r.request_.target.clear();
    r.request_.body.clear();
    r.request_.has_host = false;
    r.has_header_ = r.expects_continue_ = false;
    static_cast<Parser*>(p->data)->name.clear();
    static_cast<Parser*>(p->data)->value.clear();
    return 0;
  }

  static int OnTarget(http_parser* p, const char* at, std::size_t n) {
    Of(p).request_.target.append(at, n);
    return 0;
  }

  // A name or a value may come in pieces.
  static int OnName(http_parser* p, const char* at, std::size_t n) {
    auto* self = static_cast<Parser*>(p->data);
    if (self->is_value) self->EndField();
    self->name.append(at, n);
    return 0;
  }
  static int OnValue(http_parser* p, const char* at, std::size_t n) {
    auto* self = static_cast<Parser*>(p->data);
    self->is_value = true;
    self->value.append(at, n);
    return 0;
  }
  void EndField() {
    if (IsWord(name, "host")) reader->request_.has_host = true;
    if (IsWord(name, "expect") && IsWord(value, "100-continue")) {
      reader->expects_continue_ = true;
    }
    name.clear();
    value.clear();
    is_value = false;
  }

  static int OnHeader(http_parser* p) {
    auto* self = static_cast<Parser*>(p->data);
    RequestReader& r = *self->reader;
    self->EndField();
    Request& request = r.request_;
    request.method =
        ::http_method_str(static_cast<enum http_method>(p->method));
    request.minor = p->http_minor;
    request.keep_alive = ::http_should_keep_alive(p) != 0;
    r.has_header_ = true;
    if (p->http_major != 1) {
      r.status_ = 505;
    } else if (!request.has_host && request.minor >= 1) {
      r.status_ = 400;
    } else if ((p->flags & F_CONTENTLENGTH) != 0 &&
               p->content_length > r.longest_body_) {
      r.status_ = 413;
    }
    // 1 would mean that there is no body, 2 neither body nor a next request.
    return r.status_ == 0 ? 0 : -1;
  }

  static int OnBody(http_parser* p, const char* at, std::size_t n) {
    RequestReader& r = Of(p);
    r.expects_continue_ = false;
    if (n > r.longest_body_ - r.request_.body.size()) {
      r.status_ = 413;
      return -1;
    }
    r.request_.body.append(at, n);
    return 0;
  }

  static int OnEnd(http_parser* p) {
    Of(p).is_whole_ = true;
    ::http_parser_pause(p, 1);  // what follows is another request
    return 0;
  }

  static const http_parser_settings kSettings;

  RequestReader* const reader;
  std::string name;
  std::string value;
  bool is_value = false;
};

const http_parser_settings RequestReader::Parser::kSettings = [] {
  http_parser_settings settings;
  ::http_parser_settings_init(&settings);
  settings.on_message_begin = OnBegin;
  settings.on_url = OnTarget;
  settings.on_header_field = OnName;
  settings.on_header_value = OnValue;
  settings.on_headers_complete = OnHeader;
  settings.on_body = OnBody;
  settings.on_message_complete = OnEnd;
  return settings;
}();

void RequestReader::LimitHeader(std::uint32_t bytes) {
  ::http_parser_set_max_header_size(bytes);
}

RequestReader::RequestReader(std::size_t longest_body)
    : longest_body_(longest_body), parser_(std::make_unique<Parser>(this)) {}

RequestReader::~RequestReader() = default;

RequestReader::Result RequestReader::Parse(std::string_view* bytes) {
  if (status_ != 0) return Result::kError;
  if (is_whole_) {
    is_whole_ = has_begun_ = has_header_ = false;
    ::http_parser_pause(parser_.get(), 0);
  }
  if (bytes->empty()) return Result::kMore;
  has_begun_ = true;
  bytes->remove_prefix(::http_parser_execute(parser_.get(), &Parser::kSettings,
                                             bytes->data(), bytes->size()));
  if (is_whole_) return Result::kRequest;
  switch (HTTP_PARSER_ERRNO(parser_)) {
    case HPE_OK:
      // All was taken, unless the client asked for another protocol: CONNECT.
      if (bytes->empty()) return Result::kMore;
      status_ = 400;
      break;
    case HPE_HEADER_OVERFLOW:
      status_ = 431;
      break;
    default:
      if (status_ == 0) status_ = 400;
  }
  return Result::kError;
}

bool RequestReader::TakeContinue() {
  return has_header_ && std::exchange(expects_continue_, false);
}

}  // namespace examples::http
