// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The C library's getaddrinfo and getnameinfo, each in a goroutine of its own,
// whose thread it blocks: the caller may leave before it is back. For builds
// without c-ares. Go: net/cgo_unix.go.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/net/resolver.h"
#include "runtime/net/resolver_error.h"
#include "runtime/net/socket_address.h"

namespace gosling::net {

namespace {

Error Failed(int status, std::string_view name) {
  if (status == EAI_NONAME) return NotFound(name);
#ifdef EAI_NODATA
  if (status == EAI_NODATA) return NotFound(name);
#endif
  DNSError what;
  what.err = ::gai_strerror(status);
  what.name = name;
  what.is_temporary = status == EAI_AGAIN;
  return MakeDNSError(std::move(what));
}

Error NoServers(std::string_view name) {
  DNSError what;
  what.err = "this build has no DNS client for servers of one's own";
  what.name = name;
  return MakeDNSError(std::move(what));
}

// Apart calls f in a goroutine; nullopt: ctx has ended before it was back.
template <class F>
auto Apart(const context::Context& ctx, F f) {
  using Result = decltype(f());
  auto result = MakeChan<Result>(1);
  Go([result, f = std::move(f)] { result.Send(runtime::Blocking(f)); });
  std::optional<Result> got;
  Select(OnRecv(result, [&](std::optional<Result> r) { got = std::move(r); }),
         OnRecv(ctx.Done(), [] {}));
  return got;
}

std::pair<std::vector<IPAddr>, Error> AddressesOf(int family,
                                                  const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (status != 0) return {{}, Failed(status, host)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found,
                                                             ::freeaddrinfo);
  std::vector<IPAddr> addresses;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    addresses.push_back(AddressOf(it->ai_addr));
  }
  return {std::move(addresses), nullptr};
}

std::pair<std::vector<std::string>, Error> NamesOf(const IP& ip) {
  const SocketAddress address = MakeSocketAddress({ip, ""}, 0);
  std::array<char, NI_MAXHOST> name = {};
  const int status = ::getnameinfo(address.get(), address.size, name.data(),
                                   name.size(), nullptr, 0, NI_NAMEREQD);
  if (status != 0) return {{}, Failed(status, ip.String())};
  return {{Rooted(name.data())}, nullptr};
}

}  // namespace

std::pair<std::vector<IPAddr>, Error> AskForAddresses(
    const context::Context& ctx, const DnsConfig& config,
    std::string_view network, std::string_view host) {
  if (config.own_servers) return {{}, NoServers(host)};
  // The library reads "1" as an address.
  if (!IsDomainName(host)) return {{}, NotFound(host)};
  const int family = network == "ip4"   ? AF_INET
                     : network == "ip6" ? AF_INET6
                                        : AF_UNSPEC;
  auto result = Apart(ctx, [family, host = std::string(host)] {
    return AddressesOf(family, host);
  });
  if (!result) return {{}, Ended(ctx, host)};
  return *std::move(result);
}

std::pair<std::vector<std::string>, Error> AskForNames(
    const context::Context& ctx, const DnsConfig& config, const IP& ip) {
  if (config.own_servers) return {{}, NoServers(ip.String())};
  auto result = Apart(ctx, [ip] { return NamesOf(ip); });
  if (!result) return {{}, Ended(ctx, ip.String())};
  return *std::move(result);
}

}  // namespace gosling::net
