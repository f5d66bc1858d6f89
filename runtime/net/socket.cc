// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/socket.h"

#include <gosling/io.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

using poll::kPollRead;
using poll::kPollWrite;

// Datagram is its bytes and whom it goes to or comes from.
struct Datagram {
  void* at;
  std::size_t n;
  SocketAddress addr;
};

ssize_t CallRecvfrom(int fd, void* arg) {
  auto& m = *static_cast<Datagram*>(arg);
  m.addr.size = sizeof m.addr.storage;
  const ssize_t n = ::recvfrom(fd, m.at, m.n, 0, m.addr.get(), &m.addr.size);
  return n < 0 ? -errno : n;
}

ssize_t CallSendto(int fd, void* arg) {
  const auto& m = *static_cast<const Datagram*>(arg);
  const ssize_t n =
      ::sendto(fd, m.at, m.n, kNoSignal, m.addr.get(), m.addr.size);
  return n < 0 ? -errno : n;
}

struct Option {
  int level;
  int name;
  const void* value;
  socklen_t size;
};

ssize_t CallSetsockopt(int fd, void* arg) {
  const auto& o = *static_cast<const Option*>(arg);
  return ::setsockopt(fd, o.level, o.name, o.value, o.size) < 0 ? -errno : 0;
}

ssize_t CallShutdown(int fd, void* arg) {
  return ::shutdown(fd, *static_cast<const int*>(arg)) < 0 ? -errno : 0;
}

}  // namespace

std::pair<std::size_t, Error> Socket::Read(std::span<std::byte> to) {
  const poll::Result result = fd_.Read(to);
  if (result.err != 0) return {result.n, Fail("read", "read", result.err)};
  if (result.n == 0 && !to.empty() && EndsWithNothing()) return {0, io::Eof};
  return {result.n, nullptr};
}

std::pair<std::size_t, Error> Socket::Write(std::span<const std::byte> from) {
  const poll::Result result = fd_.Write(from);
  if (result.err != 0) return {result.n, Fail("write", "write", result.err)};
  return {result.n, nullptr};
}

std::pair<std::size_t, Error> Socket::Writev(std::span<iovec> pieces) {
  const poll::Result result = fd_.Writev(pieces);
  if (result.err != 0) return {result.n, Fail("writev", "writev", result.err)};
  return {result.n, nullptr};
}

Error Socket::Close() { return Fail("close", "close", fd_.Close()); }

int Socket::TrySetDeadline(time::Time when, unsigned modes) {
  const std::int64_t at =
      when == time::Time{}
          ? 0
          : std::max<std::int64_t>(when.time_since_epoch().count(), 1);
  return fd_.SetDeadline(at, modes);
}

Error Socket::SetDeadline(time::Time when, unsigned modes) {
  return FailLocally("set", {}, TrySetDeadline(when, modes));
}

PacketConn::From Socket::ReadFrom(std::span<std::byte> to) {
  Datagram datagram = {to.data(), to.size(), {}};
  const poll::FD::Done done = fd_.Do(kPollRead, CallRecvfrom, &datagram);
  if (done.err != 0) return {0, {}, Fail("read", "recvfrom", done.err)};
  return {static_cast<std::size_t>(done.value),
          FromSocketAddress(datagram.addr, network_), nullptr};
}

std::pair<std::size_t, Error> Socket::WriteTo(std::span<const std::byte> from,
                                              const Addr& to) {
  // The system does not write to where this points.
  Datagram datagram = {const_cast<std::byte*>(from.data()), from.size(), {}};
  Error err;
  if (IsConnected()) {
    err = errors::New("use of WriteTo with pre-connected connection");
  } else if (!to) {
    err = errors::New("missing address");
  } else {
    err = ToSocketAddress(to, family_, "sendto", &datagram.addr);
  }
  if (err) return {0, OpError("write", network_, &local_, &to, std::move(err))};
  const poll::FD::Done done = fd_.Do(kPollWrite, CallSendto, &datagram);
  if (done.err == 0) return {static_cast<std::size_t>(done.value), nullptr};
  return {0, OpError("write", network_, &local_, &to,
                     poll::ResultError(done.err, Closed, "sendto"))};
}

Error Socket::SetOption(int level, int name, const void* value,
                        socklen_t size) {
  Option option = {level, name, value, size};
  return Fail("set", "setsockopt", fd_.Once(CallSetsockopt, &option).err);
}

Error Socket::Shutdown(int how) {
  return Fail("close", "shutdown", fd_.Once(CallShutdown, &how).err);
}

Error Socket::Fail(std::string_view op, std::string_view call, int err) const {
  return OpError(op, network_, &local_, &remote_,
                 poll::ResultError(err, Closed, call));
}

Error Socket::FailLocally(std::string_view op, std::string_view call,
                          int err) const {
  return OpError(op, network_, nullptr, &local_,
                 poll::ResultError(err, Closed, call));
}

int SetNumber(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : errno;
}

int SetDefaults(int fd, int family, int type, bool v6_only) {
  if (family == AF_INET6) {
    // Systems that have no such option have nothing to set.
    SetNumber(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6_only ? 1 : 0);
  }
  if (type == SOCK_DGRAM && family != AF_UNIX) {
    return SetNumber(fd, SOL_SOCKET, SO_BROADCAST, 1);
  }
  return 0;
}

int KeepAliveSeconds(time::Duration idle) {
  if (idle.count() == 0) return 15;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(idle).count();
  return static_cast<int>(std::clamp<std::int64_t>(seconds, 1, INT16_MAX));
}

Addr RemoteAddrOf(int fd, std::string_view network) {
  SocketAddress addr;
  if (::getpeername(fd, addr.get(), &addr.size) != 0) return {};
  return FromSocketAddress(addr, network);
}

Addr LocalAddrOf(int fd, std::string_view network) {
  SocketAddress addr;
  if (::getsockname(fd, addr.get(), &addr.size) != 0) return {};
  return FromSocketAddress(addr, network);
}

}  // namespace gosling::net
