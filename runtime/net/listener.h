// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ListenerNode: what a Listener refers to.

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
  // `unlink`: the file that Close removes, if there is one.
  ListenerNode(std::shared_ptr<net::Socket> socket, std::string unlink)
      : socket_(std::move(socket)), unlink_(std::move(unlink)) {}
  ListenerNode(const ListenerNode&) = delete;
  ListenerNode& operator=(const ListenerNode&) = delete;
  ~ListenerNode();

  std::pair<net::Conn, Error> Accept();
  Error Close();
  net::Socket& socket() { return *socket_; }

 private:
  const std::shared_ptr<net::Socket> socket_;
  const std::string unlink_;
  std::atomic<bool> unlinked_{false};
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_NET_LISTENER_H_
