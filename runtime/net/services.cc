// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/services.h"

#include <charconv>
#include <optional>

#include "runtime/net/text_file.h"

namespace gosling::net {

namespace {

constexpr char kPath[] = "/etc/services";

// Known are what Go knows without the file.
struct Known {
  const char* name;
  int port;
};
constexpr Known kKnown[] = {
    {"udp/domain", 53}, {"tcp/ftp", 21},    {"tcp/ftps", 990},
    {"tcp/gopher", 70}, {"tcp/http", 80},   {"tcp/https", 443},
    {"tcp/imap2", 143}, {"tcp/imap3", 220}, {"tcp/imaps", 993},
    {"tcp/pop3", 110},  {"tcp/pop3s", 995}, {"tcp/smtp", 25},
    {"tcp/ssh", 22},    {"tcp/telnet", 23}, {"tcp/submissions", 465},
};

std::string KeyOf(std::string_view network, std::string_view service) {
  std::string key(network);
  key += '/';
  key += service;
  return key;
}

}  // namespace

std::optional<int> Services::PortOf(std::string_view network,
                                    std::string_view service) {
  const std::string key = KeyOf(network, Lower(service));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!read_) read_ = Read();
  const auto found = ports_.find(key);
  if (found == ports_.end()) return std::nullopt;
  return found->second;
}

bool Services::Read() {
  for (const Known& known : kKnown) ports_[known.name] = known.port;
  const std::optional<std::string> text = ReadText(kPath);
  std::string_view rest;
  if (text) rest = *text;
  for (std::string_view line; NextLine(rest, line);) {
    // http 80/tcp www
    const auto words = Words(line);
    if (words.size() < 2) continue;
    const std::string_view port_and_network = words[1];
    int port = 0;
    const char* end = port_and_network.data() + port_and_network.size();
    const char* slash = std::from_chars(port_and_network.data(), end, port).ptr;
    if (port <= 0 || slash == end || *slash != '/') continue;
    const std::string_view network(slash + 1, end);
    for (std::size_t i = 0; i < words.size(); i++) {
      if (i != 1) ports_[KeyOf(network, words[i])] = port;
    }
  }
  return text.has_value();
}

}  // namespace gosling::net
