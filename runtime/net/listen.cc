// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Listen, ListenPacket and sockets from elsewhere. Go: net/dial.go, file.go,
// sock_posix.go (listenStream, listenDatagram), unixsock_posix.go.

#include <fcntl.h>
#include <gosling/net.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/net/bad_address.h"
#include "runtime/net/fake/network.h"
#include "runtime/net/fake/packets.h"
#include "runtime/net/fake/stream.h"
#include "runtime/net/listener.h"
#include "runtime/net/op_error.h"
#include "runtime/net/open_socket.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

using internal::ConnNode;
using internal::NetAccess;

// Place is where to listen, or why nowhere.
struct Place {
  Network network{};
  Addr local;
  Error err;
};

Place Resolve(const context::Context& ctx, const ListenConfig& config,
              std::string_view name, std::string_view address,
              bool for_messages) {
  const auto network = ParseNetwork(name);
  if (!network) {
    return {{},
            {},
            OpError("listen", name, nullptr, nullptr, UnknownNetwork(name))};
  }
  auto [addrs, err] =
      ResolveAddrs(ctx, config.resolver, name, *network, address);
  if (err) return {{}, {}, OpError("listen", name, nullptr, nullptr, err)};
  // Of several, one of IPv4, which most others can reach.
  const auto it = std::find_if(addrs.begin(), addrs.end(), [](const Addr& a) {
    return a.ip && a.ip.Is4();
  });
  Addr local = it != addrs.end() ? *it : addrs.front();
  if ((network->type == SOCK_DGRAM) != for_messages) {
    return {{},
            {},
            OpError("listen", name, nullptr, &local,
                    BadAddress(local.String(), "unexpected address type"))};
  }
  return {*network, std::move(local), nullptr};
}

// Bound is a socket with a local address, or why there is none.
struct Bound {
  std::shared_ptr<Socket> socket;
  Error err;
};

Bound OpenAndBind(const ListenConfig& config, std::string_view name,
                  const Place& place) {
  const Network& network = place.network;
  const Addr& local = place.local;
  const auto fail = [&](Error why) {
    return Bound{nullptr,
                 OpError("listen", name, nullptr, &local, std::move(why))};
  };
  const Family family = FamilyFor(network, &local, nullptr, /*listening=*/true);
  auto [socket, open_err] = OpenSocket(local.network, family, network.type,
                                       config.control, name, local.String());
  if (open_err) return fail(std::move(open_err));
  const int fd = socket->fd().fd();
  int failed = 0;
  // A server that was ended may be started again at once.
  if (network.kind == Network::Kind::kTcp) {
    failed = SetNumber(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    SetTcpDefaults(fd, config.keep_alive);
  }
  if (failed == 0 && config.reuse_port) {
    failed = SetNumber(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (failed != 0) return fail(poll::CallError("setsockopt", failed));
  if (Error bind_err = Bind(fd, local, family)) return fail(bind_err);
  socket->SetAddrs(LocalAddrOf(fd, local.network), {});
  return {std::move(socket), nullptr};
}

Listener ListenerOf(std::shared_ptr<Socket> socket, std::string unlink) {
  return NetAccess::Make<Listener>(std::shared_ptr<internal::ListenerNode>(
      std::make_shared<internal::SocketListener>(std::move(socket),
                                                 std::move(unlink))));
}

bool IsFile(const Addr& addr) {
  return addr.network.starts_with("unix") && !addr.path.empty() &&
         addr.path[0] != '@';
}

ssize_t CallListen(int fd, void* arg) {
  return ::listen(fd, *static_cast<const int*>(arg)) < 0 ? -errno : 0;
}

// Duplicate is what the callers of FileConn and FileListener keep theirs for.
std::pair<int, Error> Duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) return {-1, poll::CallError("fcntl", errno)};
  return {copy, nullptr};
}

// SocketOf finds out what a descriptor from elsewhere is, and duplicates it.
std::pair<std::shared_ptr<Socket>, Error> SocketOf(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    return {nullptr, poll::CallError("getsockopt", errno)};
  }
  SocketAddress local;
  if (::getsockname(fd, local.get(), &local.size) != 0) {
    return {nullptr, poll::CallError("getsockname", errno)};
  }
  const bool is_unix = local.family() == AF_UNIX;
  if (!is_unix && local.family() != AF_INET && local.family() != AF_INET6) {
    return {nullptr, poll::ErrnoError(EPROTONOSUPPORT)};
  }
  std::string_view network = is_unix ? "unix" : "tcp";
  if (type == SOCK_DGRAM) network = is_unix ? "unixgram" : "udp";
  if (type == SOCK_SEQPACKET) network = "unixpacket";
  SocketAddress peer;
  const bool connected = ::getpeername(fd, peer.get(), &peer.size) == 0;
  auto [copy, err] = Duplicate(fd);
  if (err) return {nullptr, err};
  auto socket = std::make_shared<Socket>(copy, local.family(), type, network);
  if (int mode_err = poll::SetNonblock(copy, true); mode_err != 0) {
    return {nullptr, poll::CallError("fcntl", mode_err)};
  }
  if (int init_err = socket->fd().Init(); init_err != 0) {
    return {nullptr, poll::CallError("epoll_ctl", init_err)};
  }
  socket->SetAddrs(FromSocketAddress(local, network),
                   connected ? FromSocketAddress(peer, network) : Addr());
  return {std::move(socket), nullptr};
}

}  // namespace

std::pair<Listener, Error> ListenConfig::Listen(
    const context::Context& ctx, std::string_view network,
    std::string_view address) const {
  const Place place =
      Resolve(ctx, *this, network, address, /*for_messages=*/false);
  if (place.err) return {Listener(), place.err};
  if (internal::FakeNetwork* fake = internal::FakeNetwork::Here()) {
    auto [node, err] = fake::ListenStream(*fake, place.network, place.local,
                                          reuse_port, backlog);
    return {NetAccess::Make<Listener>(std::move(node)),
            OpError("listen", network, nullptr, &place.local, std::move(err))};
  }
  Bound bound = OpenAndBind(*this, network, place);
  if (bound.err) return {Listener(), bound.err};
  // The system knows how many at most.
  int most = backlog > 0 ? backlog : INT_MAX;
  poll::FD& fd = bound.socket->fd();
  std::string_view call = "listen";
  int err = fd.Once(CallListen, &most).err;
  if (err == 0) {
    call = "epoll_ctl";
    err = fd.Init();
  }
  if (err != 0) {
    return {Listener(), OpError("listen", network, nullptr, &place.local,
                                poll::CallError(call, err))};
  }
  std::string unlink = IsFile(place.local) ? place.local.path : std::string();
  return {ListenerOf(std::move(bound.socket), std::move(unlink)), nullptr};
}

std::pair<PacketConn, Error> ListenConfig::ListenPacket(
    const context::Context& ctx, std::string_view network,
    std::string_view address) const {
  const Place place =
      Resolve(ctx, *this, network, address, /*for_messages=*/true);
  if (place.err) return {PacketConn(), place.err};
  if (internal::FakeNetwork* fake = internal::FakeNetwork::Here()) {
    auto [node, err] =
        fake::ListenPackets(*fake, place.network, place.local, reuse_port);
    return {NetAccess::Make<PacketConn>(std::move(node)),
            OpError("listen", network, nullptr, &place.local, std::move(err))};
  }
  Bound bound = OpenAndBind(*this, network, place);
  if (bound.err) return {PacketConn(), bound.err};
  if (const int err = bound.socket->fd().Init(); err != 0) {
    return {PacketConn(), OpError("listen", network, nullptr, &place.local,
                                  poll::CallError("epoll_ctl", err))};
  }
  return {NetAccess::Make<PacketConn>(
              std::shared_ptr<ConnNode>(std::move(bound.socket))),
          nullptr};
}

std::pair<Listener, Error> Listen(std::string_view network,
                                  std::string_view address) {
  return ListenConfig().Listen(context::Background(), network, address);
}

std::pair<PacketConn, Error> ListenPacket(std::string_view network,
                                          std::string_view address) {
  return ListenConfig().ListenPacket(context::Background(), network, address);
}

std::pair<Conn, Error> FileConn(int fd) {
  auto [socket, err] = SocketOf(fd);
  if (err) {
    return {Conn(), OpError("file", "file+net", nullptr, nullptr, err)};
  }
  return {NetAccess::Make<Conn>(std::shared_ptr<ConnNode>(std::move(socket))),
          nullptr};
}

std::pair<Listener, Error> FileListener(int fd) {
  auto [socket, err] = SocketOf(fd);
  if (err) {
    return {Listener(), OpError("file", "file+net", nullptr, nullptr, err)};
  }
  return {ListenerOf(std::move(socket), ""), nullptr};
}

}  // namespace gosling::net
