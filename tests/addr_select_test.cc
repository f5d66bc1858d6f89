// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The order in which addresses are tried (runtime/net/addr_select.h). Cases after
// Go's net/addrselect_test.go and RFC 6724, section 10.2.

#include "runtime/net/addr_select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gosling::net {
namespace {

using Strings = std::vector<std::string>;

// Sorted gives addresses and their sources, "" for none.
Strings Sorted(const Strings& addresses, const Strings& sources) {
  std::vector<IPAddr> sorted;
  for (const std::string& text : addresses) sorted.push_back(ParseIPAddr(text));
  std::vector<IP> from;
  for (const std::string& text : sources) from.push_back(ParseIP(text));
  SortAddressesFrom(sorted, from);
  Strings texts;
  for (const IPAddr& address : sorted) texts.push_back(address.String());
  return texts;
}

// ExpectFirst says that the first address comes first, in whatever order they stood.
void ExpectFirst(const Strings& addresses, const Strings& sources) {
  const Strings turned_addresses(addresses.rbegin(), addresses.rend());
  const Strings turned_sources(sources.rbegin(), sources.rend());
  EXPECT_EQ(Sorted(addresses, sources), addresses);
  EXPECT_EQ(Sorted(turned_addresses, turned_sources), addresses);
}

TEST(AddrSelectTest, AnAddressThatCanBeReachedComesFirst) {
  ExpectFirst({"192.0.2.1", "2001:db8::1"}, {"192.0.2.9", ""});
}

TEST(AddrSelectTest, TheSourcesScopeComesFirst) {
  ExpectFirst({"2001:db8:1::1", "198.51.100.121"},
              {"2001:db8:1::2", "169.254.13.78"});
  ExpectFirst({"198.51.100.121", "2001:db8:1::1"},
              {"198.51.100.117", "fe80::1"});
}

TEST(AddrSelectTest, TheSourcesLabelComesFirst) {
  ExpectFirst({"2002:c633:6401::1", "2001:db8:1::1"},
              {"2002:c633:6401::2", "fec0::5"});
  ExpectFirst({"192.0.2.1", "2001:db8::1"}, {"192.0.2.9", "2002:c000:201::1"});
}

TEST(AddrSelectTest, IPv6ComesBeforeIPv4) {
  ExpectFirst({"2001:db8:1::1", "10.1.2.3"}, {"2001:db8:1::2", "10.1.2.4"});
  ExpectFirst({"::1", "127.0.0.1"}, {"::1", "127.0.0.1"});
  // A unique local address is no better than IPv4.
  ExpectFirst({"10.1.2.3", "fd00::1"}, {"10.1.2.4", "fd00::2"});
}

TEST(AddrSelectTest, TheSmallerScopeComesFirst) {
  ExpectFirst({"fe80::1", "2001:db8:1::1"}, {"fe80::2", "2001:db8:1::2"});
}

TEST(AddrSelectTest, TheLongerPrefixComesFirstInIPv6Only) {
  ExpectFirst({"2001:db8:1::1", "2001:db8:3ffe::1"},
              {"2001:db8:1::2", "2001:db8:3f44::2"});
  // The half that is the host's own does not count.
  const Strings hosts = {"2001:db8::f:1", "2001:db8::2"};
  EXPECT_EQ(Sorted(hosts, {"2001:db8::3", "2001:db8::3"}), hosts);
  const Strings four = {"192.0.2.1", "198.51.100.1"};
  EXPECT_EQ(Sorted(four, {"198.51.100.9", "198.51.100.9"}), four);
}

TEST(AddrSelectTest, ThoseThatAreAsGoodStayInTheirOrder) {
  const Strings many = {"192.0.2.3", "192.0.2.1", "192.0.2.2"};
  EXPECT_EQ(Sorted(many, {"192.0.2.9", "192.0.2.9", "192.0.2.9"}), many);
  EXPECT_EQ(Sorted(many, {"", "", ""}), many);
}

TEST(AddrSelectTest, TheSystemKnowsTheSources) {
  std::vector<IPAddr> addresses = {{IP::V4(127, 0, 0, 1), ""},
                                   {IP::V4(127, 0, 0, 2), ""}};
  const std::vector<IPAddr> before = addresses;
  SortAddresses(addresses);
  EXPECT_EQ(addresses, before);
}

}  // namespace
}  // namespace gosling::net
