// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/ip.h>. An address is kept in sixteen bytes, IPv4 in the form that
// IPv6 has for it; only a prefix's length still depends on how it was written.
//
// Go: net/ip.go, ipsock.go; netip.ParseAddr in net/netip/netip.go.

#include <gosling/ip.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/net/bad_address.h"

namespace gosling::net {

namespace {

using std::size_t;
using std::uint8_t;
using Bytes16 = std::array<uint8_t, 16>;

constexpr size_t kPrefix4 = 12;  // bytes before the four of IPv4

constexpr char kHexDigits[] = "0123456789abcdef";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// HexValue returns the value of a hexadecimal digit, -1 of all else.
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendNumber(std::string& text, int n) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof(digits), n).ptr;
  text.append(digits, end);
}

std::string HexString(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t b : bytes) {
    text += kHexDigits[b >> 4];
    text += kHexDigits[b & 15];
  }
  return text;
}

// Parse4 reads four decimal numbers into out.
bool Parse4(std::string_view text, std::span<uint8_t, 4> out) {
  size_t at = 0;
  for (size_t field = 0; field < 4; field++) {
    if (field > 0 && (at == text.size() || text[at++] != '.')) return false;
    const size_t start = at;
    int value = 0;
    for (; at < text.size() && IsDigit(text[at]); at++) {
      if (at > start && value == 0) return false;  // a zero in front
      value = value * 10 + (text[at] - '0');
      if (value > 255) return false;
    }
    if (at == start) return false;
    out[field] = static_cast<uint8_t>(value);
  }
  return at == text.size();
}

// Parse6 reads groups of hexadecimal digits, of which a run may be left out
// ("::") and the last two be written as an IPv4 address. No zone.
std::optional<Bytes16> Parse6(std::string_view text) {
  Bytes16 bytes = {};
  size_t n = 0;               // of the bytes, known
  std::optional<size_t> gap;  // where "::" stands
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (n < bytes.size() && !text.empty()) {
    size_t digits = 0;
    unsigned value = 0;
    for (; digits < text.size() && HexValue(text[digits]) >= 0; digits++) {
      if (digits == 4) return std::nullopt;
      value = value << 4 | static_cast<unsigned>(HexValue(text[digits]));
    }
    if (digits == 0) return std::nullopt;
    if (digits < text.size() && text[digits] == '.') {
      if ((!gap && n != kPrefix4) || n > kPrefix4) return std::nullopt;
      if (!Parse4(text, std::span<uint8_t, 4>(&bytes[n], 4))) {
        return std::nullopt;
      }
      n += 4;
      text = {};
      break;
    }
    bytes[n++] = static_cast<uint8_t>(value >> 8);
    bytes[n++] = static_cast<uint8_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
    if (text[0] == ':') {
      if (gap) return std::nullopt;
      gap = n;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  // "::" stands for one group at least.
  if (gap ? n == bytes.size() : n < bytes.size()) return std::nullopt;
  if (gap) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(*gap);
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(n);
    std::fill(from, std::copy_backward(from, end, bytes.end()), uint8_t{0});
  }
  return bytes;
}

struct Parsed {
  IP ip;
  std::string_view zone = {};
  int bits = 0;  // 32: written as IPv4
};

// ParseAddr reads an address with or without a zone. Go: netip.ParseAddr.
Parsed ParseAddr(std::string_view text) {
  const size_t mark = text.find_first_of(".:%");
  if (mark == std::string_view::npos || text[mark] == '%') return {};
  if (text[mark] == '.') {
    std::array<uint8_t, 4> bytes;
    return Parse4(text, bytes) ? Parsed{IP(bytes), {}, 32} : Parsed{};
  }
  std::string_view zone;
  if (const size_t percent = text.find('%');
      percent != std::string_view::npos) {
    zone = text.substr(percent + 1);
    if (zone.empty()) return {};
    text = text.substr(0, percent);
  }
  const auto bytes = Parse6(text);
  return bytes ? Parsed{IP(*bytes), zone, 128} : Parsed{};
}

std::string String4(const std::array<uint8_t, 4>& bytes) {
  std::string text;
  for (const uint8_t b : bytes) {
    if (!text.empty()) text += '.';
    AppendNumber(text, b);
  }
  return text;
}

// String6 leaves out the longest run of zero groups, the first of several, if it
// is longer than one group.
std::string String6(const Bytes16& bytes) {
  const auto group = [&](size_t i) {
    return bytes[2 * i] << 8 | bytes[2 * i + 1];
  };
  size_t gap = 8;
  size_t gap_end = 8;
  for (size_t i = 0; i < 8; i++) {
    size_t end = i;
    while (end < 8 && group(end) == 0) end++;
    if (end - i >= 2 && end - i > gap_end - gap) {
      gap = i;
      gap_end = end;
    }
    i = std::max(i, end);
  }
  std::string text;
  for (size_t i = 0; i < 8; i++) {
    if (i == gap) {
      text += "::";
      i = gap_end;
      if (i == 8) break;
    } else if (i > 0) {
      text += ':';
    }
    char digits[4];
    const auto end =
        std::to_chars(digits, digits + sizeof(digits), group(i), 16).ptr;
    text.append(digits, end);
  }
  return text;
}

// OnesOf counts the ones at the front; -1 if there is another behind a zero.
int OnesOf(std::span<const uint8_t> mask) {
  int ones = 0;
  bool ended = false;
  for (const uint8_t b : mask) {
    for (int bit = 7; bit >= 0; bit--) {
      const bool one = (b >> bit & 1) != 0;
      if (one && ended) return -1;
      ended = !one;
      ones += one ? 1 : 0;
    }
  }
  return ones;
}

// Effective is a network's address and mask in the address's own length; empty
// if they do not fit.
struct Effective {
  explicit Effective(const IPNet& network) : ip(network.ip.bytes16()) {
    const auto bytes = network.mask.bytes();
    if (network.ip.Is4() && !bytes.empty()) {
      address = std::span<const uint8_t>(ip).last(4);
      mask = bytes.last(4);
    } else if (network.ip.Is6() && bytes.size() == 16) {
      address = ip;
      mask = bytes;
    }
  }
  Effective(const Effective&) = delete;
  Effective& operator=(const Effective&) = delete;

  const Bytes16 ip;
  std::span<const uint8_t> address;
  std::span<const uint8_t> mask;  // of the network, which has to stay
};

bool HasPrefix(const IP& ip, uint8_t first, uint8_t second,
               uint8_t second_bits) {
  const auto bytes = ip.bytes16();
  return ip.Is6() && bytes[0] == first && (bytes[1] & second_bits) == second;
}

}  // namespace

std::string IP::String() const {
  if (!present_) return "<nil>";
  return Is4() ? String4(bytes4()) : String6(bytes_);
}

bool IP::IsUnspecified() const noexcept {
  return *this == IPv4zero || *this == IPv6unspecified;
}

bool IP::IsLoopback() const noexcept {
  return Is4() ? bytes_[kPrefix4] == 127 : *this == IPv6loopback;
}

bool IP::IsPrivate() const noexcept {
  if (!Is4()) return Is6() && (bytes_[0] & 0xfe) == 0xfc;
  const auto b = bytes4();
  return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
         (b[0] == 192 && b[1] == 168);
}

bool IP::IsMulticast() const noexcept {
  if (Is4()) return (bytes_[kPrefix4] & 0xf0) == 0xe0;
  return HasPrefix(*this, 0xff, 0, 0);
}

bool IP::IsInterfaceLocalMulticast() const noexcept {
  return HasPrefix(*this, 0xff, 1, 0x0f);
}

bool IP::IsLinkLocalMulticast() const noexcept {
  if (!Is4()) return HasPrefix(*this, 0xff, 2, 0x0f);
  const auto b = bytes4();
  return b[0] == 224 && b[1] == 0 && b[2] == 0;
}

bool IP::IsLinkLocalUnicast() const noexcept {
  if (!Is4()) return HasPrefix(*this, 0xfe, 0x80, 0xc0);
  const auto b = bytes4();
  return b[0] == 169 && b[1] == 254;
}

bool IP::IsGlobalUnicast() const noexcept {
  return present_ && *this != IPv4bcast && !IsUnspecified() && !IsLoopback() &&
         !IsMulticast() && !IsLinkLocalUnicast();
}

IP IP::Mask(const IPMask& mask) const noexcept {
  const auto bits = mask.bytes();
  if (!present_ || bits.empty() || (bits.size() == 4 && !Is4())) return nullptr;
  IP masked = *this;
  const size_t start = masked.bytes_.size() - bits.size();
  for (size_t i = 0; i < bits.size(); i++) masked.bytes_[start + i] &= bits[i];
  return masked;
}

IPMask IP::DefaultMask() const noexcept {
  if (!Is4()) return nullptr;
  const uint8_t first = bytes_[kPrefix4];
  return CIDRMask(first < 0x80 ? 8 : first < 0xc0 ? 16 : 24, 32);
}

IPMask::Lengths IPMask::Size() const noexcept {
  const int ones = OnesOf(bytes());
  if (ones < 0) return {0, 0};
  return {ones, static_cast<int>(size_ * 8)};
}

std::string IPMask::String() const {
  return size_ == 0 ? "<nil>" : HexString(bytes());
}

IPMask CIDRMask(int ones, int bits) noexcept {
  if ((bits != 32 && bits != 128) || ones < 0 || ones > bits) return nullptr;
  Bytes16 bytes = {};
  for (size_t i = 0; ones > 0; i++, ones -= 8) {
    bytes[i] = static_cast<uint8_t>(ones >= 8 ? 0xff : ~(0xff >> ones));
  }
  return IPMask(std::span(bytes).first(static_cast<size_t>(bits / 8)));
}

bool IPNet::Contains(const IP& member) const noexcept {
  const Effective net(*this);
  const auto bytes = member.bytes16();
  std::span<const uint8_t> own;
  if (member) own = std::span(bytes).last(member.Is4() ? 4 : 16);
  if (own.size() != net.address.size()) return false;
  for (size_t i = 0; i < own.size(); i++) {
    if ((net.address[i] & net.mask[i]) != (own[i] & net.mask[i])) return false;
  }
  return true;
}

std::string IPNet::String() const {
  const Effective net(*this);
  if (net.address.empty()) return "<nil>";
  std::string text = ip.String();
  text += '/';
  const int ones = OnesOf(net.mask);
  if (ones < 0) {
    text += HexString(net.mask);
  } else {
    AppendNumber(text, ones);
  }
  return text;
}

std::string IPAddr::String() const {
  if (!ip) return "";
  std::string text = ip.String();
  if (!zone.empty()) text += '%' + zone;
  return text;
}

IP ParseIP(std::string_view text) noexcept {
  const Parsed parsed = ParseAddr(text);
  return parsed.zone.empty() ? parsed.ip : nullptr;
}

IPAddr ParseIPAddr(std::string_view text) {
  const Parsed parsed = ParseAddr(text);
  return {parsed.ip, std::string(parsed.zone)};
}

CIDR ParseCIDR(std::string_view text) {
  const size_t slash = text.find('/');
  const Parsed parsed = ParseAddr(text.substr(0, slash));
  int ones = -1;
  if (slash != std::string_view::npos) {
    const char* begin = text.data() + slash + 1;
    const char* end = text.data() + text.size();
    if (begin == end || !std::all_of(begin, end, IsDigit) ||
        std::from_chars(begin, end, ones).ec != std::errc()) {
      ones = -1;
    }
  }
  if (!parsed.ip || !parsed.zone.empty() || ones < 0 || ones > parsed.bits) {
    std::string why = "invalid CIDR address: ";
    why += text;
    return {nullptr, {}, errors::New(why)};
  }
  const IPMask mask = CIDRMask(ones, parsed.bits);
  return {parsed.ip, {parsed.ip.Mask(mask), mask}, nullptr};
}

HostPort SplitHostPort(std::string_view address) {
  constexpr std::string_view kMissingPort = "missing port in address";
  constexpr std::string_view kTooManyColons = "too many colons in address";
  const auto wrong = [address](std::string_view why) {
    return HostPort{"", "", BadAddress(address, why)};
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return wrong(kMissingPort);

  std::string_view host = address.substr(0, colon);
  std::string_view after_open = address;   // where no other '[' may stand
  std::string_view after_close = address;  // nor another ']'
  if (address[0] == '[') {
    const size_t close = address.find(']');
    if (close == std::string_view::npos) return wrong("missing ']' in address");
    if (close + 1 != colon) {
      // A colon behind the bracket is not the last one.
      const bool more = close + 1 < address.size() && address[close + 1] == ':';
      return wrong(more ? kTooManyColons : kMissingPort);
    }
    host = address.substr(1, close - 1);
    after_open = address.substr(1);
    after_close = address.substr(close + 1);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong(kTooManyColons);
  }
  if (after_open.find('[') != std::string_view::npos) {
    return wrong("unexpected '[' in address");
  }
  if (after_close.find(']') != std::string_view::npos) {
    return wrong("unexpected ']' in address");
  }
  return {std::string(host), std::string(address.substr(colon + 1)), nullptr};
}

std::string JoinHostPort(std::string_view host, std::string_view port) {
  const bool bracketed = host.find(':') != std::string_view::npos;
  std::string address;
  address.reserve(host.size() + port.size() + 3);
  if (bracketed) address += '[';
  address += host;
  address += bracketed ? "]:" : ":";
  address += port;
  return address;
}

std::string JoinHostPort(std::string_view host, int port) {
  std::string text;
  AppendNumber(text, port);
  return JoinHostPort(host, text);
}

}  // namespace gosling::net
