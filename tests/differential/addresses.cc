// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Texts of addresses, and texts that are nearly such: seeds, each changed at
// random in one to three places, in the same way on both sides.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/differential/cases.h"

namespace differential {

namespace {

namespace net = go::net;

constexpr int kRounds = 200;  // for each seed

class Dice {
 public:
  std::size_t Throw(std::size_t sides) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state_ >> 33) % sides);
  }

 private:
  std::uint64_t state_ = 1;
};

// Changed inserts, removes or replaces characters.
std::string Changed(std::string text, Dice& dice) {
  constexpr std::string_view kLetters = "0123456789afgF.:/%[]-+ ";
  for (std::size_t n = dice.Throw(3) + 1; n > 0; n--) {
    const std::size_t what = dice.Throw(3);
    const std::size_t at = dice.Throw(text.size() + 1);
    const char c = kLetters[dice.Throw(kLetters.size())];
    if (what == 0) text.insert(at, 1, c);
    if (what == 1 && at < text.size()) text.erase(at, 1);
    if (what == 2 && at < text.size()) text[at] = c;
  }
  return text;
}

// Vary calls f with each seed, as it is and changed.
template <std::size_t n>
void Vary(const std::array<const char*, n>& seeds,
          const std::function<void(const std::string&)>& f) {
  Dice dice;
  for (const char* seed : seeds) {
    f(seed);
    for (int i = 0; i < kRounds; i++) f(Changed(seed, dice));
  }
}

// Quoted shows where a text begins and ends, which may be empty.
std::string Quoted(std::string_view text) {
  return "<" + std::string(text) + ">";
}

std::string Kinds(const net::IP& ip) {
  std::string kinds;
  for (const auto& [letter, is] :
       {std::pair{'u', ip.IsUnspecified()}, std::pair{'l', ip.IsLoopback()},
        std::pair{'p', ip.IsPrivate()}, std::pair{'m', ip.IsMulticast()},
        std::pair{'i', ip.IsInterfaceLocalMulticast()},
        std::pair{'k', ip.IsLinkLocalMulticast()},
        std::pair{'s', ip.IsLinkLocalUnicast()},
        std::pair{'g', ip.IsGlobalUnicast()}, std::pair{'4', ip.Is4()}}) {
    if (is) kinds += letter;
  }
  return kinds;
}

}  // namespace

void AddAddresses() {
  Add("net-parse-ip", [] {
    constexpr std::array kSeeds = {
        "192.0.2.1",
        "10.255.0.99",
        "127.0.0.1",
        "::",
        "::1",
        "2001:db8::68",
        "fe80::1:0:0:2",
        "1:2:3:4:5:6:7:8",
        "::ffff:192.0.2.1",
        "1:2:3:4:5:6:192.0.2.1",
        "ff02::1",
        "fe80::1%lo",
    };
    Vary(kSeeds, [](const std::string& text) {
      const net::IP ip = net::ParseIP(text);
      Say{Quoted(text), ip.String(), Quoted(Kinds(ip))};
    });
  });
  Add("net-parse-cidr", [] {
    constexpr std::array kSeeds = {
        "192.0.2.77/24",  "10.1.2.3/8",         "0.0.0.0/0",
        "2001:db8::7/32", "::ffff:1.2.3.4/120", "::/128",
    };
    Vary(kSeeds, [](const std::string& text) {
      const auto [ip, network, err] = net::ParseCIDR(text);
      Say{Quoted(text), ip.String(), network.String(), err};
      if (err) return;
      Say{network.mask.String(),
          network.ip.String(),
          network.Contains(ip),
          network.Contains(net::IP::V4(10, 77, 0, 1)),
          network.Contains(net::IPv6loopback),
          network.mask.Size().ones,
          network.mask.Size().bits};
    });
  });
  Add("net-split-host-port", [] {
    constexpr std::array kSeeds = {
        "localhost:80",
        "192.0.2.1:http",
        "[::1]:443",
        "[fe80::1%lo]:1",
        ":0",
        "[]:",
        "",
    };
    Vary(kSeeds, [](const std::string& text) {
      const auto [host, port, err] = net::SplitHostPort(text);
      Say{Quoted(text), Quoted(host), Quoted(port), err};
      if (!err) Say{net::JoinHostPort(host, port)};
    });
  });
  Add("net-lookup-port", [] {
    constexpr std::array kSeeds = {
        "80",
        "65535",
        "-0",
        "http",
        "HTTPS",
        "domain",
        "ntp",
        "www",
        "no-such-service",
        "99999999999999999999",
    };
    for (const char* network :
         {"tcp", "tcp4", "udp", "udp6", "ip", "", "bad"}) {
      for (const char* service : kSeeds) {
        const auto [port, err] =
            net::LookupPort(go::context::Background(), network, service);
        Say{Quoted(network), service, port, err};
      }
    }
  });
  Add("net-lookup-literal", [] {
    for (const char* network : {"ip", "ip4", "ip6", "bad"}) {
      for (const char* host : {"", "127.0.0.1", "::1", "::", "::ffff:1.2.3.4",
                               "fe80::1%7", "not a name", "x.onion"}) {
        const auto [found, err] =
            net::LookupIP(go::context::Background(), network, host);
        Say{network, Quoted(host), err};
        for (const net::IPAddr& address : found) Say{address.ip.String()};
      }
    }
    for (const char* host : {"", "127.0.0.1", "2001:DB8::1", "no name"}) {
      const auto [found, err] =
          net::LookupHost(go::context::Background(), host);
      Say{Quoted(host), err};
      for (const std::string& address : found) Say{address};
    }
    Say{net::LookupAddr(go::context::Background(), "nowhere").second};
  });
}

}  // namespace differential
