// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/net.h>: what its handles refer to.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_NET_H_
#define GOSLING_INTERNAL_NET_H_

namespace gosling::internal {

// ConnNode and ListenerNode are what a Conn and a Listener refer to
// (runtime/net/conn.h, runtime/net/listener.h).
class ConnNode;
class ListenerNode;

// ServerState is what a Server refers to (runtime/net/serve.cc).
class ServerState;

// NetAccess is for the library's own.
struct NetAccess;

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_NET_H_
