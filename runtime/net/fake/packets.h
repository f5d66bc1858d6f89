// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sockets for messages of a bubble's network: udp and unixgram.
//
// A datagram is an event of its own: it may be lost, come twice, or overtake
// another one, and finds its socket when it comes. One that finds none is told to
// a connected sender. Of unixgram each is at once where it belongs, and its sender
// waits for room.

#ifndef GOSLING_RUNTIME_NET_FAKE_PACKETS_H_
#define GOSLING_RUNTIME_NET_FAKE_PACKETS_H_

#include <gosling/net.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "runtime/net/conn.h"
#include "runtime/net/fake/network.h"
#include "runtime/net/fake/waiting.h"
#include "runtime/net/resolve.h"
#include "runtime/poll/fd.h"

namespace gosling::net::fake {

using internal::FakeNetwork;

struct Datagram {
  Addr from;
  std::vector<std::byte> bytes;
};

class Packets : public std::enable_shared_from_this<Packets> {
 public:
  // `remote` is null if the socket is not connected.
  Packets(FakeNetwork& network, std::uint32_t host, Reach reach, Addr remote,
          bool reuse_port);

  const Reach& reach() const { return reach_; }
  const Addr& remote() const { return remote_; }
  bool reuse_port() const { return reuse_port_; }
  bool IsUdp() const { return reach_.addr.network == "udp"; }
  bool IsClosed() const { return closed_; }

  // As FD's. Within a NetworkUse.
  poll::Result Read(std::span<std::byte> to, Addr* from);
  poll::Result Write(std::span<const std::byte> from, const Addr& to);
  int Close();
  int SetDeadline(std::int64_t when, unsigned modes);
  void Stop() { Close(); }

 private:
  int SendUdp(std::span<const std::byte> from, const Addr& to);
  int SendUnix(std::span<const std::byte> from, const Addr& to);
  void Sends(std::int64_t delay, std::uint32_t host, const Addr& to,
             const Datagram& datagram);
  void Comes(std::uint32_t host, const Addr& to, Datagram datagram);
  bool HasRoom(std::size_t bytes) const;
  void Put(Datagram datagram);
  void WakeSenders();

  FakeNetwork& network_;
  const std::uint32_t host_;
  const Reach reach_;
  const Addr remote_;
  const bool reuse_port_;
  std::deque<Datagram> unread_;
  std::size_t bytes_ = 0;  // of those
  int err_ = 0;            // to be told once
  bool closed_ = false;
  Waiters readers_;
  Waiters writers_;
  std::vector<std::weak_ptr<Packets>> full_for_;  // senders that wait for room
  Turn reading_;
  Deadline read_deadline_{&readers_};
  Deadline write_deadline_{&writers_};
};

// DialPackets and ListenPackets are what Dial and ListenPacket do in a bubble, for
// one address. They do not park.
std::pair<std::shared_ptr<internal::ConnNode>, Error> DialPackets(
    FakeNetwork& network, const Network& kind, const Addr& local,
    const Addr& remote);
std::pair<std::shared_ptr<internal::ConnNode>, Error> ListenPackets(
    FakeNetwork& network, const Network& kind, const Addr& local,
    bool reuse_port);

}  // namespace gosling::net::fake

#endif  // GOSLING_RUNTIME_NET_FAKE_PACKETS_H_
