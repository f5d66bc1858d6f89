// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Dial: from names to a connection.
//
// The addresses that a name stands for fall into two families; that of the first
// comes first. Its addresses are tried one after the other, each for its share
// of the time that is left; after fallback_delay, or as soon as all of them have
// failed, those of the other family as well, on a goroutine of its own. The
// first connection wins, and the other goroutine closes what it gets.
//
// Go: net/dial.go, sock_posix.go, fd_unix.go (connect), tcpsock_posix.go.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/net.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/net/bad_address.h"
#include "runtime/net/fake/network.h"
#include "runtime/net/fake/packets.h"
#include "runtime/net/fake/stream.h"
#include "runtime/net/op_error.h"
#include "runtime/net/open_socket.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

using internal::NetAccess;
using std::chrono::seconds;

// Attempt is what all tries of one Dial have in common.
struct Attempt {
  const Dialer& dialer;
  std::string_view name;  // of the network
  Network network;
};

ssize_t CallConnect(int fd, void* arg) {
  const auto& to = *static_cast<const SocketAddress*>(arg);
  return ::connect(fd, to.get(), to.size) < 0 ? -errno : 0;
}

// How a connect that takes its time has ended: 0, an errno; EINPROGRESS: not
// yet.
ssize_t CallOutcome(int fd, void*) {
  int err = 0;
  socklen_t size = sizeof err;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0) return -errno;
  if (err != 0) return -err;
  // The system may wake a waiter too soon: an end without another one is none.
  SocketAddress peer;
  if (::getpeername(fd, peer.get(), &peer.size) == 0) return 0;
  return errno == ENOTCONN ? -EINPROGRESS : -errno;
}

bool TakesItsTime(int err) {
  return err == EINPROGRESS || err == EALREADY || err == EINTR;
}

// AwaitConnected waits for a connect under way, until ctx ends.
Error AwaitConnected(const context::Context& ctx,
                     const std::shared_ptr<Socket>& socket) {
  poll::FD& fd = socket->fd();
  if (const auto deadline = ctx.Deadline()) {
    (void)socket->SetDeadline(*deadline, poll::kPollWrite);
  }
  std::function<bool()> stop;
  if (ctx.Done()) {
    stop = context::AfterFunc(ctx, [socket] {
      (void)socket->SetDeadline(time::Time(time::Duration(1)),
                                poll::kPollWrite);
    });
  }
  Error err;
  for (;;) {
    const int waited = fd.Wait(poll::kPollWrite);
    if (waited != 0) {
      err = waited == poll::kErrTimeout
                ? ContextError(context::DeadlineExceeded)
                : poll::ResultError(waited, Closed);
      break;
    }
    const int outcome = fd.Once(CallOutcome, nullptr).err;
    if (TakesItsTime(outcome)) continue;
    if (outcome != EISCONN) err = poll::ResultError(outcome, Closed, "connect");
    break;
  }
  // A function that runs already may set its deadline after us.
  if (stop && !stop()) return ContextError(ctx.Err());
  if (!err) (void)socket->SetDeadline({}, poll::kPollWrite);
  return err;
}

// Connect connects a new socket that the netpoller does not know yet: before
// connect, it would report a socket that is none's as hung up.
Error Connect(const context::Context& ctx,
              const std::shared_ptr<Socket>& socket, SocketAddress to) {
  const int err = socket->fd().Once(CallConnect, &to).err;
  if (err != 0 && err != EISCONN && !TakesItsTime(err)) {
    return poll::CallError("connect", err);
  }
  if (const int init_err = socket->fd().Init(); init_err != 0) {
    return poll::CallError("epoll_ctl", init_err);
  }
  return TakesItsTime(err) ? AwaitConnected(ctx, socket) : Error();
}

std::pair<std::shared_ptr<Socket>, Error> TryOnce(const context::Context& ctx,
                                                  const Attempt& attempt,
                                                  const Addr& remote) {
  const Addr& local = attempt.dialer.local_addr;
  const Addr* from = local ? &local : nullptr;
  const Family family =
      FamilyFor(attempt.network, from, &remote, /*listening=*/false);
  SocketAddress to;
  if (Error err = ToSocketAddress(remote, family.family, "connect", &to)) {
    return {nullptr, err};
  }
  auto [socket, err] =
      OpenSocket(remote.network, family, attempt.network.type,
                 attempt.dialer.control, attempt.name, remote.String());
  if (err) return {nullptr, err};
  const int fd = socket->fd().fd();
  if (attempt.network.kind == Network::Kind::kTcp) {
    SetTcpDefaults(fd, attempt.dialer.keep_alive);
  }
  if (from != nullptr) {
    if (Error bind_err = Bind(fd, *from, family)) return {nullptr, bind_err};
  }
  if (Error connect_err = Connect(ctx, socket, to)) {
    return {nullptr, connect_err};
  }
  // To the system a wildcard is this machine: the address tells which one.
  const Addr peer = RemoteAddrOf(fd, remote.network);
  socket->SetAddrs(LocalAddrOf(fd, remote.network), peer ? peer : remote);
  if (!attempt.dialer.control) socket->IsOurs();
  return {std::move(socket), nullptr};
}

// A port of this machine that nobody listens at may be the one that the system
// chooses for our end: it then connects the socket with itself.
bool IsWithItself(Socket& socket) {
  const Addr local = socket.LocalAddr();
  const Addr remote = socket.RemoteAddr();
  return local.port == remote.port && local.ip == remote.ip;
}

std::pair<Conn, Error> DialInBubble(const context::Context& ctx,
                                    internal::FakeNetwork& network,
                                    const Attempt& attempt,
                                    const Addr& remote) {
  const Addr& local = attempt.dialer.local_addr;
  auto [node, err] =
      attempt.network.type == SOCK_DGRAM
          ? fake::DialPackets(network, attempt.network, local, remote)
          : fake::DialStream(ctx, network, attempt.network, local, remote,
                             attempt.dialer.keep_alive.count() >= 0);
  if (err) {
    return {Conn(),
            OpError("dial", attempt.name, &local, &remote, std::move(err))};
  }
  return {NetAccess::Make<Conn>(std::move(node)), nullptr};
}

std::pair<Conn, Error> DialOne(const context::Context& ctx,
                               const Attempt& attempt, const Addr& remote) {
  if (internal::FakeNetwork* network = internal::FakeNetwork::Here()) {
    return DialInBubble(ctx, *network, attempt, remote);
  }
  const Addr& local = attempt.dialer.local_addr;
  const bool retry = attempt.network.kind == Network::Kind::kTcp &&
                     (!local || local.port == 0);
  for (int tries = 0;; tries++) {
    auto [socket, err] = TryOnce(ctx, attempt, remote);
    // Linux says so now and then of ports that it was about to choose.
    const bool spurious = err.code() == std::errc::address_not_available;
    if (retry && tries < 2 && (spurious || (!err && IsWithItself(*socket)))) {
      continue;
    }
    if (err) {
      return {Conn(),
              OpError("dial", attempt.name, &local, &remote, std::move(err))};
    }
    return {NetAccess::Make<Conn>(
                std::shared_ptr<internal::ConnNode>(std::move(socket))),
            nullptr};
  }
}

// DialInTurn tries the addresses one after the other and returns the first
// error if none of them does.
std::pair<Conn, Error> DialInTurn(const context::Context& ctx,
                                  const Attempt& attempt,
                                  const std::vector<Addr>& addrs) {
  Error first;
  const Addr& local = attempt.dialer.local_addr;
  for (std::size_t i = 0; i < addrs.size(); i++) {
    if (const Error ended = ctx.Err()) {
      return {Conn(), OpError("dial", attempt.name, &local, &addrs[i],
                              ContextError(ended))};
    }
    context::Context limited = ctx;
    context::CancelFunc cancel;
    if (const auto deadline = ctx.Deadline();
        deadline && i + 1 < addrs.size()) {
      const time::Time now = time::Now();
      const time::Duration left = std::max(*deadline - now, time::Duration(0));
      const auto share = std::max<time::Duration>(
          left / static_cast<std::int64_t>(addrs.size() - i),
          std::min<time::Duration>(left, seconds(2)));
      std::tie(limited, cancel) = context::WithTimeout(ctx, share);
    }
    auto [conn, err] = DialOne(limited, attempt, addrs[i]);
    if (cancel) cancel();
    if (!err) return {std::move(conn), nullptr};
    if (!first) first = std::move(err);
  }
  return {Conn(), std::move(first)};
}

struct Outcome {
  Conn conn;
  Error err;
  bool is_primary;
};

// DialBoth races the two families.
std::pair<Conn, Error> DialBoth(const context::Context& ctx,
                                const Attempt& attempt,
                                const std::vector<Addr>& primary,
                                const std::vector<Addr>& fallback) {
  if (fallback.empty()) return DialInTurn(ctx, attempt, primary);
  auto [racing, cancel] = context::WithCancel(ctx);
  // Room for both: the slower one need not wait for anybody. Its connection is
  // closed with its last handle.
  const auto outcomes = MakeChan<Outcome>(2);
  // The racers may outlive this call.
  const auto shared = std::make_shared<const Dialer>(attempt.dialer);
  const auto race = [&, own = racing](const std::vector<Addr>& addrs,
                                      bool is_primary) {
    Go([outcomes, shared, own, addrs, is_primary,
        name = std::string(attempt.name), network = attempt.network] {
      auto [conn, err] =
          DialInTurn(own, Attempt{*shared, name, network}, addrs);
      outcomes.Send(Outcome{std::move(conn), std::move(err), is_primary});
    });
  };
  struct AtEnd {
    context::CancelFunc& f;
    ~AtEnd() { f(); }
  } at_end{cancel};
  race(primary, true);
  auto late = time::NewTimer(attempt.dialer.fallback_delay);
  int running = 1;
  bool is_fallback_started = false;
  Error first;
  for (;;) {
    std::optional<Outcome> outcome;
    const auto start_fallback = [&] {
      if (is_fallback_started) return;
      is_fallback_started = true;
      running++;
      race(fallback, false);
    };
    Select(OnRecv(outcomes,
                  [&](std::optional<Outcome> o) { outcome = std::move(o); }),
           OnRecv(late.C(), start_fallback));
    if (!outcome) continue;
    if (!outcome->err) return {std::move(outcome->conn), nullptr};
    running--;
    if (outcome->is_primary || !first) first = std::move(outcome->err);
    start_fallback();
    if (running == 0) return {Conn(), std::move(first)};
  }
}

// Suits says whether a socket bound to `local` can reach `remote`.
bool Suits(const Addr& local, const Addr& remote) {
  return !local.ip || local.ip.IsUnspecified() || !remote.ip ||
         local.ip.Is4() == remote.ip.Is4();
}

std::pair<Conn, Error> DialName(const context::Context& ctx,
                                const Dialer& dialer, std::string_view name,
                                std::string_view address) {
  const auto fail = [&](Error err) {
    return std::pair(Conn(),
                     OpError("dial", name, nullptr, nullptr, std::move(err)));
  };
  const auto network = ParseNetwork(name);
  if (!network) return fail(UnknownNetwork(name));
  if (address.empty()) return fail(BadAddress({}, "missing address"));
  auto [addrs, err] =
      ResolveAddrs(ctx, dialer.resolver, name, *network, address);
  if (err) return fail(std::move(err));
  const Addr& local = dialer.local_addr;
  if (local && local.network != addrs.front().network) {
    return fail(BadAddress(local.String(), "mismatched local address type"));
  }
  std::vector<Addr> primary;
  std::vector<Addr> fallback;
  const Attempt attempt = {dialer, name, *network};
  const bool may_race = network->kind == Network::Kind::kTcp &&
                        network->only == 0 &&
                        dialer.fallback_delay.count() >= 0;
  for (Addr& addr : addrs) {
    if (!Suits(local, addr)) continue;
    const bool is_other = may_race && !primary.empty() &&
                          addr.ip.Is4() != primary.front().ip.Is4();
    (is_other ? fallback : primary).push_back(std::move(addr));
  }
  if (primary.empty()) {
    return fail(BadAddress(local.String(), "no suitable address found"));
  }
  return DialBoth(ctx, attempt, primary, fallback);
}

}  // namespace

std::pair<Conn, Error> Dialer::DialContext(const context::Context& ctx,
                                           std::string_view network,
                                           std::string_view address) const {
  time::Time ends = deadline;
  if (timeout.count() != 0) {
    const time::Time now = time::Now();
    // One that is too long to count is none.
    const time::Time after =
        timeout > time::Time::max() - now ? time::Time::max() : now + timeout;
    if (ends == time::Time{} || after < ends) ends = after;
  }
  if (ends == time::Time{}) return DialName(ctx, *this, network, address);
  auto [limited, cancel] = context::WithDeadline(ctx, ends);
  auto result = DialName(limited, *this, network, address);
  cancel();
  return result;
}

std::pair<Conn, Error> Dialer::Dial(std::string_view network,
                                    std::string_view address) const {
  return DialContext(context::Background(), network, address);
}

std::pair<Conn, Error> Dial(std::string_view network,
                            std::string_view address) {
  return Dialer().Dial(network, address);
}

std::pair<Conn, Error> DialTimeout(std::string_view network,
                                   std::string_view address, time::Delay d) {
  Dialer dialer;
  dialer.timeout = time::Duration(d.Nanoseconds());
  return dialer.Dial(network, address);
}

}  // namespace gosling::net
