// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/fake/stream.h"

#include <gosling/context.h>
#include <gosling/io.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "runtime/net/addr.h"
#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"
#include "sched/control.h"

namespace gosling::net::fake {

using internal::ConnNode;
using internal::ListenerNode;
using internal::NetAccess;
using internal::NetworkUse;
using poll::kErrClosing;
using poll::kErrTimeout;

namespace {

// How many bytes an end takes that are not read, and how many connections a
// listener, by default, that are not accepted. (The second is Linux's.)
constexpr std::size_t kWindow = 64 << 10;
constexpr std::size_t kBacklog = 4096;

// How long a dial goes on without an answer, and how soon it is repeated if the
// listener has no room. As Linux does.
constexpr std::int64_t kDialTime = 127'000'000'000;
constexpr std::int64_t kDialAgain = 1'000'000'000;

constexpr char kConnection[] = "a connection";
constexpr char kListener[] = "a listener";

}  // namespace

// ---------------------------------------------------------------------------
// Link: dialing.

Link::Link(FakeNetwork& network, int type, EndOf dialer, EndOf listener)
    : network_(network),
      type_(type),
      ends_{End(std::move(dialer)), End(std::move(listener))} {
  ends_[1].closed = true;  // until it is there
}

void Link::Dial() {
  network_.links().push_back(shared_from_this());
  if (IsTcp()) {
    network_.At(ends_[0].host).dialed[ends_[0].addr.port]++;
    ends_[0].write_deadline.Set(sched::Clock() + kDialTime);
  }
  Send(1, {Piece::Kind::kSyn});
}

int Link::AwaitDialed() {
  End& end = ends_[0];
  while (state_ == State::kDialing && !gave_up_ && !end.closed &&
         !end.write_deadline.over()) {
    end.writers.Wait();
  }
  if (state_ == State::kRefused) return refused_;
  if (end.closed) return ENETDOWN;  // its host was stopped
  if (state_ == State::kDialing) return gave_up_ ? kErrClosing : ETIMEDOUT;
  end.write_deadline.Set(0);
  return 0;
}

void Link::GiveUp() {
  gave_up_ = true;
  ends_[0].writers.WakeAll();
}

// The functions from here to Take call one another in a circle: what comes at once
// may be answered. An answer is answered once at most.
// NOLINTBEGIN(misc-no-recursion)

// Syn: the question has come to the host of end 1.
void Link::Syn() {
  if (ends_[0].closed || state_ != State::kDialing) return;
  const Addr& to = ends_[1].addr;
  Listener* found = nullptr;
  int err = ECONNREFUSED;
  if (!IsTcp() && !to.path.starts_with('@')) err = ENOENT;
  for (const auto& listener : network_.At(ends_[1].host).listeners) {
    const Reach& at = listener->reach();
    if (at.addr.network == "tcp"
            ? !IsTcp() || at.addr.port != to.port || !at.Hears(to.ip)
            : IsTcp() || at.addr.path != to.path) {
      continue;
    }
    if (listener->type() != type_) {
      // Of names that are no files each type has its own.
      if (!to.path.starts_with('@')) err = EPROTOTYPE;
      continue;
    }
    // One at that very address goes before a wildcard; those that share one are
    // taken in turn.
    const bool exact = at.addr.ip == to.ip;
    const bool former = found != nullptr && found->reach().addr.ip == to.ip;
    if (found == nullptr || (exact && !former) ||
        (exact == former && listener->given < found->given)) {
      found = listener.get();
    }
  }
  if (found != nullptr && found->IsFull() && IsTcp()) {
    network_.Post(sched::Clock() + kDialAgain,
                  [link = shared_from_this()] { link->Syn(); });
    return;
  }
  if (found == nullptr || found->IsFull()) {
    Piece refusal{Piece::Kind::kRefused};
    refusal.err = found == nullptr ? err : EAGAIN;
    Send(0, std::move(refusal));
    return;
  }
  found->given++;
  ends_[1].closed = false;
  found->Offer(shared_from_this());
  Send(0, {Piece::Kind::kSynAck});
}

// ---------------------------------------------------------------------------
// Link: what is under way.

void Link::Send(int to, Piece piece) {
  End& end = ends_[to];
  const std::uint32_t from = ends_[1 - to].host;
  const std::int64_t now = sched::Clock();
  std::int64_t when = now;
  if (IsTcp()) {
    when += network_.Delay(from, end.host, piece.bytes.size()) +
            network_.Resent(from, end.host);
  }
  when = std::max(when, end.last_comes);
  end.last_comes = when;
  end.coming.push_back(std::move(piece));
  if (when <= now && end.coming.size() == 1) {
    Comes(to);
  } else {
    network_.Post(when, [link = shared_from_this(), to] { link->Comes(to); });
  }
}

void Link::Comes(int to) {
  End& end = ends_[to];
  if (network_.IsCut(ends_[0].host, ends_[1].host)) {
    end.owed++;
    return;
  }
  Piece piece = std::move(end.coming.front());
  end.coming.pop_front();
  Take(to, std::move(piece));
}

void Link::Take(int to, Piece piece) {
  End& end = ends_[to];
  switch (piece.kind) {
    case Piece::Kind::kSyn:
      Syn();
      return;
    case Piece::Kind::kRefused:
      state_ = State::kRefused;
      refused_ = piece.err;
      end.writers.WakeAll();
      return;
    case Piece::Kind::kSynAck:
      if (end.closed) {
        Send(1 - to, {Piece::Kind::kReset, ECONNRESET});
        return;
      }
      state_ = State::kOpen;
      end.writers.WakeAll();
      return;
    case Piece::Kind::kData:
      if (end.dead || end.closed) {
        end.taken -= piece.bytes.size();
        if (!end.dead && IsTcp()) {
          end.dead = true;
          Send(1 - to, {Piece::Kind::kReset, ECONNRESET});
        }
        return;
      }
      end.unread.push_back(std::move(piece.bytes));
      end.readers.WakeAll();
      return;
    case Piece::Kind::kFin:
      end.ended = true;
      end.broken = end.broken || piece.closing;
      Wake(end);
      return;
    case Piece::Kind::kReset:
      // One that knows of the end already has only written in vain.
      Kill(end, end.ended ? EPIPE : piece.err);
      return;
  }
}

// NOLINTEND(misc-no-recursion)

void Link::Wake(End& end) {
  end.readers.WakeAll();
  end.writers.WakeAll();
}

void Link::Kill(End& end, int err) {
  if (end.dead) return;
  end.dead = true;
  end.err = err;
  Wake(end);
}

bool Link::Joins(std::uint32_t a, std::uint32_t b) const {
  const std::uint32_t x = ends_[0].host;
  const std::uint32_t y = ends_[1].host;
  return (x == a && y == b) || (x == b && y == a);
}

void Link::Heal() {
  for (const int to : {0, 1}) {
    End& end = ends_[to];
    for (int owed = std::exchange(end.owed, 0); owed > 0; owed--) {
      const std::int64_t delay =
          network_.Delay(ends_[1 - to].host, end.host, 0);
      end.last_comes = std::max(sched::Clock() + delay, end.last_comes);
      network_.Post(end.last_comes,
                    [link = shared_from_this(), to] { link->Comes(to); });
    }
  }
}

void Link::BreakSilent() {
  if (state_ != State::kOpen) return;
  for (End& end : ends_) {
    if (!end.closed && end.keep_alive) Kill(end, ETIMEDOUT);
  }
}

void Link::Stop(std::uint32_t host) {
  for (const int i : {0, 1}) {
    if (ends_[i].host != host) continue;
    ends_[i].resets = true;
    Close(i);
  }
}

void Link::Refuse() {
  ends_[1].resets = true;
  Close(1);
}

// Forget takes the connection out of the network's list once both ends are
// closed.
void Link::Forget() {
  if (!ends_[0].closed || !ends_[1].closed) return;
  auto& links = network_.links();
  const auto self =
      std::find_if(links.begin(), links.end(),
                   [this](auto& link) { return link.get() == this; });
  if (self == links.end()) return;
  if (IsTcp()) {
    auto& dialed = network_.At(ends_[0].host).dialed;
    const auto port = dialed.find(ends_[0].addr.port);
    if (--port->second == 0) dialed.erase(port);
  }
  std::swap(*self, links.back());
  links.pop_back();  // its callers hold it
}

// ---------------------------------------------------------------------------
// Link: its ends.

poll::Result Link::Read(int i, std::span<std::byte> to) {
  End& end = ends_[i];
  const Turn::Held turn(end.reading, end.closed);
  if (!turn) return {0, kErrClosing};
  return ReadNow(end, ends_[1 - i], to);
}

poll::Result Link::ReadNow(End& end, End& other, std::span<std::byte> to) {
  // A deadline that is over ends a read that begins, but not one for which there
  // is something when it goes on. As Go's.
  for (bool begins = true;; begins = false, end.readers.Wait()) {
    if (end.closed) return {0, kErrClosing};
    if (to.empty()) return {};
    if (begins && end.read_deadline.over()) return {0, kErrTimeout};
    if (!end.unread.empty()) break;
    if (end.ended && IsTcp()) return {};
    if (end.err != 0) return {0, std::exchange(end.err, 0)};
    if (end.ended || end.dead || end.read_shut) return {};
    if (end.read_deadline.over()) return {0, kErrTimeout};
  }
  std::size_t n = 0;
  std::size_t lost = 0;
  while (n < to.size() && !end.unread.empty()) {
    const std::vector<std::byte>& first = end.unread.front();
    const std::size_t some = std::min(first.size() - end.at, to.size() - n);
    std::memcpy(to.data() + n, first.data() + end.at, some);
    n += some;
    end.at += some;
    const bool message = type_ != SOCK_STREAM;
    if (message) lost = first.size() - end.at;
    if (message || end.at == first.size()) {
      end.unread.pop_front();
      end.at = 0;
    }
    if (message) break;
  }
  end.taken -= n + lost;
  // Not for each byte that a slow reader reads.
  if (end.taken <= kWindow / 2) other.writers.WakeAll();
  return {n, 0};
}

poll::Result Link::Write(int i, std::span<const std::byte> from) {
  End& end = ends_[i];
  const Turn::Held turn(end.writing, end.closed);
  if (!turn) return {0, kErrClosing};
  return WriteNow(end, ends_[1 - i], 1 - i, from);
}

poll::Result Link::WriteNow(End& end, End& other, int to,
                            std::span<const std::byte> from) {
  if (end.closed) return {0, kErrClosing};
  if (end.write_deadline.over()) return {0, kErrTimeout};
  std::size_t n = 0;
  while (n < from.size()) {
    if (end.closed) return {n, kErrClosing};
    if (end.err != 0 && IsTcp()) return {n, std::exchange(end.err, 0)};
    if (end.write_shut || end.dead || end.broken) return {n, EPIPE};
    std::size_t some = from.size() - n;
    if (type_ == SOCK_STREAM) {
      some = std::min(some, kWindow - other.taken);
    } else if (some > kWindow) {
      return {n, EMSGSIZE};
    } else if (some > kWindow - other.taken) {
      some = 0;
    }
    if (some == 0) {
      if (end.write_deadline.over()) return {n, kErrTimeout};
      end.writers.Wait();
      continue;
    }
    Piece piece;
    const auto bytes = from.subspan(n, some);
    piece.bytes.assign(bytes.begin(), bytes.end());
    n += some;
    other.taken += some;
    Send(to, std::move(piece));
  }
  return {n, 0};
}

int Link::Close(int i) {
  End& end = ends_[i];
  if (end.closed) return kErrClosing;
  const auto self = shared_from_this();
  end.closed = true;
  end.read_deadline.Set(0);
  end.write_deadline.Set(0);
  Wake(end);
  end.reading.WakeAll();
  end.writing.WakeAll();
  if (state_ != State::kRefused && !(state_ == State::kDialing && i == 0) &&
      !end.dead) {
    if (!end.unread.empty() || end.resets) {
      end.dead = true;
      Send(1 - i, {Piece::Kind::kReset, ECONNRESET});
    } else if (!IsTcp() || !end.write_shut) {
      Send(1 - i, {Piece::Kind::kFin, 0, /*closing=*/!IsTcp()});
    }
  }
  end.unread.clear();
  Forget();
  return 0;
}

int Link::CloseRead(int i) {
  End& end = ends_[i];
  if (end.closed) return kErrClosing;
  if (end.dead && IsTcp()) return ENOTCONN;
  end.read_shut = true;
  if (!IsTcp()) ends_[1 - i].broken = true;
  Wake(end);
  Wake(ends_[1 - i]);
  return 0;
}

int Link::CloseWrite(int i) {
  End& end = ends_[i];
  if (end.closed) return kErrClosing;
  if (end.dead && IsTcp()) return ENOTCONN;
  if (std::exchange(end.write_shut, true)) return 0;
  Wake(end);
  if (!end.dead) Send(1 - i, {Piece::Kind::kFin});
  return 0;
}

int Link::SetDeadline(int i, std::int64_t when, unsigned modes) {
  End& end = ends_[i];
  if (end.closed) return kErrClosing;
  if ((modes & poll::kPollRead) != 0) end.read_deadline.Set(when);
  if ((modes & poll::kPollWrite) != 0) end.write_deadline.Set(when);
  return 0;
}

// ---------------------------------------------------------------------------
// Listener.

Listener::Listener(FakeNetwork& network, std::uint32_t host, int type,
                   Reach reach, bool reuse_port, std::size_t backlog)
    : network_(network),
      host_(host),
      type_(type),
      reach_(std::move(reach)),
      reuse_port_(reuse_port),
      backlog_(backlog) {}

void Listener::Offer(std::shared_ptr<Link> link) {
  waiting_.push_back(std::move(link));
  accepters_.WakeAll();
}

int Listener::Accept(std::shared_ptr<Link>* link) {
  for (bool begins = true;; begins = false, accepters_.Wait()) {
    if (closed_) return kErrClosing;
    if (begins && deadline_.over()) return kErrTimeout;
    if (!waiting_.empty()) break;
    if (deadline_.over()) return kErrTimeout;
  }
  *link = std::move(waiting_.front());
  waiting_.pop_front();
  return 0;
}

int Listener::Close() {
  if (closed_) return kErrClosing;
  closed_ = true;
  deadline_.Set(0);
  accepters_.WakeAll();
  for (const auto& link : std::exchange(waiting_, {})) link->Refuse();
  std::erase_if(network_.At(host_).listeners,
                [this](const auto& l) { return l.get() == this; });
  return 0;
}

int Listener::SetDeadline(std::int64_t when) {
  if (closed_) return kErrClosing;
  deadline_.Set(when);
  return 0;
}

// ---------------------------------------------------------------------------
// Handles' nodes.

namespace {

using Moved = std::pair<std::size_t, Error>;

std::int64_t Nanoseconds(time::Time when) {
  if (when == time::Time{}) return 0;
  return std::max<std::int64_t>(when.time_since_epoch().count(), 1);
}

class StreamConn final : public ConnNode {
 public:
  StreamConn(FakeNetwork& network, std::shared_ptr<Link> link, int end)
      : network_(network.shared_from_this()),
        link_(std::move(link)),
        end_(end),
        name_(link_->network_name()),
        local_(link_->AddrOf(end)),
        remote_(link_->AddrOf(1 - end)) {}

  // NOLINTNEXTLINE(bugprone-exception-escape): lack of memory ends the program
  ~StreamConn() override {
    if (!network_->Inside() || link_->IsClosed(end_)) return;
    const sched::Pinned pin;
    link_->Close(end_);
  }

  Moved Read(std::span<std::byte> to) override {
    const poll::Result result = [&] {
      const NetworkUse use(*network_, "reads from", kConnection);
      return link_->Read(end_, to);
    }();
    if (result.err != 0) return {result.n, Fail("read", "read", result.err)};
    if (result.n == 0 && !to.empty()) return {0, io::Eof};
    return {result.n, nullptr};
  }

  Moved Write(std::span<const std::byte> from) override {
    return WriteAs("write", from);
  }

  Moved Writev(std::span<iovec> pieces) override {
    return WriteAs("writev", Joined(pieces));
  }

  Error Close() override {
    const NetworkUse use(*network_, "closes", kConnection);
    return Fail("close", "close", link_->Close(end_));
  }

  Addr LocalAddr() override { return local_; }
  Addr RemoteAddr() override { return remote_; }

  Error SetDeadline(time::Time when, unsigned modes) override {
    const NetworkUse use(*network_, "sets a deadline of", kConnection);
    return OpError(
        "set", name_, nullptr, &local_,
        poll::ResultError(link_->SetDeadline(end_, Nanoseconds(when), modes),
                          Closed));
  }

  std::string_view network() const override { return name_; }
  int type() const override { return link_->type(); }

  Error SetOption(int level, int name, const void* value,
                  socklen_t size) override {
    const NetworkUse use(*network_, "sets an option of", kConnection);
    if (link_->IsClosed(end_)) return Fail("set", "setsockopt", kErrClosing);
    if (level != SOL_SOCKET) return nullptr;
    if (name == SO_LINGER && size == sizeof(linger)) {
      linger l;
      std::memcpy(&l, value, sizeof l);
      link_->SetReset(end_, l.l_onoff != 0 && l.l_linger == 0);
    }
    if (name == SO_KEEPALIVE && size == sizeof(int)) {
      int on;
      std::memcpy(&on, value, sizeof on);
      link_->SetKeepAlive(end_, on != 0);
    }
    return nullptr;
  }

  Error Shutdown(int how) override {
    const NetworkUse use(*network_, "closes", kConnection);
    return Fail(
        "close", "shutdown",
        how == SHUT_RD ? link_->CloseRead(end_) : link_->CloseWrite(end_));
  }

 private:
  Moved WriteAs(std::string_view op, std::span<const std::byte> from) {
    const poll::Result result = [&] {
      const NetworkUse use(*network_, "writes to", kConnection);
      return link_->Write(end_, from);
    }();
    if (result.err != 0) return {result.n, Fail(op, op, result.err)};
    return {result.n, nullptr};
  }

  Error Fail(std::string_view op, std::string_view call, int err) const {
    return OpError(op, name_, &local_, &remote_,
                   poll::ResultError(err, Closed, call));
  }

  const std::shared_ptr<FakeNetwork> network_;
  const std::shared_ptr<Link> link_;
  const int end_;
  const std::string name_;
  const Addr local_;
  const Addr remote_;
};

class FakeListener final : public ListenerNode {
 public:
  FakeListener(FakeNetwork& network, std::shared_ptr<Listener> listener)
      : network_(network.shared_from_this()),
        listener_(std::move(listener)),
        local_(listener_->reach().addr) {}

  // NOLINTNEXTLINE(bugprone-exception-escape): as ~StreamConn
  ~FakeListener() override {
    if (!network_->Inside() || listener_->IsClosed()) return;
    const sched::Pinned pin;
    listener_->Close();
  }

  std::pair<Conn, Error> Accept() override {
    std::shared_ptr<Link> link;
    const int err = [&] {
      const NetworkUse use(*network_, "accepts from", kListener);
      return listener_->Accept(&link);
    }();
    if (err != 0) return {Conn(), Fail("accept", err)};
    return {NetAccess::Make<Conn>(std::shared_ptr<ConnNode>(
                std::make_shared<StreamConn>(*network_, std::move(link), 1))),
            nullptr};
  }

  Error Close() override {
    const NetworkUse use(*network_, "closes", kListener);
    return Fail("close", listener_->Close());
  }

  Addr LocalAddr() override { return local_; }

  Error SetDeadline(time::Time when) override {
    const NetworkUse use(*network_, "sets a deadline of", kListener);
    return poll::ResultError(listener_->SetDeadline(Nanoseconds(when)), Closed);
  }

 private:
  Error Fail(std::string_view op, int err) const {
    return OpError(op, local_.network, nullptr, &local_,
                   poll::ResultError(err, Closed));
  }

  const std::shared_ptr<FakeNetwork> network_;
  const std::shared_ptr<Listener> listener_;
  const Addr local_;
};

// Loopback is what a wildcard stands for to a caller that dials it.
IP Dialed(const IP& ip, char only) {
  if (ip && !ip.IsUnspecified()) return ip;
  return only == '6' || ip.Is6() ? IPv6loopback : IP::V4(127, 0, 0, 1);
}

struct Route {
  Link::EndOf dialer;
  Link::EndOf listener;
};

Error RouteTcp(FakeNetwork& network, const Network& kind, const Addr& local,
               const Addr& remote, Route* route) {
  Machine& machine = network.At(route->dialer.host);
  route->listener.addr = remote;
  route->listener.addr.ip = Dialed(remote.ip, kind.only);
  IP source;
  if (const int err = network.Route(route->dialer.host, route->listener.addr.ip,
                                    &route->listener.host, &source);
      err != 0) {
    return poll::CallError("connect", err);
  }
  Addr& own = route->dialer.addr;
  own.network = remote.network;
  own.ip = source;
  if (local.ip && !local.ip.IsUnspecified()) {
    if (!machine.Has(local.ip)) return poll::CallError("bind", EADDRNOTAVAIL);
    own.ip = local.ip;
  }
  own.port = local.port != 0 ? local.port : machine.FreePort();
  if (own.port == 0) return poll::CallError("connect", EADDRNOTAVAIL);
  if (local.port == 0) return nullptr;
  const bool taken =
      machine.dialed.contains(own.port) ||
      std::any_of(machine.listeners.begin(), machine.listeners.end(),
                  [&own](const auto& listener) {
                    return listener->reach().addr.port == own.port &&
                           listener->reach().Hears(own.ip);
                  });
  return taken ? poll::CallError("bind", EADDRINUSE) : Error();
}

Error RouteUnix(const Addr& local, const Addr& remote, Route* route) {
  SocketAddress ignored;
  if (Error err = ToSocketAddress(remote, AF_UNIX, "connect", &ignored)) {
    return err;
  }
  route->listener.host = route->dialer.host;
  route->listener.addr = remote;
  route->dialer.addr.network = remote.network;
  route->dialer.addr.path = local ? local.path : "@";
  return nullptr;
}

}  // namespace

std::pair<std::shared_ptr<ConnNode>, Error> DialStream(
    const context::Context& ctx, FakeNetwork& network, const Network& kind,
    const Addr& local, const Addr& remote, bool keep_alive) {
  std::shared_ptr<Link> link;
  {
    const NetworkUse use(network, "dials in", "a network");
    Route route;
    route.dialer.host = network.CurrentHost();
    if (Error err = kind.IsInternet()
                        ? RouteTcp(network, kind, local, remote, &route)
                        : RouteUnix(local, remote, &route)) {
      return {nullptr, err};
    }
    link = std::make_shared<Link>(network, kind.type, std::move(route.dialer),
                                  std::move(route.listener));
    link->SetKeepAlive(0, keep_alive);
    link->Dial();
  }
  std::function<bool()> stop;
  if (ctx.Done()) {
    stop = context::AfterFunc(ctx, [link, &network] {
      const NetworkUse use(network, "gives up", kConnection);
      link->GiveUp();
    });
  }
  const int err = [&] {
    const NetworkUse use(network, "dials in", "a network");
    return link->AwaitDialed();
  }();
  const bool ended = stop && !stop();
  if (err != 0 || ended) {
    const NetworkUse use(network, "dials in", "a network");
    link->Close(0);
    if (ended) return {nullptr, ContextError(ctx.Err())};
    return {nullptr, poll::CallError("connect", err)};
  }
  return {std::make_shared<StreamConn>(network, std::move(link), 0), nullptr};
}

std::pair<std::shared_ptr<ListenerNode>, Error> ListenStream(
    FakeNetwork& network, const Network& kind, const Addr& local,
    bool reuse_port, int backlog) {
  const NetworkUse use(network, "listens in", "a network");
  const std::uint32_t host = network.CurrentHost();
  Reach reach;
  if (Error err = network.Bind(host, kind, local, &reach)) {
    return {nullptr, std::move(err)};
  }
  Machine& machine = network.At(host);
  for (const auto& other : machine.listeners) {
    if (other->reach().addr.network == reach.addr.network &&
        kind.IsInternet() && reach.Overlaps(other->reach()) &&
        !(reuse_port && other->reuse_port())) {
      return {nullptr, poll::CallError("bind", EADDRINUSE)};
    }
  }
  auto listener = std::make_shared<Listener>(
      network, host, kind.type, std::move(reach), reuse_port,
      backlog > 0 ? static_cast<std::size_t>(backlog) : kBacklog);
  machine.listeners.push_back(listener);
  return {std::make_shared<FakeListener>(network, std::move(listener)),
          nullptr};
}

}  // namespace gosling::net::fake
