// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What a Resolver asks when neither an option nor the hosts file has the answer.
// The build chooses the source: resolver_cares.cc, DNS through c-ares, or
// resolver_libc.cc, the C library.

#ifndef GOSLING_RUNTIME_NET_RESOLVER_H_
#define GOSLING_RUNTIME_NET_RESOLVER_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/ip.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/net/dns_config.h"

namespace gosling::net {

// AskForAddresses returns the addresses of `host`, the best first; of `network`
// "ip4" and "ip6" at least those of that version; neither addresses nor an error
// if there is no name that may be asked for. Returns as soon as ctx ends.
std::pair<std::vector<IPAddr>, Error> AskForAddresses(
    const context::Context& ctx, const DnsConfig& config,
    std::string_view network, std::string_view host);

// AskForNames returns the names of an address. Returns as soon as ctx ends.
std::pair<std::vector<std::string>, Error> AskForNames(
    const context::Context& ctx, const DnsConfig& config, const IP& ip);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_RESOLVER_H_
