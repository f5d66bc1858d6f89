// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/net/bad_address.h"
#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

template <class S>
S& As(SocketAddress& addr) {
  return *reinterpret_cast<S*>(&addr.storage);
}
template <class S>
const S& As(const SocketAddress& addr) {
  return *reinterpret_cast<const S*>(&addr.storage);
}

constexpr std::size_t kPathAt = offsetof(sockaddr_un, sun_path);

Error ToUnix(const std::string& path, std::string_view call,
             SocketAddress* out) {
  auto& un = As<sockaddr_un>(*out);
  // A name that begins with '@' is abstract: a zero in its place, and none
  // behind it, where a file's path has one.
  const bool is_abstract = !path.empty() && path[0] == '@';
  const std::size_t most = sizeof un.sun_path - (is_abstract ? 0 : 1);
  if (path.size() > most) return poll::CallError(call, EINVAL);
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  if (is_abstract) un.sun_path[0] = '\0';
  // "@" alone has the system choose an abstract name.
  const std::size_t size =
      path == "@" ? 0 : path.size() + (is_abstract || path.empty() ? 0 : 1);
  out->size = static_cast<socklen_t>(kPathAt + size);
  return nullptr;
}

std::string UnixPath(const SocketAddress& from) {
  if (from.size <= kPathAt) return "@";  // it has no name
  const auto& un = As<sockaddr_un>(from);
  std::string path(un.sun_path, std::min<std::size_t>(from.size - kPathAt,
                                                      sizeof un.sun_path));
  if (path[0] == '\0') {
    path[0] = '@';
  } else {
    path.resize(std::strlen(path.c_str()));
  }
  return path;
}

}  // namespace

std::string Addr::String() const {
  if (network.empty()) return "<nil>";
  if (network.starts_with("unix")) return path;
  if (network == "pipe") return "pipe";
  std::string host = ip ? ip.String() : std::string();
  if (!zone.empty()) host += "%" + zone;
  return JoinHostPort(host, std::to_string(port));
}

Error ToSocketAddress(const Addr& addr, int family, std::string_view call,
                      SocketAddress* out) {
  *out = {};
  if (family == AF_UNIX) return ToUnix(addr.path, call, out);
  if (family == AF_INET) {
    auto& in = As<sockaddr_in>(*out);
    in.sin_family = AF_INET;
    in.sin_port = htons(addr.port);
    if (addr.ip) {
      if (!addr.ip.Is4()) {
        return BadAddress(addr.ip.String(), "non-IPv4 address");
      }
      const std::array<std::uint8_t, 4> bytes = addr.ip.bytes4();
      std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    }
    out->size = sizeof in;
    return nullptr;
  }
  auto& in6 = As<sockaddr_in6>(*out);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(addr.port);
  // IPv4's wildcard is no address of IPv6; that one's serves both.
  if (addr.ip && !addr.ip.IsUnspecified()) {
    const std::array<std::uint8_t, 16> bytes = addr.ip.bytes16();
    std::memcpy(&in6.sin6_addr, bytes.data(), bytes.size());
  }
  in6.sin6_scope_id = ScopeOf(addr.zone);
  out->size = sizeof in6;
  return nullptr;
}

Addr FromSocketAddress(const SocketAddress& from, std::string_view network) {
  Addr addr;
  addr.network = network;
  if (from.size < sizeof(sa_family_t) || from.family() == AF_UNIX) {
    addr.path = UnixPath(from);
    return addr;
  }
  IPAddr ip = AddressOf(from.get());
  addr.ip = ip.ip;
  addr.zone = std::move(ip.zone);
  addr.port = static_cast<std::uint16_t>(PortOf(from.get()));
  return addr;
}

}  // namespace gosling::net
