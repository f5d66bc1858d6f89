// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/open_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

// FullName tells the family, too: "tcp" is "tcp4" or "tcp6". As Go's Control.
std::string FullName(std::string_view name, const Family& family) {
  std::string full(name);
  if (full == "tcp" || full == "udp") {
    full += family.family == AF_INET ? '4' : '6';
  }
  return full;
}

}  // namespace

std::pair<std::shared_ptr<Socket>, Error> OpenSocket(
    std::string_view network, const Family& family, int type,
    const Control& control, std::string_view name, std::string_view address) {
  const int fd = NewSocket(family.family, type);
  if (fd < 0) return {nullptr, poll::CallError("socket", -fd)};
  auto socket = std::make_shared<Socket>(fd, family.family, type, network);
  if (int err = SetDefaults(fd, family.family, type, family.v6_only);
      err != 0) {
    return {nullptr, poll::CallError("setsockopt", err)};
  }
  if (control) {
    if (Error err = control(FullName(name, family), address, fd)) {
      return {nullptr, err};
    }
  }
  return {std::move(socket), nullptr};
}

Error Bind(int fd, const Addr& local, const Family& family) {
  SocketAddress at;
  if (Error err = ToSocketAddress(local, family.family, "bind", &at))
    return err;
  if (::bind(fd, at.get(), at.size) == 0) return nullptr;
  return poll::CallError("bind", errno);
}

}  // namespace gosling::net
