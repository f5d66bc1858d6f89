// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/socket_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>

#include "sched/os/os.h"

namespace gosling::net {

namespace {

constexpr int kAnyPort = 53;

std::string ZoneOf(std::uint32_t scope) {
  if (scope == 0) return {};
  std::array<char, IF_NAMESIZE> name = {};
  if (::if_indextoname(scope, name.data()) != nullptr) return name.data();
  return std::to_string(scope);
}

}  // namespace

std::uint32_t ScopeOf(const std::string& zone) {
  if (zone.empty()) return 0;
  if (const unsigned index = ::if_nametoindex(zone.c_str()); index != 0) {
    return index;
  }
  std::uint32_t number = 0;
  std::from_chars(zone.data(), zone.data() + zone.size(), number);
  return number;
}

SocketAddress MakeSocketAddress(const IPAddr& address, int port) {
  SocketAddress made;
  made.size = 0;
  const auto net_port = htons(static_cast<std::uint16_t>(port));
  if (address.ip.Is4()) {
    sockaddr_in in = {};
    in.sin_family = AF_INET;
    in.sin_port = net_port;
    const auto bytes = address.ip.bytes4();
    std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&made.storage, &in, sizeof(in));
    made.size = sizeof(in);
  } else if (address.ip.Is6()) {
    sockaddr_in6 in = {};
    in.sin6_family = AF_INET6;
    in.sin6_port = net_port;
    in.sin6_scope_id = ScopeOf(address.zone);
    const auto bytes = address.ip.bytes16();
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&made.storage, &in, sizeof(in));
    made.size = sizeof(in);
  }
  return made;
}

IPAddr AddressOf(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof(in));
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return {IP(bytes), ""};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof(in));
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return {IP(bytes), ZoneOf(in.sin6_scope_id)};
  }
  return {};
}

int PortOf(const sockaddr* address) {
  // The port is at the same place in both.
  sockaddr_in in;
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return 0;
  std::memcpy(&in, address, sizeof(in));
  return ntohs(in.sin_port);
}

std::string Text(const sockaddr* address) {
  return JoinHostPort(AddressOf(address).String(), PortOf(address));
}

IP SourceFor(const IPAddr& address) {
  const SocketAddress to = MakeSocketAddress(address, kAnyPort);
  if (to.size == 0) return nullptr;
  sched::os::ShunStandard shun;
  const int fd = ::socket(to.storage.ss_family, SOCK_DGRAM, 0);
  if (fd < 0) return nullptr;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  IP source;
  sockaddr_storage own = {};
  socklen_t size = sizeof(own);
  if (::connect(fd, to.get(), to.size) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
    source = AddressOf(reinterpret_cast<const sockaddr*>(&own)).ip;
  }
  ::close(fd);
  return source;
}

}  // namespace gosling::net
