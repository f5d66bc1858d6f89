// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Addresses as the system's calls take them.

#ifndef GOSLING_RUNTIME_NET_SOCKET_ADDRESS_H_
#define GOSLING_RUNTIME_NET_SOCKET_ADDRESS_H_

#include <gosling/ip.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace gosling::net {

// SocketAddress is a sockaddr of either version; size 0: of none.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size =
      sizeof(sockaddr_storage);  // at first: what there is room for

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
  int family() const { return storage.ss_family; }
};

// ScopeOf is the number of a zone, which is an interface's name or that number
// itself; 0 for none.
std::uint32_t ScopeOf(const std::string& zone);

// MakeSocketAddress makes one; a nil IP gives one of size 0.
SocketAddress MakeSocketAddress(const IPAddr& address, int port);

// AddressOf and PortOf read one that the system has written.
IPAddr AddressOf(const sockaddr* address);
int PortOf(const sockaddr* address);

// Text is host:port.
std::string Text(const sockaddr* address);

// SourceFor returns the address of this machine from which `address` would be
// reached; nil: it cannot be. Nothing is sent. Never parks.
IP SourceFor(const IPAddr& address);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_SOCKET_ADDRESS_H_
