// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Go: net/ipsock.go, ipsock_posix.go (favoriteAddrFamily), dial.go.

#include "runtime/net/resolve.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "runtime/net/bad_address.h"
#include "runtime/net/op_error.h"
#include "runtime/net/socket.h"
#include "sched/os/os.h"

namespace gosling::net {

namespace {

bool Fits(const IP& ip, char only) {
  return only == 0 || ip.Is4() == (only == '4');
}

bool IsWildcard(const Addr* addr) {
  return addr == nullptr || !addr->ip || addr->ip.IsUnspecified();
}

bool IsIPv4(const Addr* addr) {
  return addr == nullptr || !addr->ip || addr->ip.Is4();
}

// Binds says whether a TCP socket of this family can be bound to its loopback
// address, or, as IPv6's, to IPv4's.
bool Binds(int family, bool v6_only, const IP& ip) {
  sched::os::ShunStandard shun;
  const int fd = NewSocket(family, SOCK_STREAM);
  if (fd < 0) return false;
  SetDefaults(fd, family, SOCK_STREAM, v6_only);
  SocketAddress to;
  Addr addr;
  addr.network = "tcp";
  addr.ip = ip;
  const bool binds = !ToSocketAddress(addr, family, "bind", &to) &&
                     ::bind(fd, to.get(), to.size) == 0;
  ::close(fd);
  return binds;
}

// DualStack says whether one socket listens to both families: where it does
// not, or there is no IPv6, a wildcard is IPv4's. Asked for once; several
// threads may ask at once, and hear the same.
bool DualStack() {
  static constinit std::atomic<int> known{-1};
  int yes = known.load(std::memory_order_relaxed);
  if (yes < 0) {
    yes = Binds(AF_INET6, false, IP::V4(127, 0, 0, 1)) ||
                  !Binds(AF_INET, false, IP::V4(127, 0, 0, 1))
              ? 1
              : 0;
    known.store(yes, std::memory_order_relaxed);
  }
  return yes > 0;
}

std::vector<Addr> Each(const std::vector<IPAddr>& ips, const Addr& like,
                       char only) {
  std::vector<Addr> addrs;
  for (const IPAddr& found : ips) {
    if (!Fits(found.ip, only)) continue;
    Addr addr = like;
    addr.ip = found.ip;
    addr.zone = found.zone;
    addrs.push_back(std::move(addr));
  }
  return addrs;
}

}  // namespace

std::optional<Network> ParseNetwork(std::string_view name) {
  using Kind = Network::Kind;
  if (name == "unix") return Network{Kind::kUnix, SOCK_STREAM};
  if (name == "unixgram") return Network{Kind::kUnix, SOCK_DGRAM};
  if (name == "unixpacket") return Network{Kind::kUnix, SOCK_SEQPACKET};
  char only = 0;
  if (name.size() == 4 && (name[3] == '4' || name[3] == '6')) {
    only = name[3];
    name.remove_suffix(1);
  }
  if (name == "tcp") return Network{Kind::kTcp, SOCK_STREAM, only};
  if (name == "udp") return Network{Kind::kUdp, SOCK_DGRAM, only};
  return std::nullopt;
}

std::pair<std::vector<Addr>, Error> ResolveAddrs(const context::Context& ctx,
                                                 const Resolver& resolver,
                                                 std::string_view network_name,
                                                 const Network& network,
                                                 std::string_view address) {
  Addr addr;
  if (network.kind == Network::Kind::kUnix) {
    addr.network = network_name;
    addr.path = address;
    return {{addr}, nullptr};
  }
  addr.network = network.kind == Network::Kind::kTcp ? "tcp" : "udp";
  if (address.empty()) return {{addr}, nullptr};
  auto [host, service, split_err] = SplitHostPort(address);
  if (split_err) return {{}, split_err};
  auto [port, port_err] = resolver.LookupPort(ctx, network_name, service);
  if (port_err) return {{}, port_err};
  addr.port = static_cast<std::uint16_t>(port);
  if (host.empty()) return {{addr}, nullptr};
  auto [ips, ip_err] = resolver.LookupIP(ctx, "ip", host);
  if (ip_err) return {{}, ip_err};
  std::vector<Addr> addrs = Each(ips, addr, network.only);
  if (addrs.empty()) {
    return {{}, BadAddress(host, "no suitable address found")};
  }
  return {std::move(addrs), nullptr};
}

Family FamilyFor(const Network& network, const Addr* local, const Addr* remote,
                 bool listening) {
  if (network.kind == Network::Kind::kUnix) return {AF_UNIX};
  if (network.only == '4') return {AF_INET};
  if (network.only == '6') return {AF_INET6, true};
  if (listening && IsWildcard(local)) {
    if (DualStack()) return {AF_INET6};
    return {IsIPv4(local) ? AF_INET : AF_INET6};
  }
  return {IsIPv4(local) && IsIPv4(remote) ? AF_INET : AF_INET6};
}

}  // namespace gosling::net
