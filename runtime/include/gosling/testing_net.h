// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The network of a bubble (<gosling/testing.h>): in a Bubble or Explore, Dial,
// Listen and their kin of <gosling/net.h> use one that is made of memory, lives
// in the bubble's time and does what a test wants.
//
//     using namespace std::chrono_literals;
//
//     go::testing::Bubble([] {
//       const go::testing::Network network;
//       network.Set({.latency = 40ms, .jitter = 20ms, .loss = 0.1});
//       const go::testing::Host server = network.AddHost("server");
//       server.Go([] {
//         const auto [listener, err] = go::net::Listen("tcp", ":80");
//         const auto [conn, failed] = listener.Accept();
//         conn.Write("hello");
//         char more[1];
//         conn.Read(more);  // until it is stopped
//       });
//       go::testing::Wait();  // it listens
//       const auto [conn, err] = go::net::Dial("tcp", "server:80");
//       char buf[5];
//       conn.Read(buf);  // at least 120 ms later, in no time
//       network.Partition("main", "server");
//       conn.SetReadDeadline(go::time::Now() + 1min);
//       conn.Read(buf);  // a minute later: i/o timeout
//       network.Stop("server");
//     });
//
// Connections are as the system's: their addresses, errors, deadlines, halves
// that are closed, resets. Waits for them are durable. A connection takes 64 KiB
// that its other end has not read; then its writer waits. Nothing is asked of the
// system: Fd is -1, Control functions are not called, options are accepted and,
// but for SetLinger(0) and SetKeepAlive, do nothing, SendFds fails. Sockets of elsewhere (FileConn)
// are what they are, and waiting for them is not durable. For a bubble in which
// net uses the system's network, see BubbleOptions.
//
// Hosts are told apart by the goroutine: one is on the host of the goroutine that
// started it, f of the bubble is on "main", 10.0.0.1, and so are functions of
// time::AfterFunc. 127.0.0.1, ::1, "localhost" and the names of unix sockets are
// each host's own. Names are those of the hosts, and no others: other lookups say
// `lookup x: no such host`, unless they are made by a Resolver that has a
// function of its own.
//
// All that is drawn is drawn from the seed: the same program sees the same. Under
// Explore these are decisions like the others: they come from Explore's seed,
// are replayed, left out of the schedule where it fails without them, and told
// in it where not.
//
// The functions never park, but are, in an exploration, points for a change of
// goroutine. A handle is for its bubble. Misuse throws Panic.

#ifndef GOSLING_TESTING_NET_H_
#define GOSLING_TESTING_NET_H_

#include <gosling/go.h>
#include <gosling/internal/export.h>
#include <gosling/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gosling::internal {
class FakeNetwork;
class OnHost;
}  // namespace gosling::internal

namespace gosling::testing {

// NetworkOptions say what the network does to what is sent by tcp and udp; unix
// sockets are within a host, and at once there. Without, it is a perfect one.
struct NetworkOptions {
  std::uint64_t seed = 1;  // not under Explore
  // How long a datagram, or a piece of a stream, is on its way: latency, and up
  // to jitter more. Datagrams so overtake one another; streams keep their order.
  time::Duration latency{0};
  time::Duration jitter{0};
  // The probability with which a datagram is lost, from 0 to 1. A piece of a
  // stream is sent again: it comes 0.2 s later, or 0.6, 1.4 …
  double loss = 0;
  // The probability with which a datagram comes twice.
  double duplication = 0;
  // Bytes a second, from each host to each other one; 0: no limit.
  std::int64_t bandwidth = 0;
};

// Host is one of the network's machines.
class Host {
 public:
  // Go starts f() in a goroutine that is on this host. Do calls f() as if the
  // caller were.
  template <class F>
  void Go(F&& f) const;
  template <class F>
  void Do(F&& f) const;

  const std::string& name() const { return name_; }
  // Its first address: "10.0.0.2".
  const std::string& address() const { return address_; }

 private:
  friend class Network;
  friend class internal::OnHost;

  std::shared_ptr<internal::FakeNetwork> network_;
  std::uint32_t number_ = 0;
  std::string name_;
  std::string address_;
};

// Network is a handle on the network of the caller's bubble, of which there is
// one.
class Network {
 public:
  // Throws Panic outside of a bubble.
  GOSLING_API Network();

  // Set changes what happens to all that is sent from now on. Throws Panic if an
  // option is out of its range.
  GOSLING_API void Set(const NetworkOptions& options) const;

  // AddHost adds a machine, with these addresses, or with the next one of
  // 10.0.0.0/8. Throws Panic if there is one of that name or address, or an
  // address is none.
  GOSLING_API Host
  AddHost(std::string_view name,
          const std::vector<std::string>& addresses = {}) const;

  // Partition ends what goes between two hosts, in both directions, until Heal.
  // Datagrams are lost. Streams wait, and are sent again after Heal; a dial says
  // `connection timed out` after 127 s, and connections break, in the same words,
  // when 150 s have been silent, unless SetKeepAlive(false) was called. Throws
  // Panic if there is no such host.
  GOSLING_API void Partition(std::string_view a, std::string_view b) const;
  GOSLING_API void Heal(std::string_view a, std::string_view b) const;

  // Stop is the end of a host's programs: its sockets are closed, and what its
  // goroutines do with them says so; their other ends are reset. Until Start it
  // refuses connections, and says `network is down` to its own goroutines. (A
  // machine that falls silent is a Partition.) Throws as Partition.
  GOSLING_API void Stop(std::string_view host) const;
  GOSLING_API void Start(std::string_view host) const;

 private:
  std::shared_ptr<internal::FakeNetwork> network_;
};

}  // namespace gosling::testing

// ---------------------------------------------------------------------------

namespace gosling::internal {

// OnHost puts the calling goroutine on a host for as long as it lives.
class OnHost {
 public:
  GOSLING_API explicit OnHost(const testing::Host& host);
  GOSLING_API ~OnHost();
  OnHost(const OnHost&) = delete;
  OnHost& operator=(const OnHost&) = delete;

 private:
  std::uint32_t former_;
};

}  // namespace gosling::internal

namespace gosling::testing {

template <class F>
void Host::Go(F&& f) const {
  const internal::OnHost here(*this);
  gosling::Go(std::forward<F>(f));
}

template <class F>
void Host::Do(F&& f) const {
  const internal::OnHost here(*this);
  std::forward<F>(f)();
}

}  // namespace gosling::testing

#endif  // GOSLING_TESTING_NET_H_
