// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/fake/packets.h"

#include <gosling/io.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/net/addr.h"
#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"
#include "sched/control.h"

namespace gosling::net::fake {

using internal::ConnNode;
using internal::NetworkUse;
using poll::kErrClosing;
using poll::kErrTimeout;

namespace {

// The longest datagram of UDP over IPv4, and how much a socket keeps: for UDP so
// many bytes, with what each costs beside; for unix sockets so many datagrams.
constexpr std::size_t kLongest = 65507;
constexpr std::size_t kRoom = 212992;
constexpr std::size_t kOverhead = 768;
constexpr std::size_t kUnixRoom = 10;

constexpr char kSocket[] = "a socket";

}  // namespace

Packets::Packets(FakeNetwork& network, std::uint32_t host, Reach reach,
                 Addr remote, bool reuse_port)
    : network_(network),
      host_(host),
      reach_(std::move(reach)),
      remote_(std::move(remote)),
      reuse_port_(reuse_port) {}

bool Packets::HasRoom(std::size_t bytes) const {
  if (!IsUdp()) return unread_.size() < kUnixRoom;
  return bytes_ + bytes + (unread_.size() + 1) * kOverhead <= kRoom;
}

void Packets::Put(Datagram datagram) {
  bytes_ += datagram.bytes.size();
  unread_.push_back(std::move(datagram));
  readers_.WakeAll();
}

poll::Result Packets::Read(std::span<std::byte> to, Addr* from) {
  const Turn::Held turn(reading_, closed_);
  if (!turn) return {0, kErrClosing};
  for (bool begins = true;; begins = false, readers_.Wait()) {
    if (closed_) return {0, kErrClosing};
    if (begins && read_deadline_.over()) return {0, kErrTimeout};
    if (err_ != 0) return {0, std::exchange(err_, 0)};
    if (!unread_.empty()) break;
    if (read_deadline_.over()) return {0, kErrTimeout};
  }
  const Datagram datagram = std::move(unread_.front());
  unread_.pop_front();
  bytes_ -= datagram.bytes.size();
  WakeSenders();
  const std::size_t n = std::min(to.size(), datagram.bytes.size());
  if (n != 0) std::memcpy(to.data(), datagram.bytes.data(), n);
  if (from != nullptr) *from = datagram.from;
  return {n, 0};
}

poll::Result Packets::Write(std::span<const std::byte> from, const Addr& to) {
  if (closed_) return {0, kErrClosing};
  if (write_deadline_.over()) return {0, kErrTimeout};
  if (err_ != 0) return {0, std::exchange(err_, 0)};
  if (!to) return {0, IsUdp() ? EDESTADDRREQ : ENOTCONN};
  const int err = IsUdp() ? SendUdp(from, to) : SendUnix(from, to);
  return {err == 0 ? from.size() : 0, err};
}

int Packets::SendUdp(std::span<const std::byte> from, const Addr& to) {
  if (from.size() > kLongest) return EMSGSIZE;
  Addr target = to;
  if (!target.ip || target.ip.IsUnspecified()) {
    target.ip = reach_.addr.ip.Is4() ? IP::V4(127, 0, 0, 1) : IPv6loopback;
  }
  std::uint32_t host = 0;
  Datagram datagram{reach_.addr, {from.begin(), from.end()}};
  IP source;
  const int err = network_.Route(host_, target.ip, &host, &source);
  // To a machine that is not there it is lost.
  if (err == EHOSTUNREACH) return 0;
  if (err != 0) return err;
  if (datagram.from.ip.IsUnspecified()) datagram.from.ip = source;
  const std::int64_t delay = network_.Delay(host_, host, from.size());
  if (network_.IsCut(host_, host) || network_.Lost(host_, host)) return 0;
  if (network_.Doubled(host_, host)) {
    Sends(network_.Delay(host_, host, from.size()), host, target, datagram);
  }
  Sends(delay, host, target, datagram);
  return 0;
}

void Packets::Sends(std::int64_t delay, std::uint32_t host, const Addr& to,
                    const Datagram& datagram) {
  if (delay <= 0) {
    Comes(host, to, datagram);
    return;
  }
  network_.Post(sched::Clock() + delay,
                [self = shared_from_this(), host, to, datagram] {
                  self->Comes(host, to, datagram);
                });
}

// Comes: the datagram, which this socket has sent, is at the other host.
void Packets::Comes(std::uint32_t host, const Addr& to, Datagram datagram) {
  if (network_.IsCut(host_, host)) return;
  Packets* found = nullptr;
  int best = 0;
  for (const auto& socket : network_.At(host).packets) {
    const Reach& at = socket->reach();
    if (!socket->IsUdp() || at.addr.port != to.port || !at.Hears(to.ip)) {
      continue;
    }
    const Addr& peer = socket->remote();
    if (peer &&
        (peer.ip != datagram.from.ip || peer.port != datagram.from.port)) {
      continue;
    }
    const int fits = 1 + (at.addr.ip == to.ip ? 1 : 0) + (peer ? 2 : 0);
    if (fits <= best) continue;
    best = fits;
    found = socket.get();
  }
  if (found != nullptr) {
    if (found->HasRoom(datagram.bytes.size())) found->Put(std::move(datagram));
    return;
  }
  if (!remote_ || closed_) return;
  const auto told = [self = shared_from_this()] {
    self->err_ = ECONNREFUSED;
    self->readers_.WakeAll();
  };
  const std::int64_t delay = network_.Delay(host, host_, 0);
  if (delay <= 0) {
    told();
  } else {
    network_.Post(sched::Clock() + delay, told);
  }
}

int Packets::SendUnix(std::span<const std::byte> from, const Addr& to) {
  if (from.size() > kRoom) return EMSGSIZE;
  for (;;) {
    std::shared_ptr<Packets> found;
    for (const auto& socket : network_.At(host_).packets) {
      if (!socket->IsUdp() && socket->reach().addr.path == to.path) {
        found = socket;
      }
    }
    if (found == nullptr) {
      return to.path.starts_with('@') || remote_ ? ECONNREFUSED : ENOENT;
    }
    if (found->HasRoom(from.size())) {
      found->Put({reach_.addr, {from.begin(), from.end()}});
      return 0;
    }
    // Its own deadline and Close wake it too.
    found->full_for_.push_back(weak_from_this());
    writers_.Wait();
    if (closed_) return kErrClosing;
    if (write_deadline_.over()) return kErrTimeout;
  }
}

int Packets::Close() {
  if (closed_) return kErrClosing;
  const auto self = shared_from_this();
  closed_ = true;
  read_deadline_.Set(0);
  write_deadline_.Set(0);
  readers_.WakeAll();
  writers_.WakeAll();
  WakeSenders();
  reading_.WakeAll();
  std::erase_if(network_.At(host_).packets,
                [this](const auto& p) { return p.get() == this; });
  return 0;
}

int Packets::SetDeadline(std::int64_t when, unsigned modes) {
  if (closed_) return kErrClosing;
  if ((modes & poll::kPollRead) != 0) read_deadline_.Set(when);
  if ((modes & poll::kPollWrite) != 0) write_deadline_.Set(when);
  return 0;
}

// WakeSenders has those look again that waited for room here.
void Packets::WakeSenders() {
  for (const auto& sender : std::exchange(full_for_, {})) {
    if (const auto socket = sender.lock()) socket->writers_.WakeAll();
  }
}

namespace {

using Moved = std::pair<std::size_t, Error>;

class PacketsConn final : public ConnNode {
 public:
  PacketsConn(FakeNetwork& network, std::shared_ptr<Packets> socket)
      : network_(network.shared_from_this()),
        socket_(std::move(socket)),
        local_(socket_->reach().addr),
        remote_(socket_->remote()) {}

  // NOLINTNEXTLINE(bugprone-exception-escape): lack of memory ends the program
  ~PacketsConn() override {
    if (!network_->Inside() || socket_->IsClosed()) return;
    const sched::Pinned pin;
    socket_->Close();
  }

  Moved Read(std::span<std::byte> to) override {
    const poll::Result result = [&] {
      const NetworkUse use(*network_, "reads from", kSocket);
      return socket_->Read(to, nullptr);
    }();
    return {result.n, Fail("read", "read", result.err)};
  }

  PacketConn::From ReadFrom(std::span<std::byte> to) override {
    Addr from;
    const poll::Result result = [&] {
      const NetworkUse use(*network_, "reads from", kSocket);
      return socket_->Read(to, &from);
    }();
    return {result.n, std::move(from), Fail("read", "recvfrom", result.err)};
  }

  Moved Write(std::span<const std::byte> from) override {
    return WriteAs("write", from);
  }

  Moved Writev(std::span<iovec> pieces) override {
    return WriteAs("writev", Joined(pieces));
  }

  Moved WriteTo(std::span<const std::byte> from, const Addr& to) override {
    Error err;
    SocketAddress ignored;
    if (remote_) {
      err = errors::New("use of WriteTo with pre-connected connection");
    } else if (!to) {
      err = errors::New("missing address");
    } else {
      const int family = !socket_->IsUdp() ? AF_UNIX
                         : local_.ip.Is4() ? AF_INET
                                           : AF_INET6;
      err = ToSocketAddress(to, family, "sendto", &ignored);
    }
    poll::Result result;
    if (!err) {
      const NetworkUse use(*network_, "writes to", kSocket);
      result = socket_->Write(from, to);
    }
    if (!err) err = poll::ResultError(result.err, Closed, "sendto");
    return {result.n,
            OpError("write", local_.network, &local_, &to, std::move(err))};
  }

  Error Close() override {
    const NetworkUse use(*network_, "closes", kSocket);
    return Fail("close", "close", socket_->Close());
  }

  Addr LocalAddr() override { return local_; }
  Addr RemoteAddr() override { return remote_; }

  Error SetDeadline(time::Time when, unsigned modes) override {
    const NetworkUse use(*network_, "sets a deadline of", kSocket);
    const std::int64_t at =
        when == time::Time{}
            ? 0
            : std::max<std::int64_t>(when.time_since_epoch().count(), 1);
    return OpError("set", local_.network, nullptr, &local_,
                   poll::ResultError(socket_->SetDeadline(at, modes), Closed));
  }

  std::string_view network() const override { return local_.network; }
  int type() const override { return SOCK_DGRAM; }

  Error SetOption(int, int, const void*, socklen_t) override {
    const NetworkUse use(*network_, "sets an option of", kSocket);
    return Fail("set", "setsockopt", socket_->IsClosed() ? kErrClosing : 0);
  }

 private:
  Moved WriteAs(std::string_view op, std::span<const std::byte> from) {
    const poll::Result result = [&] {
      const NetworkUse use(*network_, "writes to", kSocket);
      return socket_->Write(from, remote_);
    }();
    return {result.n, Fail(op, op, result.err)};
  }

  Error Fail(std::string_view op, std::string_view call, int err) const {
    return OpError(op, local_.network, &local_, &remote_,
                   poll::ResultError(err, Closed, call));
  }

  const std::shared_ptr<FakeNetwork> network_;
  const std::shared_ptr<Packets> socket_;
  const Addr local_;
  const Addr remote_;
};

std::shared_ptr<ConnNode> Opened(FakeNetwork& network, std::uint32_t host,
                                 Reach reach, Addr remote, bool reuse_port) {
  auto socket = std::make_shared<Packets>(network, host, std::move(reach),
                                          std::move(remote), reuse_port);
  network.At(host).packets.push_back(socket);
  return std::make_shared<PacketsConn>(network, std::move(socket));
}

// Taken says whether a socket has that address and does not share it.
bool Taken(FakeNetwork& network, std::uint32_t host, const Network& kind,
           const Reach& reach, bool reuse_port) {
  if (!kind.IsInternet()) return false;  // Bind has looked
  const auto& all = network.At(host).packets;
  return std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other->IsUdp() && reach.Overlaps(other->reach()) &&
           !(reuse_port && other->reuse_port());
  });
}

}  // namespace

std::pair<std::shared_ptr<ConnNode>, Error> DialPackets(FakeNetwork& network,
                                                        const Network& kind,
                                                        const Addr& local,
                                                        const Addr& remote) {
  const NetworkUse use(network, "dials in", "a network");
  const std::uint32_t host = network.CurrentHost();
  Reach reach;
  Addr to = remote;
  if (!kind.IsInternet()) {
    SocketAddress ignored;
    if (Error err = ToSocketAddress(remote, AF_UNIX, "connect", &ignored)) {
      return {nullptr, std::move(err)};
    }
    const auto& all = network.At(host).packets;
    const bool there = std::any_of(all.begin(), all.end(), [&](const auto& p) {
      return !p->IsUdp() && p->reach().addr.path == remote.path;
    });
    if (!there) {
      return {nullptr, poll::CallError("connect", remote.path.starts_with('@')
                                                      ? ECONNREFUSED
                                                      : ENOENT)};
    }
    reach.addr.network = remote.network;
    reach.addr.path.push_back('@');
    if (local) {
      if (Error err = network.Bind(host, kind, local, &reach)) {
        return {nullptr, std::move(err)};
      }
    }
    return {Opened(network, host, std::move(reach), std::move(to), false),
            nullptr};
  }
  if (!to.ip || to.ip.IsUnspecified()) {
    to.ip =
        kind.only == '6' || to.ip.Is6() ? IPv6loopback : IP::V4(127, 0, 0, 1);
  }
  std::uint32_t there = 0;
  IP source;
  const int err = network.Route(host, to.ip, &there, &source);
  if (err != 0 && err != EHOSTUNREACH) {
    return {nullptr, poll::CallError("connect", err)};
  }
  Addr own = local;
  own.network = remote.network;
  if (!own.ip || own.ip.IsUnspecified()) own.ip = source;
  if (Error bind_err = network.Bind(host, kind, own, &reach)) {
    return {nullptr, std::move(bind_err)};
  }
  if (local && Taken(network, host, kind, reach, false)) {
    return {nullptr, poll::CallError("bind", EADDRINUSE)};
  }
  return {Opened(network, host, std::move(reach), std::move(to), false),
          nullptr};
}

std::pair<std::shared_ptr<ConnNode>, Error> ListenPackets(FakeNetwork& network,
                                                          const Network& kind,
                                                          const Addr& local,
                                                          bool reuse_port) {
  const NetworkUse use(network, "listens in", "a network");
  const std::uint32_t host = network.CurrentHost();
  Reach reach;
  if (Error err = network.Bind(host, kind, local, &reach)) {
    return {nullptr, std::move(err)};
  }
  if (Taken(network, host, kind, reach, reuse_port)) {
    return {nullptr, poll::CallError("bind", EADDRINUSE)};
  }
  return {Opened(network, host, std::move(reach), {}, reuse_port), nullptr};
}

}  // namespace gosling::net::fake
