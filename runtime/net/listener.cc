// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Listener's functions.

#include "runtime/net/listener.h"

#include <unistd.h>

#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"

namespace gosling {

using net::Addr;
using net::Conn;
using net::Socket;

namespace internal {

SocketListener::~SocketListener() { SocketListener::Close(); }

std::pair<Conn, Error> SocketListener::Accept() {
  net::SocketAddress from;
  const poll::FD::Done done =
      socket_->fd().Do(poll::kPollRead, net::AcceptSocket, &from);
  if (done.err != 0) {
    return {Conn(), socket_->FailLocally("accept", net::kAcceptCall, done.err)};
  }
  auto conn =
      std::make_shared<Socket>(static_cast<int>(done.value), socket_->family(),
                               socket_->type(), socket_->network());
  if (const int err = conn->fd().Init(); err != 0) {
    return {Conn(), socket_->FailLocally("accept", "epoll_ctl", err)};
  }
  conn->IsOurs();
  // Of a wildcard's connections each has an address of its own.
  const Addr local = socket_->LocalAddr();
  conn->SetAddrs(local.ip.IsUnspecified()
                     ? net::LocalAddrOf(conn->fd().fd(), local.network)
                     : local,
                 net::FromSocketAddress(from, local.network));
  return {NetAccess::Make<Conn>(std::shared_ptr<ConnNode>(std::move(conn))),
          nullptr};
}

Error SocketListener::Close() {
  // The file first: another listener may make one of that name at once.
  if (!unlink_.empty() && !unlinked_.exchange(true)) ::unlink(unlink_.c_str());
  return socket_->FailLocally("close", "close", socket_->fd().Close());
}

Error SocketListener::SetDeadline(time::Time when) {
  // Go does not say of which operation either.
  return poll::ResultError(socket_->TrySetDeadline(when, poll::kPollRead),
                           net::Closed);
}

}  // namespace internal

namespace net {

std::pair<Conn, Error> Listener::Accept() const {
  if (!node_) return {Conn(), Invalid()};
  return node_->Accept();
}

Error Listener::Close() const { return node_ ? node_->Close() : Invalid(); }

net::Addr Listener::Addr() const {
  return node_ ? node_->LocalAddr() : net::Addr();
}

Error Listener::SetDeadline(time::Time when) const {
  return node_ ? node_->SetDeadline(when) : Invalid();
}

int Listener::Fd() const { return node_ ? node_->Fd() : -1; }

}  // namespace net
}  // namespace gosling
