// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One question to one DNS server, through c-ares, which makes the query, sends it
// again over TCP if the answer was cut short, and drops what is no answer to it
// (another id, question or sender). The goroutine waits in the netpoller.
//
// One question a channel: how often which server is asked, in what order names
// are tried and what answers mean is then Go's, whichever c-ares this is, and
// the error can name the server.

#ifndef GOSLING_RUNTIME_NET_CARES_EXCHANGE_H_
#define GOSLING_RUNTIME_NET_CARES_EXCHANGE_H_

#include <gosling/context.h>
#include <gosling/resolver.h>
#include <gosling/time.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gosling::net {

// Question is what is asked, and how.
struct Question {
  std::string name;  // with a dot at its end
  int type = 0;      // 1: A, 12: PTR, 28: AAAA
  time::Duration timeout = {};
  bool tcp = false;
};

// Exchanged is what came of it. Without a reply and `ended`, `trouble` says in
// Go's words why.
struct Exchanged {
  std::vector<std::uint8_t> reply;  // a DNS message
  bool ended = false;               // ctx has
  std::string trouble;
  bool is_timeout = false;
};

// Exchange asks. Parks; returns as soon as ctx ends.
Exchanged Exchange(const context::Context& ctx, const DNSServer& server,
                   const Question& question);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_CARES_EXCHANGE_H_
