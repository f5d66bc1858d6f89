// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ListenerNode: what a Listener refers to, a socket that listens, or a listener
// of a bubble's network (fake/).

#ifndef GOSLING_RUNTIME_NET_LISTENER_H_
#define GOSLING_RUNTIME_NET_LISTENER_H_

#include <gosling/net.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "runtime/net/socket.h"

namespace gosling::internal {

class ListenerNode {
 public:
  ListenerNode() = default;
  ListenerNode(const ListenerNode&) = delete;
  ListenerNode& operator=(const ListenerNode&) = delete;
  virtual ~ListenerNode() = default;

  virtual std::pair<net::Conn, Error> Accept() = 0;
  virtual Error Close() = 0;
  virtual net::Addr LocalAddr() = 0;
  virtual Error SetDeadline(time::Time when) = 0;
  virtual int Fd() { return -1; }
};

class SocketListener final : public ListenerNode {
 public:
  // `unlink`: the file that Close removes, if there is one.
  SocketListener(std::shared_ptr<net::Socket> socket, std::string unlink)
      : socket_(std::move(socket)), unlink_(std::move(unlink)) {}
  ~SocketListener() override;

  std::pair<net::Conn, Error> Accept() override;
  Error Close() override;
  net::Addr LocalAddr() override { return socket_->LocalAddr(); }
  Error SetDeadline(time::Time when) override;
  int Fd() override { return socket_->fd().GiveNumber(); }

 private:
  const std::shared_ptr<net::Socket> socket_;
  const std::string unlink_;
  std::atomic<bool> unlinked_{false};
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_NET_LISTENER_H_
