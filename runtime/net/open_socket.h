// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A new socket, up to where dialing and listening differ.

#ifndef GOSLING_RUNTIME_NET_OPEN_SOCKET_H_
#define GOSLING_RUNTIME_NET_OPEN_SOCKET_H_

#include <gosling/net.h>

#include <memory>
#include <string_view>
#include <utility>

#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"

namespace gosling::net {

// OpenSocket makes a socket that errors will call `network`, sets its defaults
// and has the caller's Control, if there is one, look at it, which is told the
// network's full name and the address.
std::pair<std::shared_ptr<Socket>, Error> OpenSocket(
    std::string_view network, const Family& family, int type,
    const Control& control, std::string_view name, std::string_view address);

// Bind gives it a local address.
Error Bind(int fd, const Addr& local, const Family& family);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_OPEN_SOCKET_H_
