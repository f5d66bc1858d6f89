// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Services and their ports: /etc/services, read once, and a few that are known
// without. Go: net/port_unix.go.

#ifndef GOSLING_RUNTIME_NET_SERVICES_H_
#define GOSLING_RUNTIME_NET_SERVICES_H_

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gosling::net {

// Services never parks; a reader may wait for another to have read the file.
class Services {
 public:
  // PortOf returns the port of a service in "tcp" or "udp".
  std::optional<int> PortOf(std::string_view network, std::string_view service);

 private:
  // Read says whether the file could be read.
  bool Read();

  // Not sync::Mutex, as in Hosts.
  std::mutex mutex_;
  // Under mutex_:
  std::unordered_map<std::string, int> ports_;  // "tcp/http"
  bool read_ = false;
};

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_SERVICES_H_
