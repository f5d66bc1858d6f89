// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Addresses, networks and their texts (<gosling/ip.h>). Cases after Go's
// net/ip_test.go, net/ipsock_test.go and net/netip/netip_test.go.

#include <gosling/ip.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace gosling::net {
namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

IP V6(const Bytes16& bytes) { return IP(bytes); }

TEST(IpTest, NilIsNoAddress) {
  const IP nil;
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil, nullptr);
  EXPECT_NE(nil, IPv6unspecified);
  EXPECT_EQ(nil.String(), "<nil>");
  EXPECT_FALSE(nil.Is4());
  EXPECT_FALSE(nil.Is6());
  EXPECT_FALSE(nil.IsUnspecified());
  EXPECT_FALSE(nil.IsGlobalUnicast());
  EXPECT_FALSE(IP(std::array<std::uint8_t, 5>{1, 2, 3, 4, 5}));
  EXPECT_FALSE(IP(std::array<std::uint8_t, 0>{}));
}

TEST(IpTest, AnIPv4AddressIsOneValueInBothForms) {
  const IP four = IP::V4(192, 0, 2, 1);
  const IP sixteen =
      V6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1});
  EXPECT_EQ(four, sixteen);
  EXPECT_EQ(std::hash<IP>()(four), std::hash<IP>()(sixteen));
  EXPECT_TRUE(sixteen.Is4());
  EXPECT_FALSE(sixteen.Is6());
  EXPECT_EQ(sixteen.String(), "192.0.2.1");
  EXPECT_EQ(sixteen.bytes4(), (std::array<std::uint8_t, 4>{192, 0, 2, 1}));
  EXPECT_EQ(four.bytes16(), sixteen.bytes16());
  EXPECT_EQ(IPv6loopback.bytes4(), (std::array<std::uint8_t, 4>{}));
}

TEST(IpTest, AddressesAreKeysAndSorted) {
  std::unordered_map<IP, int> ports;
  ports[IPv6loopback] = 1;
  ports[IP::V4(127, 0, 0, 1)] = 2;
  ports[IP()] = 3;
  ports[IPv6unspecified] = 4;
  EXPECT_EQ(ports.size(), 4u);
  EXPECT_EQ(ports[ParseIP("::ffff:127.0.0.1")], 2);
  EXPECT_LT(IP(), IPv6unspecified);
  EXPECT_LT(IP::V4(9, 0, 0, 0), IP::V4(10, 0, 0, 0));
  EXPECT_LT(IP::V4(255, 0, 0, 0), ParseIP("2001:db8::"));
}

struct Read {
  const char* text;
  const char* said;  // by String; "<nil>": it is no address
};

TEST(IpTest, ParseIPTakesWhatGoTakes) {
  const Read cases[] = {
      {"127.0.1.2", "127.0.1.2"},
      {"127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::ffff:127.1.2.3", "127.1.2.3"},
      {"::ffff:7f01:0203", "127.1.2.3"},
      {"0:0:0:0:0000:ffff:127.1.2.3", "127.1.2.3"},
      {"0:0:0:0::ffff:127.1.2.3", "127.1.2.3"},
      {"::1.2.3.4", "::102:304"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"2001:4860:0:2001::68", "2001:4860:0:2001::68"},
      {"2001:4860:0000:2001:0000:0000:0000:0068", "2001:4860:0:2001::68"},
      {"2001:DB8::A", "2001:db8::a"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"fe80::1", "fe80::1"},

      {"", "<nil>"},
      {"127.0.0.256", "<nil>"},
      {"127.0.0.1000", "<nil>"},
      {"127.0.0.99999999999999999999", "<nil>"},
      {"127.0.0.01", "<nil>"},
      {"127.0.0.00", "<nil>"},
      {"-0.0.0.0", "<nil>"},
      {"+1.0.0.0", "<nil>"},
      {"127.0.0.-1", "<nil>"},
      {"127.0.0", "<nil>"},
      {"127.0.0.", "<nil>"},
      {".127.0.0.1", "<nil>"},
      {"127..0.1", "<nil>"},
      {"127.0.0.1.", "<nil>"},
      {"127.0.0.1.2", "<nil>"},
      {"127.0.0.1 ", "<nil>"},
      {" 127.0.0.1", "<nil>"},
      {"0x7f.0.0.1", "<nil>"},
      {"2130706433", "<nil>"},
      {"abc", "<nil>"},
      {"123:", "<nil>"},
      {":", "<nil>"},
      {":::", "<nil>"},
      {":1", "<nil>"},
      {"1:2:3:4:5:6:7", "<nil>"},
      {"1:2:3:4:5:6:7:8:9", "<nil>"},
      {"1:2:3:4:5:6:7:8::", "<nil>"},
      {"::1:2:3:4:5:6:7:8", "<nil>"},
      {"1::2::3", "<nil>"},
      {"1:::2", "<nil>"},
      {"12345::", "<nil>"},
      {"00001::", "<nil>"},
      {"g::", "<nil>"},
      {"1:2:3:4:5:6:7:1.2.3.4", "<nil>"},
      {"1:2:3:4:5:1.2.3.4", "<nil>"},
      {"::1.2.3.4:5", "<nil>"},
      {"::1.2.3", "<nil>"},
      {"::1.2.3.04", "<nil>"},
      {"::ffff:1.2.3.4.5", "<nil>"},
      {"::a.2.3.4", "<nil>"},
      {"fe80::1%lo0", "<nil>"},
      {"fe80::1%911", "<nil>"},
      {"fe80::1%", "<nil>"},
      {"%", "<nil>"},
      {"1.2.3.4%eth0", "<nil>"},
      {"[::1]", "<nil>"},
  };
  for (const Read& c : cases) {
    EXPECT_EQ(ParseIP(c.text).String(), c.said) << c.text;
  }
  EXPECT_FALSE(ParseIP(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpTest, ParseIPAddrTakesAZoneBehindIPv6) {
  EXPECT_EQ(ParseIPAddr("fe80::1%lo0"), (IPAddr{ParseIP("fe80::1"), "lo0"}));
  EXPECT_EQ(ParseIPAddr("fe80::1%lo0").String(), "fe80::1%lo0");
  EXPECT_EQ(ParseIPAddr("fe80::1%a%b").zone, "a%b");
  EXPECT_EQ(ParseIPAddr("::1"), (IPAddr{IPv6loopback, ""}));
  EXPECT_EQ(ParseIPAddr("::%x").String(), "::%x");
  EXPECT_EQ(ParseIPAddr("1.2.3.4").String(), "1.2.3.4");
  EXPECT_FALSE(ParseIPAddr("1.2.3.4%lo0").ip);
  EXPECT_FALSE(ParseIPAddr("fe80::1%").ip);
  EXPECT_FALSE(ParseIPAddr("%lo0").ip);
  EXPECT_EQ(IPAddr().String(), "");
  EXPECT_EQ(IPAddr().Network(), "ip");
}

TEST(IpTest, StringLeavesOutTheLongestRunOfZeros) {
  const Read cases[] = {
      {"0:0:1:0:0:0:1:0", "0:0:1::1:0"},
      {"1:0:0:2:0:0:3:4", "1::2:0:0:3:4"},     // the first of two
      {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},  // one group is no run
      {"0:0:0:0:0:0:0:2", "::2"},
      {"2:0:0:0:0:0:0:0", "2::"},
      {"1:0:0:0:0:0:0:2", "1::2"},
      {"0:1:2:3:4:5:0:0", "0:1:2:3:4:5::"},
      {"0:0:0:0:0:fffe:102:304", "::fffe:102:304"},
      {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
  };
  for (const Read& c : cases) {
    EXPECT_EQ(ParseIP(c.text).String(), c.said) << c.text;
  }
}

TEST(IpTest, StringIsReadBackAsTheSameAddress) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; i++) {
    Bytes16 bytes;
    for (std::size_t j = 0; j < bytes.size(); j++) {
      // Mostly zeros and ones, so that there are runs.
      const unsigned r = random();
      bytes[j] = static_cast<std::uint8_t>(r % 4 > 0 ? r >> 8 & 1 : r >> 8);
    }
    const IP ip(bytes);
    ASSERT_EQ(ParseIP(ip.String()), ip) << ip.String();
  }
}

TEST(IpTest, KindsOfAddresses) {
  struct Kinds {
    const char* text;
    // u: unspecified, l: loopback, p: private, m: multicast, i: of the
    // interface, k: of the link, s: link-local unicast, g: global unicast
    const char* kinds;
  };
  const Kinds cases[] = {
      {"0.0.0.0", "u"},
      {"127.0.0.1", "l"},
      {"127.255.255.254", "l"},
      {"128.1.2.3", "g"},
      {"10.0.0.0", "pg"},
      {"10.255.255.255", "pg"},
      {"11.0.0.0", "g"},
      {"172.15.255.255", "g"},
      {"172.16.0.0", "pg"},
      {"172.31.255.255", "pg"},
      {"172.32.0.0", "g"},
      {"192.167.255.255", "g"},
      {"192.168.0.0", "pg"},
      {"192.168.255.255", "pg"},
      {"192.169.0.0", "g"},
      {"169.254.0.1", "s"},
      {"169.255.0.1", "g"},
      {"223.255.255.255", "g"},
      {"224.0.0.0", "mk"},
      {"224.0.0.251", "mk"},
      {"224.0.1.0", "m"},
      {"239.255.255.255", "m"},
      {"240.0.0.0", "g"},
      {"255.255.255.255", ""},
      {"::", "u"},
      {"::1", "l"},
      {"::2", "g"},
      {"fbff:ffff::", "g"},
      {"fc00::", "pg"},
      {"fdff:ffff::", "pg"},
      {"fe00::", "g"},
      {"fe80::1", "s"},
      {"febf::1", "s"},
      {"fec0::1", "g"},
      {"ff00::1", "m"},
      {"ff01::1", "mi"},
      {"ff02::1", "mk"},
      {"ff05::1", "m"},
      {"2001:db8::1", "g"},
  };
  for (const Kinds& c : cases) {
    const IP ip = ParseIP(c.text);
    std::string kinds;
    if (ip.IsUnspecified()) kinds += 'u';
    if (ip.IsLoopback()) kinds += 'l';
    if (ip.IsPrivate()) kinds += 'p';
    if (ip.IsMulticast()) kinds += 'm';
    if (ip.IsInterfaceLocalMulticast()) kinds += 'i';
    if (ip.IsLinkLocalMulticast()) kinds += 'k';
    if (ip.IsLinkLocalUnicast()) kinds += 's';
    if (ip.IsGlobalUnicast()) kinds += 'g';
    EXPECT_EQ(kinds, c.kinds) << c.text;
  }
}

TEST(IpTest, MasksHaveAsManyOnesAsAskedFor) {
  struct Mask {
    int ones, bits;
    const char* said;
  };
  const Mask cases[] = {
      {0, 32, "00000000"},
      {12, 32, "fff00000"},
      {24, 32, "ffffff00"},
      {32, 32, "ffffffff"},
      {0, 128, "00000000000000000000000000000000"},
      {4, 128, "f0000000000000000000000000000000"},
      {48, 128, "ffffffffffff00000000000000000000"},
      {128, 128, "ffffffffffffffffffffffffffffffff"},
      {33, 32, "<nil>"},
      {-1, 32, "<nil>"},
      {129, 128, "<nil>"},
      {8, 64, "<nil>"},
  };
  for (const Mask& c : cases) {
    const IPMask mask = CIDRMask(c.ones, c.bits);
    EXPECT_EQ(mask.String(), c.said) << c.ones << " of " << c.bits;
    if (mask) {
      EXPECT_EQ(mask.Size(), (IPMask::Lengths{c.ones, c.bits}));
    }
  }
  EXPECT_EQ(IPv4Mask(255, 0, 255, 0).Size(), (IPMask::Lengths{0, 0}));
  EXPECT_EQ(IPv4Mask(255, 0, 255, 0).String(), "ff00ff00");
  EXPECT_EQ(IPMask().Size(), (IPMask::Lengths{0, 0}));
}

TEST(IpTest, MaskClearsBits) {
  const IP four = IP::V4(192, 168, 1, 127);
  EXPECT_EQ(four.Mask(IPv4Mask(255, 255, 255, 128)), IP::V4(192, 168, 1, 0));
  EXPECT_EQ(four.Mask(CIDRMask(96 + 25, 128)), IP::V4(192, 168, 1, 0));
  EXPECT_EQ(four.Mask(IPv4Mask(255, 0, 255, 0)), IP::V4(192, 0, 1, 0));
  EXPECT_EQ(ParseIP("2001:db8:0:1:2:3::").Mask(CIDRMask(48, 128)).String(),
            "2001:db8::");
  EXPECT_EQ(ParseIP("2001:db8::1").Mask(CIDRMask(8, 32)), nullptr);
  EXPECT_EQ(four.Mask(nullptr), nullptr);
  EXPECT_EQ(IP().Mask(CIDRMask(8, 32)), nullptr);
  EXPECT_EQ(IP::V4(10, 1, 2, 3).DefaultMask().String(), "ff000000");
  EXPECT_EQ(IP::V4(172, 1, 2, 3).DefaultMask().String(), "ffff0000");
  EXPECT_EQ(IP::V4(192, 1, 2, 3).DefaultMask().String(), "ffffff00");
  EXPECT_EQ(IPv6loopback.DefaultMask(), nullptr);
}

struct Network {
  const char* text;
  const char* ip;
  const char* network;  // "": it is none
};

TEST(IpTest, ParseCIDRTakesWhatGoTakes) {
  const Network cases[] = {
      {"135.104.0.0/32", "135.104.0.0", "135.104.0.0/32"},
      {"135.104.0.1/24", "135.104.0.1", "135.104.0.0/24"},
      {"0.0.0.0/0", "0.0.0.0", "0.0.0.0/0"},
      {"1.2.3.4/008", "1.2.3.4", "1.0.0.0/8"},
      {"::1/128", "::1", "::1/128"},
      {"abcd:2345::/33", "abcd:2345::", "abcd:2345::/33"},
      {"abcd:2300::/24", "abcd:2300::", "abcd:2300::/24"},
      {"2001:DB8::7/48", "2001:db8::7", "2001:db8::/48"},
      {"::ffff:1.2.3.4/120", "1.2.3.4", "1.2.3.0/24"},
      {"::ffff:1.2.3.4/90", "1.2.3.4", "::ffc0:0:0/90"},
      {"192.168.1.1/255.255.255.0", "", ""},
      {"192.168.1.1/35", "", ""},
      {"2001:db8::1/-1", "", ""},
      {"2001:db8::1/+1", "", ""},
      {"2001:db8::1/-0", "", ""},
      {"-0.0.0.0/32", "", ""},
      {"0.-1.0.0/32", "", ""},
      {"0.0.0.-0/32", "", ""},
      {"127.000.000.001/32", "", ""},
      {"1.2.3.4", "", ""},
      {"1.2.3.4/", "", ""},
      {"/24", "", ""},
      {"1.2.3.4/24/", "", ""},
      {"1.2.3.4/ 24", "", ""},
      {"1.2.3.4/129", "", ""},
      {"::1/129", "", ""},
      {"::1/99999999999999999999", "", ""},
      {"fe80::1%eth0/64", "", ""},
      {"", "", ""},
  };
  for (const Network& c : cases) {
    const auto [ip, network, err] = ParseCIDR(c.text);
    if (*c.network == '\0') {
      EXPECT_EQ(err.message(), std::string("invalid CIDR address: ") + c.text);
      EXPECT_EQ(ip, nullptr) << c.text;
      EXPECT_EQ(network.String(), "<nil>") << c.text;
      continue;
    }
    EXPECT_FALSE(err) << c.text;
    EXPECT_EQ(ip.String(), c.ip) << c.text;
    EXPECT_EQ(network.Network(), "ip+net");
    // Written as IPv6, 120 bits are 24 of the IPv4 address.
    EXPECT_EQ(network.String(), c.network) << c.text;
  }
}

TEST(IpTest, ANetworkContainsItsMembers) {
  struct Member {
    const char* network;
    const char* ip;
    bool is;
  };
  const Member cases[] = {
      {"172.16.0.0/12", "172.16.1.1", true},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"172.24.0.1/13", "172.24.0.0", true},
      {"192.168.0.3/32", "192.168.0.3", true},
      {"192.168.0.3/32", "192.168.0.2", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "8.8.8.8", false},
      {"2001:db8:1::/47", "2001:db8::1", true},
      {"2001:db8:1::/47", "2001:db8:2::", false},
  };
  for (const Member& c : cases) {
    EXPECT_EQ(ParseCIDR(c.network).network.Contains(ParseIP(c.ip)), c.is)
        << c.network << ' ' << c.ip;
  }
  const IPNet holes = {IP::V4(192, 168, 0, 0), IPv4Mask(255, 0, 255, 0)};
  EXPECT_TRUE(holes.Contains(IP::V4(192, 9, 0, 9)));
  EXPECT_FALSE(holes.Contains(IP::V4(192, 9, 1, 9)));
  EXPECT_EQ(holes.String(), "192.168.0.0/ff00ff00");
  EXPECT_EQ((IPNet{IPv6loopback, IPv4Mask(255, 0, 0, 0)}).String(), "<nil>");
  EXPECT_FALSE((IPNet{IPv6loopback, nullptr}).Contains(IPv6loopback));
}

struct Split {
  const char* address;
  const char* host;
  const char* port;
};

TEST(IpTest, SplitHostPortTakesAddressesApart) {
  const Split cases[] = {
      {"localhost:http", "localhost", "http"},
      {"localhost:80", "localhost", "80"},
      {"localhost%lo0:http", "localhost%lo0", "http"},
      {"[localhost%lo0]:80", "localhost%lo0", "80"},
      {"127.0.0.1:http", "127.0.0.1", "http"},
      {"[::1]:http", "::1", "http"},
      {"[::1%lo0]:80", "::1%lo0", "80"},
      {":http", "", "http"},
      {"localhost:", "localhost", ""},
      {"[::1]:", "::1", ""},
      {"[]:80", "", "80"},
      {":", "", ""},
      {"golang.org:65536", "golang.org", "65536"},
  };
  for (const Split& c : cases) {
    const auto [host, port, err] = SplitHostPort(c.address);
    EXPECT_FALSE(err) << c.address;
    EXPECT_EQ(host, c.host) << c.address;
    EXPECT_EQ(port, c.port) << c.address;
    if (*c.host != '\0' && *c.host != 'l') {
      EXPECT_EQ(JoinHostPort(host, port), c.address);
    }
  }
}

TEST(IpTest, SplitHostPortTellsWhatIsWrong) {
  struct Wrong {
    const char* address;
    const char* why;
  };
  const Wrong cases[] = {
      {"golang.org", "missing port in address"},
      {"127.0.0.1", "missing port in address"},
      {"[::1]", "missing port in address"},
      {"[fe80::1%lo0]", "missing port in address"},
      {"[localhost%lo0]", "missing port in address"},
      {"localhost%lo0", "missing port in address"},
      {"[foo]bar:baz", "missing port in address"},
      {"::1", "too many colons in address"},
      {"fe80::1%lo0", "too many colons in address"},
      {"fe80::1%lo0:80", "too many colons in address"},
      {"[foo:bar]baz:1", "missing port in address"},
      {"[foo]:bar:baz", "too many colons in address"},
      {"[foo]:[bar:baz]", "too many colons in address"},
      {"foo:bar:baz", "too many colons in address"},
      {"[foo", "missing port in address"},
      {"[foo:1", "missing ']' in address"},
      {"foo[:bar", "unexpected '[' in address"},
      {"[foo[bar]:1", "unexpected '[' in address"},
      {"foo]:1", "unexpected ']' in address"},
      {"[foo]:1]", "unexpected ']' in address"},
      {"[foo]:[1", "unexpected '[' in address"},
  };
  for (const Wrong& c : cases) {
    const auto [host, port, err] = SplitHostPort(c.address);
    EXPECT_EQ(err.message(),
              std::string("address ") + c.address + ": " + c.why);
    EXPECT_EQ(host + port, "") << c.address;
  }
  EXPECT_EQ(SplitHostPort("").err.message(), "missing port in address");
}

TEST(IpTest, JoinHostPortPutsColonsIntoBrackets) {
  EXPECT_EQ(JoinHostPort("localhost", "http"), "localhost:http");
  EXPECT_EQ(JoinHostPort("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(JoinHostPort("::1", 0), "[::1]:0");
  EXPECT_EQ(JoinHostPort("::1%lo0", "https"), "[::1%lo0]:https");
  EXPECT_EQ(JoinHostPort("", "80"), ":80");
  EXPECT_EQ(JoinHostPort("localhost", ""), "localhost:");
}

}  // namespace
}  // namespace gosling::net
