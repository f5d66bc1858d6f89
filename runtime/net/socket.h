// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Socket: a connection, or a listener's descriptor, with its addresses and its
// errors' words. Go: net.netFD.

#ifndef GOSLING_RUNTIME_NET_SOCKET_H_
#define GOSLING_RUNTIME_NET_SOCKET_H_

#include <gosling/net.h>

#include <memory>
#include <string>
#include <string_view>

#include "runtime/net/addr.h"
#include "runtime/net/conn.h"
#include "runtime/poll/fd.h"

namespace gosling::net {

// kShortReadEmpties says whether a TCP socket is empty after a read that got less
// than it asked for, unless the netpoller has reported more than data. By
// system, as what stands at the end.
extern const bool kShortReadEmpties;

class Socket final : public internal::ConnNode {
 public:
  // The descriptor becomes the Socket's. `type` is SOCK_STREAM and so on;
  // `network` what errors call it.
  Socket(int fd, int family, int type, std::string_view network)
      : fd_(fd, poll::FD::Kind::kSocket),
        network_(network),
        family_(family),
        type_(type) {}

  // SetAddrs comes before anybody else has the Socket.
  void SetAddrs(Addr local, Addr remote) {
    local_ = std::move(local);
    remote_ = std::move(remote);
  }

  std::pair<std::size_t, Error> Read(std::span<std::byte> to) override;
  std::pair<std::size_t, Error> Write(std::span<const std::byte> from) override;
  std::pair<std::size_t, Error> Writev(std::span<iovec> pieces) override;
  Error Close() override;
  Addr LocalAddr() override { return local_; }
  Addr RemoteAddr() override { return remote_; }
  Error SetDeadline(time::Time when, unsigned modes) override;
  // As FD's, with the result for Fail.
  int TrySetDeadline(time::Time when, unsigned modes);
  Socket* AsSocket() override { return this; }

  PacketConn::From ReadFrom(std::span<std::byte> to) override;
  std::pair<std::size_t, Error> WriteTo(std::span<const std::byte> from,
                                        const Addr& to) override;

  // Its error is of the operation "set".
  Error SetOption(int level, int name, const void* value,
                  socklen_t size) override;
  Error Shutdown(int how) override;

  // Fail is the error of operation `op` for one of FD's results; `call` is the
  // system call. nil for 0.
  Error Fail(std::string_view op, std::string_view call, int err) const;
  // FailLocally names the local address alone: accept, set.
  Error FailLocally(std::string_view op, std::string_view call, int err) const;

  // IsOurs says that no other code knows the descriptor (FD's
  // WaitAfterShortReads).
  void IsOurs() {
    if (IsStream() && family_ != AF_UNIX && kShortReadEmpties) {
      fd_.WaitAfterShortReads();
    }
  }

  poll::FD& fd() { return fd_; }
  std::string_view network() const override { return network_; }
  int family() const { return family_; }
  int type() const override { return type_; }
  bool IsStream() const { return type_ == SOCK_STREAM; }
  // A read of nothing is the end of all but datagrams, which may be empty.
  bool EndsWithNothing() const { return type_ != SOCK_DGRAM; }
  bool IsConnected() const { return static_cast<bool>(remote_); }

 private:
  poll::FD fd_;
  const std::string network_;
  const int family_;
  const int type_;
  Addr local_;
  Addr remote_;
};

// SetNumber is setsockopt of a number; 0 or an errno.
int SetNumber(int fd, int level, int name, int value);

// SetDefaults sets what each socket of ours has: one of IPv6 takes IPv4 too, or
// not; one for messages may broadcast. 0 or an errno.
int SetDefaults(int fd, int family, int type, bool v6_only);

// LocalAddrOf asks the system for a socket's own address, RemoteAddrOf for that of
// the other end; null: it has none.
Addr LocalAddrOf(int fd, std::string_view network);
Addr RemoteAddrOf(int fd, std::string_view network);

// KeepAliveSeconds is what the system is told: whole seconds, rounded up; 15 for
// 0.
int KeepAliveSeconds(time::Duration idle);

// --- By system: socket_linux.cc, socket_darwin.cc ---

// NewSocket makes a socket that does not block and is closed at exec. Returns
// it or -errno.
int NewSocket(int family, int type);

// AcceptSocket is accept for FD::Do, with the SocketAddress for the other end. What
// it returns is like NewSocket's.
ssize_t AcceptSocket(int fd, void* arg);
extern const char kAcceptCall[];  // the call's name in errors

// kNoSignal is the flag with which a send raises no SIGPIPE.
extern const int kNoSignal;

// kCloseOnExec is the flag with which received descriptors are closed at exec; 0:
// the system has none. kKeepAliveIdle is the option for the silence before the
// first question.
extern const int kCloseOnExec;
extern const int kKeepAliveIdle;

// SetTcpDefaults has data sent at once, and the system ask after `keep_alive` of
// silence whether the other end is there; < 0: never. Errors do not matter: the
// connection works without.
void SetTcpDefaults(int fd, time::Duration keep_alive);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_SOCKET_H_
