// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errors that say what was done with what: `dial tcp 127.0.0.1:1: connect:
// connection refused`. Go: net.OpError and its kin.

#ifndef GOSLING_RUNTIME_NET_OP_ERROR_H_
#define GOSLING_RUNTIME_NET_OP_ERROR_H_

#include <gosling/errors.h>
#include <gosling/net.h>

#include <string_view>

namespace gosling::net {

// OpError says "op network source->addr: " and what err says, and wraps it; what
// is null or empty is left out. nil if err is.
Error OpError(std::string_view op, std::string_view network, const Addr* source,
              const Addr* addr, Error err);

// UnknownNetwork says that there is no such network. Go: UnknownNetworkError.
Error UnknownNetwork(std::string_view network);

// ContextError is what a context's Err means for a connection: `i/o timeout` or
// `operation was canceled`; errors::Is takes them for context's own as well. Go:
// mapErr.
Error ContextError(const Error& err);

// Invalid is "invalid argument", of nil handles. Go: syscall.EINVAL.
Error Invalid();

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_OP_ERROR_H_
