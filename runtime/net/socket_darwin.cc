// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "runtime/net/socket.h"

namespace gosling::net {

const int kNoSignal = 0;  // SO_NOSIGPIPE does it
const int kCloseOnExec = 0;
const int kKeepAliveIdle = TCP_KEEPALIVE;
// Its poller does not report urgent data, where a read stops short as well.
const bool kShortReadEmpties = false;
const char kAcceptCall[] = "accept";

namespace {

// A fork and exec between the two calls hands the descriptor on: this system
// has nothing better.
int Prepare(int fd) {
  if (fd < 0) return -errno;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  poll::SetNonblock(fd, true);
  SetNumber(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
  return fd;
}

}  // namespace

int NewSocket(int family, int type) {
  return Prepare(::socket(family, type, 0));
}

ssize_t AcceptSocket(int fd, void* arg) {
  auto& addr = *static_cast<SocketAddress*>(arg);
  int accepted;
  do {
    addr.size = sizeof addr.storage;
    accepted = ::accept(fd, addr.get(), &addr.size);
    // Gone before anybody took it: the next one.
  } while (accepted < 0 && errno == ECONNABORTED);
  return Prepare(accepted);
}

void SetTcpDefaults(int fd, time::Duration keep_alive) {
  SetNumber(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keep_alive.count() < 0) return;
  SetNumber(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetNumber(fd, IPPROTO_TCP, kKeepAliveIdle, KeepAliveSeconds(keep_alive));
  SetNumber(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  SetNumber(fd, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

}  // namespace gosling::net
