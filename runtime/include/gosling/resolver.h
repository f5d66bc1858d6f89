// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Names of hosts, addresses and services, looked up while the goroutine parks
// and no thread waits.
//
//     using namespace std::chrono_literals;
//
//     const auto [ctx, cancel] =
//         go::context::WithTimeout(go::context::Background(), 2s);
//     const auto [addresses, err] = go::net::LookupHost(ctx, "localhost");
//     cancel();
//     if (go::errors::Is(err, go::net::NoSuchHost)) GiveUp();
//     for (const std::string& address : addresses) std::puts(address.c_str());
//
// A name is looked for in the hosts file first, then through DNS with the
// servers, the search domains and the options of resolv.conf; both files are
// looked at again if they have changed, five seconds later at the latest. An
// address needs no looking up. Lookups of one name at the same time are made
// once. The end of `ctx` ends a lookup at once, with an err that says `i/o
// timeout` or `operation was canceled`.
//
// Everything may park, unless it says otherwise, may be called from any
// goroutine or thread, and throws std::bad_alloc. Not for signal handlers. A
// Resolver is a handle: copies are cheap and share what is cached.
//
// The queries are c-ares' if gosling was built with it. Otherwise the C library
// looks up hosts, a thread for each lookup; servers of one's own are refused
// then, by an err that says so, and the other options have no effect, but for
// hosts_path and the functions.
//
// Go: package net, lookup.go and dnsclient_unix.go.

#ifndef GOSLING_RESOLVER_H_
#define GOSLING_RESOLVER_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/ip.h>
#include <gosling/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gosling::internal {
class ResolverState;
}

namespace gosling::net {

// --- Lookups, as the default resolver makes them ---

// LookupHost returns the addresses of a host. Go: Resolver.LookupHost.
[[nodiscard]] GOSLING_API std::pair<std::vector<std::string>, Error> LookupHost(
    const context::Context& ctx, std::string_view host);

// LookupIP returns them as IPs: of `network` "ip" all, of "ip4" and "ip6" those
// of that version, and an err if there are none of it. The best to try comes
// first (RFC 6724). Go: Resolver.LookupIP, with zones as of LookupIPAddr.
[[nodiscard]] GOSLING_API std::pair<std::vector<IPAddr>, Error> LookupIP(
    const context::Context& ctx, std::string_view network,
    std::string_view host);

// LookupAddr returns the names of an address, which end in dots if they come
// from DNS. Go: Resolver.LookupAddr.
[[nodiscard]] GOSLING_API std::pair<std::vector<std::string>, Error> LookupAddr(
    const context::Context& ctx, std::string_view address);

// LookupPort returns the port of a service, "http" or "80", in a network: tcp,
// tcp4, tcp6, udp, udp4, udp6 or ip. From /etc/services, and a few that are
// known without. Go: Resolver.LookupPort.
[[nodiscard]] GOSLING_API std::pair<int, Error> LookupPort(
    const context::Context& ctx, std::string_view network,
    std::string_view service);

// --- Errors ---

// NoSuchHost is what errors::Is takes an err for if the name does not exist, or
// has no address of that kind. Go: DNSError.IsNotFound.
GOSLING_API extern const Error& NoSuchHost;

// DNSError is what a failed lookup's err is made of: its text is `lookup NAME:
// ERR` or `lookup NAME on SERVER: ERR`. Go: net.DNSError.
struct DNSError {
  std::string err;
  std::string name;
  std::string server = {};    // host:port, if one has answered, or should have
  bool is_timeout = false;    // as Timeout() of the err says
  bool is_temporary = false;  // another attempt may succeed
  bool is_not_found = false;
};

// AsDNSError returns it of err, or of the first that err wraps; null if there is
// none. It lives as long as err. Never parks. Go: errors.As.
[[nodiscard]] GOSLING_API const DNSError* AsDNSError(const Error& err);

// --- Resolvers ---

// DNSServer is where questions go.
struct DNSServer {
  IP ip;
  int port = 53;
  std::string zone = {};  // of a link-local address
};

// ResolverOptions are what a Resolver does otherwise than the system's files
// say.
//
// The functions replace the source of answers: a registry of services, a cache
// in front of another Resolver, a table in a test. They are called for what is
// not answered without a source (an address that is to be looked up as a host),
// on a goroutine of the resolver's, at most one at a time for one name. The
// context ends when none waits for the answer any more. A Resolver is still
// what merges calls, ends them with their contexts, and picks addresses by
// version; their order is the function's. (They are functions, and Resolver has
// no virtual members, so that a source can be changed without a class of one's
// own, and handles stay values. Go has Resolver.Dial instead, which hands out
// connections to servers; with `servers` here that is rarely needed.)
struct ResolverOptions {
  std::vector<DNSServer> servers = {};                  // empty: resolv.conf's
  std::optional<std::vector<std::string>> search = {};  // domains
  std::optional<int> ndots = {};  // so many, and a name is tried first as it is
  std::optional<time::Duration> timeout = {};  // of a query to one server
  std::optional<int> attempts = {};            // at each server
  std::optional<bool> tcp = {};                // TCP only
  // An error that is temporary ends a lookup, and addresses of the other version
  // are not returned without it. Go: Resolver.StrictErrors.
  bool strict_errors = false;
  std::string hosts_path = "/etc/hosts";         // empty: none
  std::string config_path = "/etc/resolv.conf";  // empty: none

  std::function<std::pair<std::vector<IPAddr>, Error>(
      const context::Context& ctx, std::string_view network,
      std::string_view host)>
      lookup_ip = nullptr;
  std::function<std::pair<std::vector<std::string>, Error>(
      const context::Context& ctx, const IP& address)>
      lookup_addr = nullptr;
};

class Resolver;

// DefaultResolver returns the one that the functions above, and Dial without one
// of its own, ask; SetDefaultResolver replaces it, for calls that begin later.
// Neither parks. Go: net.DefaultResolver.
[[nodiscard]] GOSLING_API Resolver DefaultResolver();
GOSLING_API void SetDefaultResolver(const Resolver& resolver);

// Resolver looks up names. Go: net.Resolver.
class Resolver {
 public:
  // The default one, whichever that is at each call.
  Resolver() noexcept = default;
  GOSLING_API explicit Resolver(ResolverOptions options);

  // As the functions above.
  [[nodiscard]] GOSLING_API std::pair<std::vector<std::string>, Error>
  LookupHost(const context::Context& ctx, std::string_view host) const;
  [[nodiscard]] GOSLING_API std::pair<std::vector<IPAddr>, Error> LookupIP(
      const context::Context& ctx, std::string_view network,
      std::string_view host) const;
  [[nodiscard]] GOSLING_API std::pair<std::vector<std::string>, Error>
  LookupAddr(const context::Context& ctx, std::string_view address) const;
  [[nodiscard]] GOSLING_API std::pair<int, Error> LookupPort(
      const context::Context& ctx, std::string_view network,
      std::string_view service) const;

 private:
  friend void SetDefaultResolver(const Resolver& resolver);

  std::shared_ptr<gosling::internal::ResolverState> State() const;

  std::shared_ptr<gosling::internal::ResolverState>
      state_;  // null: the default one's
};

}  // namespace gosling::net

#endif  // GOSLING_RESOLVER_H_
