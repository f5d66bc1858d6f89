// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Streams of a bubble's network: tcp, unix, and unixpacket, which keeps messages
// apart.
//
// A Link is a connection, both ends of it, from the dial on. What one end sends,
// bytes, its end, a reset, are Pieces that are under way to the other, and come in
// their order: an event of the network's brings the first of them. While the two
// hosts are cut off a piece that would come is owed, until Heal. An end counts the
// bytes that are under way to it or unread; a writer waits for room in that.
//
// The errors are Linux's: of a TCP connection whose other end was closed with
// bytes unread, or is sent more after its close, first a reset, once, then a
// broken pipe and the end; of a unix one a broken pipe at once.

#ifndef GOSLING_RUNTIME_NET_FAKE_STREAM_H_
#define GOSLING_RUNTIME_NET_FAKE_STREAM_H_

#include <gosling/net.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/net/conn.h"
#include "runtime/net/fake/network.h"
#include "runtime/net/fake/waiting.h"
#include "runtime/net/listener.h"
#include "runtime/net/resolve.h"
#include "runtime/poll/fd.h"

namespace gosling::net::fake {

using internal::FakeNetwork;

// Piece is what is sent at a time.
struct Piece {
  enum class Kind : std::uint8_t {
    kSyn,      // asks for a connection; to end 1
    kSynAck,   // there is one
    kRefused,  // there is none, because of `err`
    kData,
    kFin,  // no more comes; of a unix connection also: no more is taken
    kReset,
  };
  Kind kind = Kind::kData;
  int err = 0;           // of kRefused, kReset; an errno
  bool closing = false;  // kFin of a unix connection: its sender is closed
  std::vector<std::byte> bytes{};
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  // Ends are 0, which has dialed, and 1.
  struct EndOf {
    std::uint32_t host = 0;
    Addr addr;
  };
  Link(FakeNetwork& network, int type, EndOf dialer, EndOf listener);

  // Dial asks for the connection, AwaitDialed waits for it: 0 or an errno. The
  // end of a deadline of end 0's writes is ETIMEDOUT's; GiveUp ends it too.
  void Dial();
  int AwaitDialed();
  void GiveUp();

  // By the number of the caller's end. Errors as FD's. Within a NetworkUse.
  poll::Result Read(int end, std::span<std::byte> to);
  poll::Result Write(int end, std::span<const std::byte> from);
  int Close(int end);
  int CloseRead(int end);
  int CloseWrite(int end);
  int SetDeadline(int end, std::int64_t when, unsigned modes);
  bool IsClosed(int end) const { return ends_[end].closed; }
  void SetReset(int end, bool on) { ends_[end].resets = on; }
  void SetKeepAlive(int end, bool on) { ends_[end].keep_alive = on; }
  const Addr& AddrOf(int end) const { return ends_[end].addr; }
  int type() const { return type_; }
  std::string_view network_name() const { return ends_[0].addr.network; }

  // Refuse resets a connection that nobody accepts, from end 1.
  void Refuse();

  // Of the network's.
  bool Joins(std::uint32_t a, std::uint32_t b) const;
  void Heal();
  void BreakSilent();
  void Stop(std::uint32_t host);

 private:
  enum class State : std::uint8_t { kDialing, kOpen, kRefused };

  struct End {
    explicit End(EndOf what) : host(what.host), addr(std::move(what.addr)) {}

    const std::uint32_t host;
    Addr addr;
    // On the way to here, the first one first, and how many of those would have
    // come if the hosts were not cut off.
    std::deque<Piece> coming;
    int owed = 0;
    std::int64_t last_comes = 0;  // when the last one does
    // What has come and is unread; of the first one, from `at` on.
    std::deque<std::vector<std::byte>> unread;
    std::size_t at = 0;
    std::size_t taken = 0;  // bytes under way to here, or unread
    bool ended = false;     // the other end has said all
    bool broken = false;    // writes are in vain
    bool dead = false;      // it was reset: nothing goes or comes
    int err = 0;            // to be told once
    bool closed = false;
    bool read_shut = false;
    bool write_shut = false;
    bool resets = false;  // instead of an end, when it is closed
    bool keep_alive = true;
    Waiters readers;
    Waiters writers;
    Turn reading;
    Turn writing;
    Deadline read_deadline{&readers};
    Deadline write_deadline{&writers};
  };

  bool IsTcp() const { return ends_[0].addr.network == "tcp"; }
  void Send(int to, Piece piece);
  void Comes(int to);
  void Take(int to, Piece piece);
  void Syn();
  void Wake(End& end);
  void Kill(End& end, int err);
  void Forget();
  poll::Result ReadNow(End& end, End& other, std::span<std::byte> to);
  poll::Result WriteNow(End& end, End& other, int to,
                        std::span<const std::byte> from);

  FakeNetwork& network_;
  const int type_;
  std::array<End, 2> ends_;
  State state_ = State::kDialing;
  int refused_ = 0;  // why
  bool gave_up_ = false;
};

// Listener is what a Link's SYN looks for.
class Listener {
 public:
  Listener(FakeNetwork& network, std::uint32_t host, int type, Reach reach,
           bool reuse_port, std::size_t backlog);

  const Reach& reach() const { return reach_; }
  int type() const { return type_; }
  bool reuse_port() const { return reuse_port_; }
  bool IsFull() const { return waiting_.size() > backlog_; }
  void Offer(std::shared_ptr<Link> link);
  // TakeTurn counts those who share a port through.
  std::uint64_t given = 0;

  // As FD's. Within a NetworkUse.
  int Accept(std::shared_ptr<Link>* link);
  int Close();
  int SetDeadline(std::int64_t when);
  void Stop() { Close(); }
  bool IsClosed() const { return closed_; }

 private:
  FakeNetwork& network_;
  const std::uint32_t host_;
  const int type_;
  const Reach reach_;
  const bool reuse_port_;
  const std::size_t backlog_;
  std::deque<std::shared_ptr<Link>> waiting_;
  bool closed_ = false;
  Waiters accepters_;
  Deadline deadline_{&accepters_};
};

// DialStream and ListenStream are what Dial and Listen do in a bubble, for one
// address. May park.
std::pair<std::shared_ptr<internal::ConnNode>, Error> DialStream(
    const context::Context& ctx, FakeNetwork& network, const Network& kind,
    const Addr& local, const Addr& remote, bool keep_alive);
std::pair<std::shared_ptr<internal::ListenerNode>, Error> ListenStream(
    FakeNetwork& network, const Network& kind, const Addr& local,
    bool reuse_port, int backlog);

}  // namespace gosling::net::fake

#endif  // GOSLING_RUNTIME_NET_FAKE_STREAM_H_
