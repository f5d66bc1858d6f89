// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/testing_net.h>: what is asked of a bubble's network, once it has been
// looked at.

#include <gosling/panic.h>
#include <gosling/testing_net.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "runtime/net/fake/network.h"
#include "runtime/testing/bubble.h"

namespace gosling {

using internal::FakeNetwork;
using internal::NetworkUse;

namespace {

constexpr char kNetwork[] = "a network";

[[noreturn]] void Refuse(const std::string& what) {
  throw Panic("testing: " + what);
}

void CheckTime(const char* name, time::Duration value) {
  constexpr auto kMost = std::chrono::hours(24);
  if (value >= time::Duration(0) && value <= kMost) return;
  Refuse("NetworkOptions." + std::string(name) + " is " +
         std::to_string(value.count()) +
         " ns: must be at least 0, and at most 24 h");
}

void CheckChance(const char* name, double value) {
  if (value >= 0 && value <= 1) return;
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  Refuse("NetworkOptions." + std::string(name) + " is " + text +
         ": must be a probability, from 0 to 1");
}

std::uint32_t HostOf(const FakeNetwork& network, const char* caller,
                     std::string_view name) {
  const std::optional<std::uint32_t> host = network.Find(name);
  if (!host) {
    Refuse("Network." + std::string(caller) + ": there is no host \"" +
           std::string(name) + "\"");
  }
  return *host;
}

}  // namespace

namespace testing {

Network::Network() {
  FakeNetwork* network = FakeNetwork::Here();
  if (network == nullptr) {
    Refuse(BubbleLoop::Current() == nullptr
               ? "Network called outside of a bubble"
               : "Network called in a bubble with a real_network");
  }
  network_ = network->shared_from_this();
}

void Network::Set(const NetworkOptions& options) const {
  const NetworkUse use(*network_, "sets", kNetwork);
  CheckTime("latency", options.latency);
  CheckTime("jitter", options.jitter);
  CheckChance("loss", options.loss);
  CheckChance("duplication", options.duplication);
  if (options.bandwidth < 0) {
    Refuse("NetworkOptions.bandwidth is " + std::to_string(options.bandwidth) +
           ": must be at least 0");
  }
  network_->Set(options);
}

Host Network::AddHost(std::string_view name,
                      const std::vector<std::string>& addresses) const {
  const NetworkUse use(*network_, "adds a host to", kNetwork);
  const auto refuse = [name](const std::string& why) {
    Refuse("Network.AddHost(\"" + std::string(name) + "\"): " + why);
  };
  if (name.empty() || net::ParseIP(name) || name == "localhost" ||
      name.find(':') != name.npos) {
    refuse("that is no name of a host");
  }
  if (network_->Find(name)) refuse("there is one of that name");
  std::vector<net::IP> ips;
  for (const std::string& address : addresses) {
    const net::IP ip = net::ParseIP(address);
    if (!ip || ip.IsUnspecified() || ip.IsLoopback() || ip.IsMulticast()) {
      refuse("\"" + address + "\" is no address of a host");
    }
    if (network_->Find(ip) || std::count(ips.begin(), ips.end(), ip) != 0) {
      refuse(address + " is another one's address");
    }
    ips.push_back(ip);
  }
  if (ips.empty()) ips.push_back(network_->NextAddress());
  Host host;
  host.network_ = network_;
  host.name_ = name;
  host.address_ = ips.front().String();
  host.number_ = network_->AddMachine(name, std::move(ips));
  return host;
}

void Network::Partition(std::string_view a, std::string_view b) const {
  const NetworkUse use(*network_, "divides", kNetwork);
  network_->Cut(HostOf(*network_, "Partition", a),
                HostOf(*network_, "Partition", b));
}

void Network::Heal(std::string_view a, std::string_view b) const {
  const NetworkUse use(*network_, "heals", kNetwork);
  network_->Heal(HostOf(*network_, "Heal", a), HostOf(*network_, "Heal", b));
}

void Network::Stop(std::string_view host) const {
  const NetworkUse use(*network_, "stops a host of", kNetwork);
  network_->Stop(HostOf(*network_, "Stop", host));
}

void Network::Start(std::string_view host) const {
  const NetworkUse use(*network_, "starts a host of", kNetwork);
  network_->Start(HostOf(*network_, "Start", host));
}

}  // namespace testing

namespace internal {

OnHost::OnHost(const testing::Host& host) {
  if (host.network_ == nullptr) {
    Refuse("a Host of no network: Network.AddHost makes one");
  }
  const NetworkUse use(*host.network_, "runs on a host of", kNetwork);
  testing::BubbleLoop* bubble = testing::BubbleLoop::Current();
  former_ = bubble->Host();
  bubble->SetHost(host.number_);
}

// The goroutine is still of the same bubble, which may be about to close.
OnHost::~OnHost() {
  if (testing::BubbleLoop* bubble = testing::BubbleLoop::Current()) {
    bubble->SetHost(former_);
  }
}

}  // namespace internal
}  // namespace gosling
