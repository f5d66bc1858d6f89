// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// From a network's name and an address's text to what a socket takes.

#ifndef GOSLING_RUNTIME_NET_RESOLVE_H_
#define GOSLING_RUNTIME_NET_RESOLVE_H_

#include <gosling/net.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gosling::net {

// Network is what the name of a network means.
struct Network {
  enum class Kind { kTcp, kUdp, kUnix } kind;
  int type;       // SOCK_STREAM …
  char only = 0;  // '4' or '6': that family only

  bool IsInternet() const { return kind != Kind::kUnix; }
};

// ParseNetwork knows tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram and
// unixpacket.
std::optional<Network> ParseNetwork(std::string_view name);

// ResolveAddrs returns where an address of a network may be, in the order in
// which to try: an Addr without an IP if its host is empty, or all of it. May
// park.
std::pair<std::vector<Addr>, Error> ResolveAddrs(const context::Context& ctx,
                                                 const Resolver& resolver,
                                                 std::string_view network_name,
                                                 const Network& network,
                                                 std::string_view address);

// Family is the address family of a socket that is bound to `local` and, if
// there is a remote end, connected to it. Null is none.
struct Family {
  int family;            // AF_INET …
  bool v6_only = false;  // an IPv6 socket that takes no IPv4
};
Family FamilyFor(const Network& network, const Addr* local, const Addr* remote,
                 bool listening);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_RESOLVE_H_
