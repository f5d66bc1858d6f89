// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/dns_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace gosling::net {

namespace {

constexpr std::size_t kMostServers = 3;  // as in the C library
constexpr std::size_t kLongestName = 254;

// LeadingNumber reads the digits at the front, as Go's dtoi does; 0 if there are
// none.
int LeadingNumber(std::string_view digits) {
  int n = 0;
  const auto result =
      std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (result.ec == std::errc::result_out_of_range) return 0xffffff;
  return result.ec == std::errc() ? n : 0;
}

// HostsDomain is what follows the first dot of the machine's name.
std::vector<std::string> HostsDomain() {
  std::array<char, 256> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string_view host = name.data();
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot + 1 == host.size()) return {};
  return {Rooted(host.substr(dot + 1))};
}

void ReadOption(std::string_view option, DnsConfig& config) {
  const std::size_t colon = option.find(':');
  const std::string_view name = option.substr(0, colon);
  const int n = colon != std::string_view::npos
                    ? LeadingNumber(option.substr(colon + 1))
                    : 0;
  if (colon != std::string_view::npos) {
    if (name == "ndots") {
      config.ndots = std::clamp(n, 0, 15);
    } else if (name == "timeout") {
      config.timeout = std::chrono::seconds(std::max(n, 1));
    } else if (name == "attempts") {
      config.attempts = std::max(n, 1);
    }
  } else if (name == "rotate") {
    config.rotate = true;
  } else if (name == "single-request" || name == "single-request-reopen") {
    config.single_request = true;
  } else if (name == "use-vc" || name == "usevc" || name == "tcp") {
    config.tcp = true;
  }
}

// AvoidDns: .onion names belong to Tor and are told to no server (RFC 7686).
bool AvoidDns(std::string_view rooted) {
  const std::string name = Lower(rooted);
  return name == "onion." || name.ends_with(".onion.");
}

}  // namespace

DnsConfig ParseResolvConf(std::string_view text) {
  DnsConfig config;
  for (std::string_view line; NextLine(text, line);) {
    const auto words = Words(line);
    // What begins with a semicolon is a comment: no keyword does.
    if (words.empty()) continue;
    if (words[0] == "nameserver") {
      if (words.size() < 2 || config.servers.size() == kMostServers) continue;
      IPAddr address = ParseIPAddr(words[1]);
      if (address.ip) {
        config.servers.push_back({address.ip, 53, std::move(address.zone)});
      }
    } else if (words[0] == "domain") {
      if (words.size() > 1) config.search = {Rooted(words[1])};
    } else if (words[0] == "search") {
      config.search.clear();
      for (std::size_t i = 1; i < words.size(); i++) {
        if (words[i] != ".") config.search.push_back(Rooted(words[i]));
      }
    } else if (words[0] == "options") {
      for (std::size_t i = 1; i < words.size(); i++) {
        ReadOption(words[i], config);
      }
    }
  }
  if (config.servers.empty()) {
    config.servers = {{IP::V4(127, 0, 0, 1)}, {IPv6loopback}};
  }
  if (config.search.empty()) config.search = HostsDomain();
  return config;
}

bool IsDomainName(std::string_view name) {
  if (name == ".") return true;
  if (name.empty() || name.size() > kLongestName ||
      (name.size() == kLongestName && name.back() != '.')) {
    return false;
  }
  char last = '.';
  bool numeric = true;
  std::size_t label = 0;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (c == '.') {
      if (last == '.' || last == '-' || label > 63) return false;
      label = 0;
    } else if (digit || letter || (c == '-' && last != '.')) {
      numeric = numeric && digit;
      label++;
    } else {
      return false;
    }
    last = c;
  }
  return last != '-' && label <= 63 && !numeric;
}

std::vector<std::string> NamesToAsk(const DnsConfig& config,
                                    std::string_view name) {
  std::vector<std::string> names;
  const auto add = [&](std::string asked) {
    if (!AvoidDns(asked) && asked.size() <= kLongestName) {
      names.push_back(std::move(asked));
    }
  };
  if (name.ends_with('.')) {
    add(std::string(name));
    return names;
  }
  const bool as_it_is_first =
      std::count(name.begin(), name.end(), '.') >= config.ndots;
  const std::string whole = Rooted(name);
  if (as_it_is_first) add(whole);
  for (const std::string& domain : config.search) add(whole + domain);
  if (!as_it_is_first) add(whole);
  return names;
}

std::string ReverseName(const IP& ip) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  if (ip.Is4()) {
    const auto b = ip.bytes4();
    return IP::V4(b[3], b[2], b[1], b[0]).String() + ".in-addr.arpa.";
  }
  const auto bytes = ip.bytes16();
  for (auto it = bytes.rbegin(); it != bytes.rend(); it++) {
    name += {kDigits[*it & 15], '.', kDigits[*it >> 4], '.'};
  }
  return name + "ip6.arpa.";
}

DnsSetup::DnsSetup(const ResolverOptions& options)
    : path_(options.config_path),
      servers_(options.servers),
      search_(options.search),
      ndots_(options.ndots),
      timeout_(options.timeout),
      attempts_(options.attempts),
      tcp_(options.tcp),
      strict_errors_(options.strict_errors) {}

std::shared_ptr<const DnsConfig> DnsSetup::Get() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Refresh();
  return config_;
}

void DnsSetup::Refresh() {
  const auto now = std::chrono::steady_clock::now();
  if (config_ != nullptr && now < expires_) return;
  expires_ = now + kFileMaxAge;
  const FileStamp stamp = path_.empty() ? FileStamp() : StampOf(path_);
  if (config_ != nullptr && stamp == stamp_) return;
  const std::optional<std::string> text =
      path_.empty() ? std::string() : ReadText(path_);
  if (text) {
    stamp_ = stamp;
  } else {
    expires_ = now;  // the next Get tries again
    if (config_ != nullptr) return;
  }
  DnsConfig config = ParseResolvConf(text.value_or(""));
  if (!servers_.empty()) config.servers = servers_;
  config.own_servers = !servers_.empty();
  if (search_) {
    config.search.clear();
    for (const std::string& domain : *search_) {
      config.search.push_back(Rooted(domain));
    }
  }
  if (ndots_) config.ndots = *ndots_;
  if (timeout_) config.timeout = *timeout_;
  if (attempts_) config.attempts = std::max(*attempts_, 1);
  if (tcp_) config.tcp = *tcp_;
  config.strict_errors = strict_errors_;
  config_ = std::make_shared<const DnsConfig>(std::move(config));
}

}  // namespace gosling::net
