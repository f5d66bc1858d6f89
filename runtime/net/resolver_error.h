// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errors of lookups, whose public half is in <gosling/resolver.h>. Go:
// net/net.go.

#ifndef GOSLING_RUNTIME_NET_RESOLVER_ERROR_H_
#define GOSLING_RUNTIME_NET_RESOLVER_ERROR_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/resolver.h>

#include <string_view>

namespace gosling::net {

// MakeDNSError makes an Error of it, which wraps `wrapped` unless that is nil.
Error MakeDNSError(DNSError what, Error wrapped = nullptr);

// NotFound says that there is no such host.
Error NotFound(std::string_view name, std::string_view server = {});

// Ended says why ctx, which has, ended the lookup.
Error Ended(const context::Context& ctx, std::string_view name);

// Named is a DNSError about another name: the one that was asked for, not one
// with a search domain behind it. Go sets DNSError.Name.
Error Named(const Error& err, std::string_view name);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_RESOLVER_ERROR_H_
