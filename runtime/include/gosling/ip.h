// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// IP addresses, networks of them, and their texts; host:port.
//
//     namespace net = gosling::net;
//
//     const auto [ip, network, err] = net::ParseCIDR("192.0.2.7/24");
//     if (err) Report(err);
//     const bool is_member = network.Contains(ip);  // true
//     const std::string address =
//         net::JoinHostPort(ip.String(), 80);  // "192.0.2.7:80"
//     if (is_member) std::puts(address.c_str());
//
// All are values, like a std::string: copies are independent. Nothing parks.
// What allocates throws std::bad_alloc; the rest is noexcept. Not for signal
// handlers.
//
// Go: package net, ip.go and ipsock.go.

#ifndef GOSLING_IP_H_
#define GOSLING_IP_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace gosling::net {

class IPMask;

// IP is an address, or nil: none. Unlike in Go, an IPv4 address has one form
// inside, so that it is == to the IPv6 address that stands for it,
// ::ffff:a.b.c.d, and its hash is the same. Sorted, nil comes first, IPv4 among
// IPv6 where that form belongs. Go: net.IP.
class IP {
 public:
  constexpr IP() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as `ip = nil` in Go
  constexpr IP(std::nullptr_t) noexcept {}

  // Of four or sixteen bytes, as they go over the network; nil otherwise.
  constexpr explicit IP(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() != 4 && bytes.size() != 16) return;
    if (bytes.size() == 4) bytes_[10] = bytes_[11] = 0xff;
    std::copy(bytes.begin(), bytes.end(), bytes_.end() - bytes.size());
    present_ = true;
  }

  // V4 is a.b.c.d. Go: net.IPv4.
  static constexpr IP V4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                         std::uint8_t d) noexcept {
    return IP(std::array<std::uint8_t, 4>{a, b, c, d});
  }

  constexpr explicit operator bool() const noexcept { return present_; }

  // Is4 says that it is an IPv4 address, in whatever form it was written; Is6,
  // any other but nil.
  constexpr bool Is4() const noexcept {
    return present_ && bytes_[10] == 0xff && bytes_[11] == 0xff &&
           std::all_of(bytes_.begin(), bytes_.begin() + 10,
                       [](std::uint8_t b) { return b == 0; });
  }
  constexpr bool Is6() const noexcept { return present_ && !Is4(); }

  // bytes4 returns the bytes of an IPv4 address, of others zeros. bytes16, of
  // any address; of nil zeros. Go: IP.To4, IP.To16.
  constexpr std::array<std::uint8_t, 4> bytes4() const noexcept {
    if (!Is4()) return {};
    return {bytes_[12], bytes_[13], bytes_[14], bytes_[15]};
  }
  constexpr std::array<std::uint8_t, 16> bytes16() const noexcept {
    return bytes_;
  }

  // String returns 192.0.2.1, or 2001:db8::1 as RFC 5952 has it; of nil
  // "<nil>". Go: IP.String.
  GOSLING_API std::string String() const;

  // Of nil all of these are false. Go: the methods of these names.
  GOSLING_API bool IsUnspecified() const noexcept;  // 0.0.0.0, ::
  GOSLING_API bool IsLoopback() const noexcept;     // 127.0.0.0/8, ::1
  GOSLING_API bool IsPrivate() const noexcept;      // RFC 1918, RFC 4193
  GOSLING_API bool IsMulticast() const noexcept;    // 224.0.0.0/4, ff00::/8
  GOSLING_API bool IsInterfaceLocalMulticast() const noexcept;  // ff01::/16 …
  GOSLING_API bool IsLinkLocalMulticast() const noexcept;  // 224.0.0.0/24 …
  GOSLING_API bool IsLinkLocalUnicast() const noexcept;  // 169.254/16, fe80/10
  // IsGlobalUnicast is true of everything else, private addresses too, but
  // 255.255.255.255.
  GOSLING_API bool IsGlobalUnicast() const noexcept;

  // Mask returns the address with the bits that `mask` lacks cleared; nil if
  // the mask's length is not the address's. Go: IP.Mask.
  GOSLING_API IP Mask(const IPMask& mask) const noexcept;

  // DefaultMask returns the mask of an IPv4 address's class (A, B, C), as of
  // old; nil of others. Go: IP.DefaultMask.
  GOSLING_API IPMask DefaultMask() const noexcept;

  friend constexpr bool operator==(const IP&, const IP&) noexcept = default;
  friend constexpr auto operator<=>(const IP& a, const IP& b) noexcept {
    if (a.present_ != b.present_) return a.present_ <=> b.present_;
    return std::lexicographical_compare_three_way(
        a.bytes_.begin(), a.bytes_.end(), b.bytes_.begin(), b.bytes_.end());
  }

 private:
  std::array<std::uint8_t, 16> bytes_ = {};  // all zero if it is nil
  bool present_ = false;
};

// Addresses that are known by name. Go: the variables of these names.
// NOLINTBEGIN(readability-identifier-naming): Go's
inline constexpr IP IPv4zero = IP::V4(0, 0, 0, 0);
inline constexpr IP IPv4bcast = IP::V4(255, 255, 255, 255);
inline constexpr IP IPv4allsys = IP::V4(224, 0, 0, 1);
inline constexpr IP IPv4allrouter = IP::V4(224, 0, 0, 2);
inline constexpr IP IPv6unspecified = IP(std::array<std::uint8_t, 16>{});
inline constexpr IP IPv6loopback = IP(std::array<std::uint8_t, 16>{
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
// NOLINTEND(readability-identifier-naming)

// IPMask is a mask of four or sixteen bytes, or nil. Go: net.IPMask.
class IPMask {
 public:
  constexpr IPMask() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as `mask = nil` in Go
  constexpr IPMask(std::nullptr_t) noexcept {}
  // Of four or sixteen bytes; nil otherwise.
  constexpr explicit IPMask(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() != 4 && bytes.size() != 16) return;
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    size_ = bytes.size();
  }

  constexpr explicit operator bool() const noexcept { return size_ != 0; }
  constexpr std::span<const std::uint8_t> bytes() const noexcept {
    return std::span<const std::uint8_t>(bytes_).first(size_);
  }

  // Size returns how many bits are ones, and of how many; 0, 0 if zeros stand
  // among the ones. Go: IPMask.Size.
  struct Lengths {
    int ones, bits;
    friend bool operator==(const Lengths&, const Lengths&) = default;
  };
  GOSLING_API Lengths Size() const noexcept;

  // String returns hexadecimal digits; of nil "<nil>". Go: IPMask.String.
  GOSLING_API std::string String() const;

  friend constexpr bool operator==(const IPMask&,
                                   const IPMask&) noexcept = default;

 private:
  std::array<std::uint8_t, 16> bytes_ = {};  // zero beyond size_
  std::size_t size_ = 0;
};

// CIDRMask makes a mask of so many ones, of 32 or 128 bits; nil if that is
// impossible. Go: net.CIDRMask.
[[nodiscard]] GOSLING_API IPMask CIDRMask(int ones, int bits) noexcept;

// IPv4Mask makes a mask of four bytes. Go: net.IPv4Mask.
[[nodiscard]] constexpr IPMask IPv4Mask(std::uint8_t a, std::uint8_t b,
                                        std::uint8_t c,
                                        std::uint8_t d) noexcept {
  return IPMask(std::array<std::uint8_t, 4>{a, b, c, d});
}

// IPNet is a network: an address, and which of its bits all members share. Go:
// net.IPNet.
struct IPNet {
  IP ip;
  IPMask mask;

  // Contains says whether `member` is in it; of IPv4 networks only IPv4
  // addresses are. Go: IPNet.Contains.
  GOSLING_API bool Contains(const IP& member) const noexcept;

  // Network returns "ip+net". Go: IPNet.Network.
  std::string Network() const { return "ip+net"; }

  // String returns 192.0.2.0/24, 2001:db8::/32, or with a mask that has zeros
  // among its ones 192.0.2.0/ff00ff00; "<nil>" if the mask is not one for that
  // address. Go: IPNet.String.
  GOSLING_API std::string String() const;

  friend bool operator==(const IPNet&, const IPNet&) = default;
};

// IPAddr is an address with the zone in which it holds, of which link-local
// IPv6 addresses have need: a name or number of an interface. Go: net.IPAddr.
struct IPAddr {
  IP ip;
  std::string zone;

  // Network returns "ip". Go: IPAddr.Network.
  std::string Network() const { return "ip"; }

  // String returns fe80::1%eth0, without a zone the address alone; of nil "".
  // Go: IPAddr.String.
  GOSLING_API std::string String() const;

  friend bool operator==(const IPAddr&, const IPAddr&) = default;
};

// ParseIP reads 192.0.2.1, 2001:db8::1 or ::ffff:192.0.2.1; nil if it is
// anything else. IPv4 numbers have no zeros in front, nothing stands before or
// behind, and there are no zones. Go: net.ParseIP.
[[nodiscard]] GOSLING_API IP ParseIP(std::string_view text) noexcept;

// ParseIPAddr is ParseIP that takes IPv6 addresses with a zone too. Go:
// netip.ParseAddr.
[[nodiscard]] GOSLING_API IPAddr ParseIPAddr(std::string_view text);

// ParseCIDR reads 192.0.2.7/24 or 2001:db8::7/32: the address, and the network
// that it is in, 192.0.2.0/24. An err says `invalid CIDR address: x`. Go:
// net.ParseCIDR.
struct CIDR {
  IP ip;
  IPNet network;
  Error err;
};
[[nodiscard]] GOSLING_API CIDR ParseCIDR(std::string_view text);

// SplitHostPort takes "host:port", "host%zone:port", "[host]:port" or
// "[host%zone]:port" apart; either part may be empty. An IPv6 address stands in
// brackets. An err says, for instance, `address x: missing port in address`. Go:
// net.SplitHostPort.
struct HostPort {
  std::string host;
  std::string port;
  Error err;
};
[[nodiscard]] GOSLING_API HostPort SplitHostPort(std::string_view address);

// JoinHostPort makes "host:port" of them, or "[host]:port" if there is a colon
// in host. Go: net.JoinHostPort.
[[nodiscard]] GOSLING_API std::string JoinHostPort(std::string_view host,
                                                   std::string_view port);
[[nodiscard]] GOSLING_API std::string JoinHostPort(std::string_view host,
                                                   int port);

}  // namespace gosling::net

template <>
struct std::hash<gosling::net::IP> {
  std::size_t operator()(const gosling::net::IP& ip) const noexcept {
    const auto bytes = ip.bytes16();
    return std::hash<std::string_view>()(std::string_view(
        reinterpret_cast<const char*>(bytes.data()), ip ? bytes.size() : 0));
  }
};

#endif  // GOSLING_IP_H_
