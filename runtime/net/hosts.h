// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The hosts file: lines of an address and its names. Go: net/hosts.go.

#ifndef GOSLING_RUNTIME_NET_HOSTS_H_
#define GOSLING_RUNTIME_NET_HOSTS_H_

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/net/text_file.h"

namespace gosling::net {

// Hosts is a hosts file, read again when it has changed. Never parks; a reader
// may wait for another to have read the file.
class Hosts {
 public:
  // "": no file.
  explicit Hosts(std::string path) : path_(std::move(path)) {}

  // AddressesOf returns the addresses of a name, in the order of the file's
  // lines and as IP::String writes them; capital letters or small ones.
  std::vector<std::string> AddressesOf(std::string_view name);

  // NamesOf returns the names of an address, as they are written.
  std::vector<std::string> NamesOf(std::string_view address);

 private:
  using Table = std::unordered_map<std::string, std::vector<std::string>>;

  void Refresh();
  std::vector<std::string> Find(const Table& table, const std::string& key);

  const std::string path_;
  // Not sync::Mutex: its holder may be abandoned at the end of a Run, but only
  // where it calls the runtime, and under this lock nothing does.
  std::mutex mutex_;
  // Under mutex_:
  Table addresses_;  // by name: small letters, Absolute
  Table names_;      // by address
  FileStamp stamp_;
  std::chrono::steady_clock::time_point expires_;
};

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_HOSTS_H_
