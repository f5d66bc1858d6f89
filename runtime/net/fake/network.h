// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// FakeNetwork: what net uses in a bubble (<gosling/testing_net.h>): hosts with
// their names, addresses and ports, and what becomes of what they send.
//
// What is sent comes at a moment that is decided when it is sent, as an event: a
// function in a queue by time, for which there is one timer. An event without
// delay is called at once, in the sender's goroutine; the others run on g0, and
// none of them parks. Decisions are the bubble's (BubbleLoop::Fault), so that
// Explore has them in its schedules.
//
// Only the bubble's own goroutines and timers come here, one at a time: no lock.
// Use is how an operation of a handle begins, which may have got elsewhere. The
// network lives as long as its bubble's run, or a handle; with the run its timers
// end, so what they point into may go after that, and before only by Close.
//
// Rejected: real sockets on loopback with delays before them, whose readiness
// comes from the kernel at moments of its own; and connections made of net::Pipe,
// which keeps nothing: a program that deadlocks on one runs well on TCP.

#ifndef GOSLING_RUNTIME_NET_FAKE_NETWORK_H_
#define GOSLING_RUNTIME_NET_FAKE_NETWORK_H_

#include <gosling/net.h>
#include <gosling/testing_net.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/net/resolve.h"
#include "sched/proc.h"
#include "sched/timer.h"

namespace gosling::net::fake {

class Link;
class Listener;
class Packets;

// Reach is a local address with what else it hears.
struct Reach {
  Addr addr;
  char only = 0;  // '6': a wildcard that hears no IPv4

  bool Hears(const IP& ip) const;
  bool Overlaps(const Reach& other) const;
};

// Joined returns what Writev is to send, in one piece.
std::vector<std::byte> Joined(std::span<const iovec> pieces);

// Machine is a Host, from the inside.
struct Machine {
  std::string name;
  std::vector<IP> ips;  // beside loopback's
  bool stopped = false;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::shared_ptr<Packets>> packets;
  // Ports that dialed TCP connections have, and how many do.
  std::map<std::uint16_t, int> dialed;
  std::uint16_t last_port = 0;
  std::uint32_t last_name = 0;  // of abstract unix sockets

  // Has: with loopback's.
  bool Has(const IP& ip) const;
  // FreePort returns a port that no socket has, or 0.
  std::uint16_t FreePort();
  // Whether a unix socket has that name; a new one that none has.
  bool HasName(const std::string& path) const;
  std::string NewName();
};

}  // namespace gosling::net::fake

namespace gosling::internal {

class FakeNetwork : public std::enable_shared_from_this<FakeNetwork> {
 public:
  using Machine = net::fake::Machine;

  // Of the bubble's, for Here.
  explicit FakeNetwork(std::uint32_t id);
  ~FakeNetwork();
  FakeNetwork(const FakeNetwork&) = delete;
  FakeNetwork& operator=(const FakeNetwork&) = delete;

  // Here is that of the caller's bubble; null: the caller uses the system's.
  static FakeNetwork* Here();

  std::uint32_t id() const { return id_; }
  // Inside says whether the caller is in the bubble, and that goes on.
  bool Inside() const;

  // --- As <gosling/testing_net.h> has them. Names and options are right.
  void Set(const testing::NetworkOptions& options);
  std::uint32_t AddMachine(std::string_view name, std::vector<net::IP> ips);
  std::optional<std::uint32_t> Find(std::string_view name) const;
  std::optional<std::uint32_t> Find(const net::IP& ip) const;
  net::IP NextAddress();
  // As the resolver has them. Empty: none.
  std::vector<net::IP> AddressesOf(std::string_view name) const;
  std::string NameOf(const net::IP& ip) const;
  void Cut(std::uint32_t a, std::uint32_t b);
  void Heal(std::uint32_t a, std::uint32_t b);
  void Stop(std::uint32_t host);
  void Start(std::uint32_t host) { machines_[host].stopped = false; }

  // --- For sockets.
  Machine& At(std::uint32_t host) { return machines_[host]; }
  std::uint32_t CurrentHost() const;
  // Route finds the machine that has an address, seen from `from`, which is on the
  // same one if it is loopback's, and the address of `from`'s from which it is
  // reached; 0 or an errno.
  int Route(std::uint32_t from, const net::IP& to, std::uint32_t* host,
            net::IP* source) const;
  // Bind finds a socket's local address, with a port or name if it has none.
  Error Bind(std::uint32_t host, const net::Network& kind,
             const net::Addr& local, net::fake::Reach* reach);
  bool IsCut(std::uint32_t a, std::uint32_t b) const;
  std::vector<std::shared_ptr<net::fake::Link>>& links() { return links_; }

  // Delay decides how long `bytes` will be on their way, Lost and Doubled what
  // becomes of a datagram; Resent, how much longer a piece of a stream takes.
  std::int64_t Delay(std::uint32_t from, std::uint32_t to, std::size_t bytes);
  bool Lost(std::uint32_t from, std::uint32_t to);
  bool Doubled(std::uint32_t from, std::uint32_t to);
  std::int64_t Resent(std::uint32_t from, std::uint32_t to);

  // Post has `event` called at that moment, behind those of the same.
  void Post(std::int64_t when, std::function<void()> event);

 private:
  static void Fire(void* self, std::uint64_t seq, std::int64_t now);
  void Arm();
  bool Happens(double chance, std::uint32_t from, std::uint32_t to,
               const char* what);
  void BreakSilent(std::uint32_t a, std::uint32_t b, std::uint64_t cut);

  const std::uint32_t id_;  // the bubble's
  testing::NetworkOptions options_;
  std::vector<Machine> machines_;
  std::vector<std::shared_ptr<net::fake::Link>>
      links_;  // not closed by both ends
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  std::map<Pair, std::uint64_t> cuts_;  // by the lower number first; which cut
  std::uint64_t last_cut_ = 0;
  std::map<Pair, std::int64_t> busy_until_;  // by bandwidth; from, to
  std::uint32_t last_address_ = 0;

  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>>
      events_;
  std::uint64_t last_event_ = 0;
  sched::Timer timer_;  // for the first of them
};

// NetworkUse is how an operation on what belongs to a network begins: a point for
// a change of goroutine, pinned until the end. A thread outside of the bubble
// ends the program; in another bubble it throws Panic.
class NetworkUse {
 public:
  NetworkUse(const FakeNetwork& network, const char* does, const char* what);

 private:
  std::optional<sched::Pinned> pin_;  // once it is known to be inside
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_NET_FAKE_NETWORK_H_
