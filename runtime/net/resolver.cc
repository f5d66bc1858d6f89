// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/resolver.h>: literals, the hosts file, options, and which of several
// sources is asked. Go: net/lookup.go.

#include "runtime/net/resolver.h"

#include <gosling/panic.h>
#include <gosling/resolver.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "runtime/errors.h"
#include "runtime/net/addr_select.h"
#include "runtime/net/bad_address.h"
#include "runtime/net/dns_config.h"
#include "runtime/net/fake/network.h"
#include "runtime/net/flights.h"
#include "runtime/net/hosts.h"
#include "runtime/net/resolver_error.h"
#include "runtime/net/services.h"

namespace gosling {

using net::IPAddr;

// ResolverState is what copies of a Resolver share.
class internal::ResolverState {
 public:
  explicit ResolverState(net::ResolverOptions o)
      : options(std::move(o)), hosts(options.hosts_path), dns(options) {}

  const net::ResolverOptions options;
  net::Hosts hosts;
  net::DnsSetup dns;
  net::Flights flights;
  net::Services services;
};

namespace net {

namespace {

using gosling::internal::ErrorThatIs;
using gosling::internal::Immortal;
using gosling::internal::ResolverState;
using StateRef = std::shared_ptr<ResolverState>;
using Strings = std::vector<std::string>;

// Not sync::Mutex, as in Hosts.
constinit std::mutex default_mutex;
constinit Immortal<StateRef> default_state;  // under default_mutex

// FromFile returns the addresses that the hosts file has for a name.
std::vector<IPAddr> FromFile(ResolverState& state, std::string_view host) {
  std::vector<IPAddr> addresses;
  for (const std::string& text : state.hosts.AddressesOf(host)) {
    addresses.push_back(ParseIPAddr(text));
  }
  SortAddresses(addresses);
  return addresses;
}

// InBubble is the network that has all names where there is one; null: there is
// none, or a function of the options has them.
const gosling::internal::FakeNetwork* InBubble(const ResolverState& state) {
  return state.options.lookup_ip ? nullptr
                                 : gosling::internal::FakeNetwork::Here();
}

Flights::Result FromNetwork(const gosling::internal::FakeNetwork& network,
                            std::string_view host) {
  std::vector<IPAddr> found;
  for (const IP& ip : network.AddressesOf(host)) found.push_back({ip, ""});
  if (found.empty()) return {{}, NotFound(host)};
  return {std::move(found), nullptr};
}

// Source asks a function of the options, or DNS.
Flights::Result Source(const context::Context& ctx, ResolverState& state,
                       std::string_view network, std::string_view host) {
  if (!state.options.lookup_ip) {
    return AskForAddresses(ctx, *state.dns.Get(), network, host);
  }
  Flights::Result found = state.options.lookup_ip(ctx, network, host);
  const Error& err = found.second;
  if (err && AsDNSError(err) == nullptr) {
    DNSError what;
    what.err = err.message();
    what.name = host;
    what.is_timeout = what.is_temporary = err.Timeout();
    found.second = MakeDNSError(std::move(what), err);
  } else if (!err && found.first.empty()) {
    found.second = NotFound(host);
  }
  return found;
}

// Addresses are all that there are for a host. Go: Resolver.lookupIPAddr.
Flights::Result Addresses(const context::Context& ctx, const StateRef& state,
                          std::string_view network, std::string_view host) {
  if (host.empty()) return {{}, NotFound(host)};
  if (IPAddr literal = ParseIPAddr(host); literal.ip) return {{literal}, {}};
  if (ctx.Err()) return {{}, Ended(ctx, host)};
  if (const auto* network = InBubble(*state))
    return FromNetwork(*network, host);
  if (!state->options.lookup_ip) {
    if (auto found = FromFile(*state, host); !found.empty()) {
      return {std::move(found), nullptr};
    }
  }
  std::string name(network);
  name += ' ';
  name += host;
  auto result = state->flights.Do(
      ctx, name,
      [state, network = std::string(network),
       host = std::string(host)](const context::Context& flight) {
        return Source(flight, *state, network, host);
      });
  if (!result) return {{}, Ended(ctx, host)};
  return *std::move(result);
}

struct Number {
  bool is_one = false;
  std::int64_t value = 0;
};

// NumberOf reads a sign and digits; no digits are 0, and too large is as wrong
// as large. Go: parsePort.
Number NumberOf(std::string_view service) {
  constexpr std::int64_t kEnough = 1 << 30;
  const bool negative = service.starts_with('-');
  if (negative || service.starts_with('+')) service.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : service) {
    if (c < '0' || c > '9') return {};
    value = std::min(value * 10 + (c - '0'), kEnough);
  }
  return {true, negative ? -value : value};
}

}  // namespace

Resolver::Resolver(ResolverOptions options)
    : state_(std::make_shared<ResolverState>(std::move(options))) {}

std::shared_ptr<ResolverState> Resolver::State() const {
  if (state_ != nullptr) return state_;
  const std::lock_guard<std::mutex> lock(default_mutex);
  if (default_state.value == nullptr) {
    default_state.value = std::make_shared<ResolverState>(ResolverOptions());
  }
  return default_state.value;
}

std::pair<Strings, Error> Resolver::LookupHost(const context::Context& ctx,
                                               std::string_view host) const {
  if (ParseIPAddr(host).ip) return {{std::string(host)}, nullptr};
  const StateRef state = State();
  if (!state->options.lookup_ip && !ctx.Err() && InBubble(*state) == nullptr) {
    // In the file's order. Go: goLookupHostOrder.
    if (Strings found = state->hosts.AddressesOf(host); !found.empty()) {
      return {std::move(found), nullptr};
    }
  }
  const auto [addresses, err] = Addresses(ctx, state, "ip", host);
  if (!err && addresses.empty()) return {{}, NotFound(host)};
  Strings texts;
  for (const IPAddr& address : addresses) texts.push_back(address.String());
  return {std::move(texts), err};
}

std::pair<std::vector<IPAddr>, Error> Resolver::LookupIP(
    const context::Context& ctx, std::string_view network,
    std::string_view host) const {
  if (network != "ip" && network != "ip4" && network != "ip6") {
    std::string text = "unknown network ";
    text += network;
    return {{}, errors::New(text)};
  }
  auto [addresses, err] = Addresses(ctx, State(), network, host);
  if (err) return {{}, err};
  // A machine whose IPv6 is set up by half may listen at :: and not be reached
  // there. Go: internetAddrList.
  if (addresses.size() == 1 && addresses[0].ip == IPv6unspecified) {
    addresses.push_back({IPv4zero, ""});
  }
  std::erase_if(addresses, [network](const IPAddr& address) {
    return network == "ip4" ? !address.ip.Is4()
                            : network == "ip6" && !address.ip.Is6();
  });
  if (addresses.empty()) {
    const Error none = BadAddress(host, "no suitable address found");
    return {{}, ErrorThatIs(none.message(), NoSuchHost)};
  }
  return {std::move(addresses), nullptr};
}

std::pair<Strings, Error> Resolver::LookupAddr(const context::Context& ctx,
                                               std::string_view address) const {
  const StateRef state = State();
  const auto* network = state->options.lookup_addr
                            ? nullptr
                            : gosling::internal::FakeNetwork::Here();
  if (!state->options.lookup_addr && network == nullptr) {
    if (Strings names = state->hosts.NamesOf(address); !names.empty()) {
      return {std::move(names), nullptr};
    }
  }
  const IP ip = ParseIP(address);
  if (!ip) {
    DNSError what;
    what.err = "unrecognized address";
    what.name = address;
    return {{}, MakeDNSError(std::move(what))};
  }
  if (ctx.Err()) return {{}, Ended(ctx, address)};
  if (network != nullptr) {
    const std::string name = network->NameOf(ip);
    if (name.empty()) return {{}, NotFound(address)};
    return {{name}, nullptr};
  }
  if (state->options.lookup_addr) return state->options.lookup_addr(ctx, ip);
  return AskForNames(ctx, *state->dns.Get(), ip);
}

std::pair<int, Error> Resolver::LookupPort(const context::Context&,
                                           std::string_view network,
                                           std::string_view service) const {
  if (const Number number = NumberOf(service); number.is_one) {
    if (number.value < 0 || number.value > 65535) {
      return {0, BadAddress(service, "invalid port")};
    }
    return {static_cast<int>(number.value), nullptr};
  }
  const bool tcp = network == "tcp" || network == "tcp4" || network == "tcp6";
  const bool udp = network == "udp" || network == "udp4" || network == "udp6";
  const bool any = network == "ip" || network.empty();
  if (!tcp && !udp && !any) {
    return {0, BadAddress(network, "unknown network")};
  }
  const StateRef state = State();
  std::optional<int> port;
  if (!udp) port = state->services.PortOf("tcp", service);
  if (!port && !tcp) port = state->services.PortOf("udp", service);
  if (port) return {*port, nullptr};
  DNSError what;
  what.err = "unknown port";
  what.name = tcp ? "tcp/" : udp ? "udp/" : "ip/";
  what.name += service;
  what.is_not_found = true;
  return {0, MakeDNSError(std::move(what))};
}

Resolver DefaultResolver() { return {}; }

void SetDefaultResolver(const Resolver& resolver) {
  StateRef state = resolver.State();
  const std::lock_guard<std::mutex> lock(default_mutex);
  default_state.value.swap(state);  // the former one is destroyed unlocked
}

std::pair<Strings, Error> LookupHost(const context::Context& ctx,
                                     std::string_view host) {
  return Resolver().LookupHost(ctx, host);
}

std::pair<std::vector<IPAddr>, Error> LookupIP(const context::Context& ctx,
                                               std::string_view network,
                                               std::string_view host) {
  return Resolver().LookupIP(ctx, network, host);
}

std::pair<Strings, Error> LookupAddr(const context::Context& ctx,
                                     std::string_view address) {
  return Resolver().LookupAddr(ctx, address);
}

std::pair<int, Error> LookupPort(const context::Context& ctx,
                                 std::string_view network,
                                 std::string_view service) {
  return Resolver().LookupPort(ctx, network, service);
}

}  // namespace net
}  // namespace gosling
