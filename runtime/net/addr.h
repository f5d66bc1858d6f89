// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Addr as the system has it, and back.

#ifndef GOSLING_RUNTIME_NET_ADDR_H_
#define GOSLING_RUNTIME_NET_ADDR_H_

#include <gosling/net.h>

#include <string_view>

#include "runtime/net/socket_address.h"

namespace gosling::net {

// ToSocketAddress brings an Addr of tcp or udp into the form of `family` (AF_INET,
// AF_INET6), one of a unix network into AF_UNIX's. An Addr without an IP is the
// family's wildcard. The error is Go's: `non-IPv4 address`, `invalid argument`,
// as if `call` said it, of a path that is too long.
Error ToSocketAddress(const Addr& addr, int family, std::string_view call,
                      SocketAddress* out);

// FromSocketAddress reads it back, as an Addr of `network`.
Addr FromSocketAddress(const SocketAddress& from, std::string_view network);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_ADDR_H_
