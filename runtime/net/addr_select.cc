// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/addr_select.h"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <utility>

#include "runtime/net/socket_address.h"

namespace gosling::net {

namespace {

// Policy is RFC 6724's table (section 2.1), longer prefixes first.
struct Policy {
  std::array<std::uint8_t, 16> prefix;
  int bits;
  int precedence;
  int label;
};
constexpr Policy kPolicies[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, 50, 0},  // ::1
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 35, 4},         // IPv4
    {{}, 96, 1, 3},             // IPv4-compatible
    {{0x20, 0x01}, 32, 5, 5},   // Teredo
    {{0x20, 0x02}, 16, 30, 2},  // 6to4
    {{0x3f, 0xfe}, 16, 1, 12},  // 6bone
    {{0xfe, 0xc0}, 10, 1, 11},  // site-local
    {{0xfc}, 7, 3, 13},         // unique local
    {{}, 0, 40, 1},             // all else
};

int CommonBits(const IP& a, const IP& b) {
  const auto x = a.bytes16();
  const auto y = b.bytes16();
  int bits = 0;
  for (std::size_t i = 0; i < x.size(); i++) {
    const auto different = static_cast<std::uint8_t>(x[i] ^ y[i]);
    bits += std::countl_zero(different);
    if (different != 0) break;
  }
  return bits;
}

const Policy& PolicyOf(const IP& ip) {
  for (const Policy& policy : kPolicies) {
    if (CommonBits(ip, IP(policy.prefix)) >= policy.bits) return policy;
  }
  return kPolicies[std::size(kPolicies) - 1];
}

// ScopeOf: how far an address reaches, as multicast addresses have it (3.1).
int ScopeOf(const IP& ip) {
  constexpr int kLinkLocal = 2;
  constexpr int kSiteLocal = 5;
  constexpr int kGlobal = 14;
  if (ip.IsLoopback() || ip.IsLinkLocalUnicast()) return kLinkLocal;
  const auto bytes = ip.bytes16();
  if (ip.Is6() && ip.IsMulticast()) return bytes[1] & 15;
  if (ip.Is6() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0) {
    return kSiteLocal;
  }
  return kGlobal;
}

// Candidate is an address with all that the rules ask for.
struct Candidate {
  Candidate(IPAddr a, const IP& from)
      : address(std::move(a)),
        source(from),
        scope(ScopeOf(address.ip)),
        precedence(PolicyOf(address.ip).precedence),
        same_scope(scope == ScopeOf(from)),
        same_label(PolicyOf(address.ip).label == PolicyOf(from).label),
        // Only the network's half of an address says how near it is.
        common_bits(std::min(CommonBits(address.ip, from), 64)) {}

  IPAddr address;
  IP source;
  int scope;
  int precedence;
  bool same_scope;
  bool same_label;
  int common_bits;
};

// Before says that `a` is to be tried before `b`. Rules 3, 4 and 7, on deprecated
// and home addresses and tunnels, want to know more than there is to be known.
bool Before(const Candidate& a, const Candidate& b) {
  // 1: one that can be reached. Of two that cannot, none is before the other.
  if (!a.source || !b.source) return a.source && !b.source;
  if (a.same_scope != b.same_scope) return a.same_scope;                 // 2
  if (a.same_label != b.same_label) return a.same_label;                 // 5
  if (a.precedence != b.precedence) return a.precedence > b.precedence;  // 6
  if (a.scope != b.scope) return a.scope < b.scope;                      // 8
  // 9: the longest common prefix. It would undo what DNS servers do to spread
  // load over IPv4 addresses.
  if (a.address.ip.Is4() || b.address.ip.Is4()) return false;
  return a.common_bits > b.common_bits;
}

}  // namespace

void SortAddresses(std::vector<IPAddr>& addresses) {
  if (addresses.size() < 2) return;
  std::vector<IP> sources;
  sources.reserve(addresses.size());
  for (const IPAddr& address : addresses) sources.push_back(SourceFor(address));
  SortAddressesFrom(addresses, sources);
}

void SortAddressesFrom(std::vector<IPAddr>& addresses,
                       const std::vector<IP>& sources) {
  std::vector<Candidate> candidates;
  candidates.reserve(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); i++) {
    candidates.emplace_back(std::move(addresses[i]), sources[i]);
  }
  std::stable_sort(candidates.begin(), candidates.end(), Before);
  for (std::size_t i = 0; i < addresses.size(); i++) {
    addresses[i] = std::move(candidates[i].address);
  }
}

}  // namespace gosling::net
