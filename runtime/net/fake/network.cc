// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/fake/network.h"

#include <gosling/panic.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "runtime/net/addr.h"
#include "runtime/net/fake/packets.h"
#include "runtime/net/fake/stream.h"
#include "runtime/poll/errors.h"
#include "runtime/testing/bubble.h"
#include "sched/control.h"

namespace gosling {

namespace net::fake {

namespace {

// The first of those that are given to sockets without one (RFC 6335).
constexpr std::uint16_t kFirstPort = 49152;

}  // namespace

bool Reach::Hears(const IP& ip) const {
  if (!addr.ip.IsUnspecified()) return addr.ip == ip;
  if (addr.ip.Is4()) return ip.Is4();
  return only != '6' || ip.Is6();
}

bool Reach::Overlaps(const Reach& other) const {
  if (addr.port != other.addr.port) return false;
  if (!other.addr.ip.IsUnspecified()) return Hears(other.addr.ip);
  if (!addr.ip.IsUnspecified()) return other.Hears(addr.ip);
  // Of two wildcards, unless each has a family of its own.
  return !((addr.ip.Is4() && other.only == '6') ||
           (other.addr.ip.Is4() && only == '6'));
}

bool Machine::Has(const IP& ip) const {
  return ip.IsLoopback() || std::find(ips.begin(), ips.end(), ip) != ips.end();
}

std::uint16_t Machine::FreePort() {
  const auto taken = [this](std::uint16_t port) {
    const auto has = [port](const auto& socket) {
      return socket->reach().addr.port == port;
    };
    return dialed.contains(port) ||
           std::any_of(listeners.begin(), listeners.end(), has) ||
           std::any_of(packets.begin(), packets.end(), has);
  };
  for (int tries = 0; tries <= UINT16_MAX - kFirstPort; tries++) {
    last_port = std::max<std::uint16_t>(last_port + 1, kFirstPort);
    if (!taken(last_port)) return last_port;
  }
  return 0;
}

bool Machine::HasName(const std::string& path) const {
  const auto has = [&path](const auto& socket) {
    return socket->reach().addr.path == path;
  };
  return std::any_of(listeners.begin(), listeners.end(), has) ||
         std::any_of(packets.begin(), packets.end(), has);
}

std::string Machine::NewName() {
  char name[16];
  std::snprintf(name, sizeof name, "@%05x", ++last_name);
  return name;
}

std::vector<std::byte> Joined(std::span<const iovec> pieces) {
  std::vector<std::byte> all;
  for (const iovec& piece : pieces) {
    const auto* at = static_cast<const std::byte*>(piece.iov_base);
    all.insert(all.end(), at, at + piece.iov_len);
  }
  return all;
}

}  // namespace net::fake

namespace internal {

using net::IP;
using net::fake::Link;
using testing::BubbleLoop;

namespace {

// How a piece of a stream is sent again: after 0.2 s, then twice as long each
// time, at most so often. As Linux does.
constexpr std::int64_t kFirstResend = 200'000'000;
constexpr int kMostResends = 8;

// The silence after which a connection is broken: 15 s, and nine questions.
constexpr std::int64_t kMostSilence = 150'000'000'000;

// Of how many moments between latency and jitter one is decided on.
constexpr std::uint32_t kMoments = 64;

}  // namespace

FakeNetwork::FakeNetwork(std::uint32_t id) : id_(id) {
  timer_.fire = Fire;
  timer_.arg = this;
  AddMachine("main", {NextAddress()});
}

FakeNetwork::~FakeNetwork() = default;

FakeNetwork* FakeNetwork::Here() {
  BubbleLoop* bubble = BubbleLoop::Current();
  if (bubble == nullptr || bubble->HasRealNetwork()) return nullptr;
  if (bubble->network() == nullptr) {
    bubble->SetNetwork(std::make_shared<FakeNetwork>(bubble->Id()));
  }
  return bubble->network().get();
}

bool FakeNetwork::Inside() const {
  BubbleLoop* bubble = BubbleLoop::Current();
  return bubble != nullptr && bubble->Id() == id_ && !bubble->Closing();
}

void FakeNetwork::Set(const testing::NetworkOptions& options) {
  options_ = options;
  BubbleLoop::Current()->SeedFaults(options.seed);
}

std::uint32_t FakeNetwork::AddMachine(std::string_view name,
                                      std::vector<IP> ips) {
  Machine machine;
  machine.name = name;
  machine.ips = std::move(ips);
  machines_.push_back(std::move(machine));
  return static_cast<std::uint32_t>(machines_.size() - 1);
}

std::optional<std::uint32_t> FakeNetwork::Find(std::string_view name) const {
  for (std::uint32_t i = 0; i < machines_.size(); i++) {
    if (machines_[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> FakeNetwork::Find(const IP& ip) const {
  for (std::uint32_t i = 0; i < machines_.size(); i++) {
    const std::vector<IP>& ips = machines_[i].ips;
    if (std::find(ips.begin(), ips.end(), ip) != ips.end()) return i;
  }
  return std::nullopt;
}

IP FakeNetwork::NextAddress() {
  IP ip;
  do {
    const std::uint32_t n = ++last_address_;
    ip =
        IP::V4(10, static_cast<std::uint8_t>(n >> 16),
               static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n));
  } while (Find(ip));
  return ip;
}

std::vector<IP> FakeNetwork::AddressesOf(std::string_view name) const {
  if (name == "localhost") return {IP::V4(127, 0, 0, 1)};
  const std::optional<std::uint32_t> host = Find(name);
  return host ? machines_[*host].ips : std::vector<IP>();
}

std::string FakeNetwork::NameOf(const IP& ip) const {
  if (ip.IsLoopback()) return "localhost";
  const std::optional<std::uint32_t> host = Find(ip);
  return host ? machines_[*host].name : std::string();
}

bool FakeNetwork::IsCut(std::uint32_t a, std::uint32_t b) const {
  return !cuts_.empty() && cuts_.contains(std::minmax(a, b));
}

void FakeNetwork::Cut(std::uint32_t a, std::uint32_t b) {
  if (a == b || IsCut(a, b)) return;
  const std::uint64_t cut = ++last_cut_;
  cuts_[std::minmax(a, b)] = cut;
  Post(sched::Clock() + kMostSilence,
       [this, a, b, cut] { BreakSilent(a, b, cut); });
}

void FakeNetwork::BreakSilent(std::uint32_t a, std::uint32_t b,
                              std::uint64_t cut) {
  const auto at = cuts_.find(std::minmax(a, b));
  if (at == cuts_.end() || at->second != cut) return;
  for (const std::shared_ptr<Link>& link : std::vector(links_)) {
    if (link->Joins(a, b)) link->BreakSilent();
  }
}

void FakeNetwork::Heal(std::uint32_t a, std::uint32_t b) {
  if (cuts_.erase(std::minmax(a, b)) == 0) return;
  for (const std::shared_ptr<Link>& link : std::vector(links_)) {
    if (link->Joins(a, b)) link->Heal();
  }
}

void FakeNetwork::Stop(std::uint32_t host) {
  Machine& machine = At(host);
  if (std::exchange(machine.stopped, true)) return;
  for (const auto& listener : std::vector(machine.listeners)) listener->Stop();
  for (const auto& packets : std::vector(machine.packets)) packets->Stop();
  for (const std::shared_ptr<Link>& link : std::vector(links_))
    link->Stop(host);
}

std::uint32_t FakeNetwork::CurrentHost() const {
  return BubbleLoop::Current()->Host();
}

int FakeNetwork::Route(std::uint32_t from, const IP& to, std::uint32_t* host,
                       IP* source) const {
  const Machine& machine = machines_[from];
  if (machine.stopped) return ENETDOWN;
  if (machine.Has(to)) {
    *host = from;
    *source = !to.IsLoopback() ? to
              : to.Is4()       ? IP::V4(127, 0, 0, 1)
                               : net::IPv6loopback;
    return 0;
  }
  const auto own =
      std::find_if(machine.ips.begin(), machine.ips.end(),
                   [&to](const IP& ip) { return ip.Is4() == to.Is4(); });
  if (own == machine.ips.end()) return ENETUNREACH;
  *source = *own;
  const std::optional<std::uint32_t> found = Find(to);
  if (!found) return EHOSTUNREACH;
  *host = *found;
  return 0;
}

Error FakeNetwork::Bind(std::uint32_t host, const net::Network& kind,
                        const net::Addr& local, net::fake::Reach* reach) {
  Machine& machine = At(host);
  if (machine.stopped) return poll::CallError("bind", ENETDOWN);
  net::Addr& addr = reach->addr;
  addr = local;
  if (!kind.IsInternet()) {
    net::SocketAddress ignored;
    if (Error err = net::ToSocketAddress(local, AF_UNIX, "bind", &ignored)) {
      return err;
    }
    if (addr.path.empty() || addr.path == "@") addr.path = machine.NewName();
    return machine.HasName(addr.path) ? poll::CallError("bind", EADDRINUSE)
                                      : Error();
  }
  if (!addr.ip || addr.ip.IsUnspecified()) {
    addr.ip = kind.only == '4' ? net::IPv4zero : net::IPv6unspecified;
    reach->only = kind.only;
  } else if (!machine.Has(addr.ip)) {
    return poll::CallError("bind", EADDRNOTAVAIL);
  }
  if (addr.port == 0) addr.port = machine.FreePort();
  return addr.port != 0 ? Error() : poll::CallError("bind", EADDRINUSE);
}

std::int64_t FakeNetwork::Delay(std::uint32_t from, std::uint32_t to,
                                std::size_t bytes) {
  std::int64_t delay = options_.latency.count();
  if (options_.jitter.count() > 0) {
    const std::uint32_t moment = BubbleLoop::Current()->Fault(
        kMoments, static_cast<double>(kMoments - 1) / kMoments);
    delay += static_cast<std::int64_t>(
        static_cast<double>(options_.jitter.count()) * moment / (kMoments - 1));
  }
  if (options_.bandwidth > 0 && from != to) {
    const std::int64_t now = sched::Clock();
    std::int64_t& until = busy_until_[{from, to}];
    until = std::max(until, now) +
            static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 /
                                      static_cast<double>(options_.bandwidth));
    delay += until - now;
  }
  return delay;
}

bool FakeNetwork::Happens(double chance, std::uint32_t from, std::uint32_t to,
                          const char* what) {
  if (chance <= 0) return false;
  BubbleLoop* bubble = BubbleLoop::Current();
  if (chance < 1 && bubble->Fault(2, chance) == 0) return false;
  if (bubble->Explains()) {
    std::string text("the network ");
    text += what;
    text += " from " + machines_[from].name + " to " + machines_[to].name;
    bubble->NoteEvent(std::move(text));
  }
  return true;
}

bool FakeNetwork::Lost(std::uint32_t from, std::uint32_t to) {
  return Happens(options_.loss, from, to, "loses a datagram");
}

bool FakeNetwork::Doubled(std::uint32_t from, std::uint32_t to) {
  return Happens(options_.duplication, from, to, "doubles a datagram");
}

std::int64_t FakeNetwork::Resent(std::uint32_t from, std::uint32_t to) {
  std::int64_t later = 0;
  for (int i = 0; i < kMostResends &&
                  Happens(options_.loss, from, to, "loses a piece of a stream");
       i++) {
    later += kFirstResend << i;
  }
  return later;
}

void FakeNetwork::Post(std::int64_t when, std::function<void()> event) {
  events_.emplace(std::pair(when, ++last_event_), std::move(event));
  Arm();
}

void FakeNetwork::Arm() {
  const std::int64_t first = events_.begin()->first.first;
  if (timer_.heap.load(std::memory_order_relaxed) != nullptr) {
    if (timer_.when <= first) return;
    sched::TimerStop(&timer_);
  }
  timer_.when = first;
  timer_.seq++;
  sched::TimerAdd(&timer_);
}

void FakeNetwork::Fire(void* self, std::uint64_t, std::int64_t now) {
  if (sched::ControlClosing()) return;
  auto* network = static_cast<FakeNetwork*>(self);
  auto& events = network->events_;
  while (!events.empty() && events.begin()->first.first <= now) {
    const std::function<void()> event = std::move(events.begin()->second);
    events.erase(events.begin());
    event();
  }
  if (!events.empty()) network->Arm();
}

// ---------------------------------------------------------------------------

NetworkUse::NetworkUse(const FakeNetwork& network, const char* does,
                       const char* what) {
  const std::uint32_t owner = network.id();
  sched::CheckInside(owner, does, what);
  BubbleLoop* bubble = BubbleLoop::Current();
  if (bubble == nullptr || bubble->Id() != owner) {
    throw Panic("testing: a goroutine of " +
                (bubble != nullptr ? "bubble " + std::to_string(bubble->Id())
                                   : std::string("no bubble")) +
                " " + does + " " + what + " that was made in bubble " +
                std::to_string(owner) +
                ", which is another one, or an earlier run");
  }
  pin_.emplace();
}

}  // namespace internal
}  // namespace gosling
