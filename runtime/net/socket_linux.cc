// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "runtime/net/socket.h"

namespace gosling::net {

const int kNoSignal = MSG_NOSIGNAL;
const int kCloseOnExec = MSG_CMSG_CLOEXEC;
const int kKeepAliveIdle = TCP_KEEPIDLE;
const bool kShortReadEmpties = true;
const char kAcceptCall[] = "accept4";

int NewSocket(int family, int type) {
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

ssize_t AcceptSocket(int fd, void* arg) {
  auto& addr = *static_cast<SocketAddress*>(arg);
  int accepted;
  do {
    addr.size = sizeof addr.storage;
    accepted =
        ::accept4(fd, addr.get(), &addr.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    // Gone before anybody took it: the next one.
  } while (accepted < 0 && errno == ECONNABORTED);
  return accepted < 0 ? -errno : accepted;
}

// A connection has from its listener what is set here.
void SetTcpDefaults(int fd, time::Duration keep_alive) {
  SetNumber(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keep_alive.count() < 0) return;
  SetNumber(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  const int seconds = KeepAliveSeconds(keep_alive);
  SetNumber(fd, IPPROTO_TCP, kKeepAliveIdle, seconds);
  SetNumber(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  SetNumber(fd, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

}  // namespace gosling::net
