// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ConnNode: what a Conn refers to, a socket (socket.h), one end of a Pipe
// (pipe.cc), or a connection of a bubble's network (fake/).

#ifndef GOSLING_RUNTIME_NET_CONN_H_
#define GOSLING_RUNTIME_NET_CONN_H_

#include <gosling/net.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "sched/netpoll.h"

namespace gosling::net {
class Socket;
}

namespace gosling::internal {

class ConnNode {
 public:
  ConnNode() = default;
  ConnNode(const ConnNode&) = delete;
  ConnNode& operator=(const ConnNode&) = delete;
  virtual ~ConnNode() = default;

  virtual std::pair<std::size_t, Error> Read(std::span<std::byte> to) = 0;
  virtual std::pair<std::size_t, Error> Write(
      std::span<const std::byte> from) = 0;
  // May change the pieces.
  virtual std::pair<std::size_t, Error> Writev(std::span<iovec> pieces) = 0;
  virtual Error Close() = 0;
  virtual net::Addr LocalAddr() = 0;
  virtual net::Addr RemoteAddr() = 0;
  // modes: sched::PollMode's.
  virtual Error SetDeadline(time::Time when, unsigned modes) = 0;
  // nullptr: this is no socket.
  virtual net::Socket* AsSocket() { return nullptr; }

  // What errors call its network, and SOCK_STREAM and so on: a Conn's kind. A
  // Pipe has none, and the functions of no kind, which give `invalid argument`.
  virtual std::string_view network() const { return {}; }
  virtual int type() const { return 0; }
  virtual Error SetOption(int level, int name, const void* value,
                          socklen_t size);
  virtual Error Shutdown(int how);
  virtual net::PacketConn::From ReadFrom(std::span<std::byte> to);
  virtual std::pair<std::size_t, Error> WriteTo(std::span<const std::byte> from,
                                                const net::Addr& to);
};

struct NetAccess {
  template <class Handle, class Node>
  static Handle Make(std::shared_ptr<Node> node) {
    Handle handle;
    handle.node_ = std::move(node);
    return handle;
  }
  template <class Handle>
  static auto* NodeOf(const Handle& handle) {
    return handle.node_.get();
  }
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_NET_CONN_H_
