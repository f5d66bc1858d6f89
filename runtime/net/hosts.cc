// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/hosts.h"

#include <gosling/ip.h>

#include <optional>

namespace gosling::net {

namespace {

// Literal returns an address in its one form; "" if it is none.
std::string Literal(std::string_view text) {
  return ParseIPAddr(text).String();
}

// Absolute has a dot at its end if it has one anywhere: "localhost" stays as it
// is. Go: absDomainName.
std::string Absolute(std::string_view name) {
  return name.find('.') == std::string_view::npos ? std::string(name)
                                                  : Rooted(name);
}

}  // namespace

std::vector<std::string> Hosts::AddressesOf(std::string_view name) {
  return Find(addresses_, Absolute(Lower(name)));
}

std::vector<std::string> Hosts::NamesOf(std::string_view address) {
  return Find(names_, Literal(address));
}

std::vector<std::string> Hosts::Find(const Table& table,
                                     const std::string& key) {
  if (path_.empty()) return {};
  const std::lock_guard<std::mutex> lock(mutex_);
  Refresh();
  const auto found = table.find(key);
  return found != table.end() ? found->second : std::vector<std::string>();
}

void Hosts::Refresh() {
  const auto now = std::chrono::steady_clock::now();
  if (now < expires_ && !addresses_.empty()) return;
  expires_ = now + kFileMaxAge;
  const FileStamp stamp = StampOf(path_);
  if (stamp == stamp_) return;
  const std::optional<std::string> text = ReadText(path_);
  if (!text) {
    expires_ = now;  // the next look tries again
    return;
  }
  stamp_ = stamp;
  addresses_.clear();
  names_.clear();
  std::string_view rest = *text;
  for (std::string_view line; NextLine(rest, line);) {
    const auto words = Words(line);
    if (words.size() < 2) continue;
    const std::string address = Literal(words[0]);
    if (address.empty()) continue;
    for (std::size_t i = 1; i < words.size(); i++) {
      names_[address].push_back(Absolute(words[i]));
      addresses_[Absolute(Lower(words[i]))].push_back(address);
    }
  }
}

}  // namespace gosling::net
