// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How DNS is asked: resolv.conf's servers, search domains and options. Go:
// net/dnsconfig_unix.go.

#ifndef GOSLING_RUNTIME_NET_DNS_CONFIG_H_
#define GOSLING_RUNTIME_NET_DNS_CONFIG_H_

#include <gosling/resolver.h>
#include <gosling/time.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/net/text_file.h"

namespace gosling::net {

struct DnsConfig {
  std::vector<DNSServer> servers;   // at least one
  std::vector<std::string> search;  // with a dot at the end
  int ndots = 1;
  time::Duration timeout = std::chrono::seconds(5);
  int attempts = 2;
  bool tcp = false;
  bool rotate = false;          // begin with another server each time
  bool single_request = false;  // A and AAAA one after the other
  bool own_servers = false;     // not the system's
  bool strict_errors = false;
};

// ParseResolvConf reads the text of a resolv.conf; "" gives what holds without
// one.
DnsConfig ParseResolvConf(std::string_view text);

// IsDomainName says whether DNS may be asked for the name at all.
bool IsDomainName(std::string_view name);

// NamesToAsk returns the names, with dots at their ends, that are asked for one
// after the other. Go: dnsConfig.nameList.
std::vector<std::string> NamesToAsk(const DnsConfig& config,
                                    std::string_view name);

// ReverseName is the name at which DNS has an address's names: 1.0.0.127.
// in-addr.arpa. Go: reverseaddr.
std::string ReverseName(const IP& ip);

// DnsSetup is the configuration of a Resolver: its options, and where they say
// nothing a resolv.conf, read again when it has changed. Never parks.
class DnsSetup {
 public:
  explicit DnsSetup(const ResolverOptions& options);
  std::shared_ptr<const DnsConfig> Get();

 private:
  void Refresh();

  // What of ResolverOptions concerns DNS.
  const std::string path_;
  const std::vector<DNSServer> servers_;
  const std::optional<std::vector<std::string>> search_;
  const std::optional<int> ndots_;
  const std::optional<time::Duration> timeout_;
  const std::optional<int> attempts_;
  const std::optional<bool> tcp_;
  const bool strict_errors_;
  // Not sync::Mutex, as in Hosts.
  std::mutex mutex_;
  // Under mutex_:
  std::shared_ptr<const DnsConfig> config_;
  FileStamp stamp_;
  std::chrono::steady_clock::time_point expires_;
};

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_DNS_CONFIG_H_
