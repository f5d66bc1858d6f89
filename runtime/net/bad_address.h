// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errors about the text of an address. Go: net.AddrError.

#ifndef GOSLING_RUNTIME_NET_BAD_ADDRESS_H_
#define GOSLING_RUNTIME_NET_BAD_ADDRESS_H_

#include <gosling/errors.h>

#include <string_view>

namespace gosling::net {

// BadAddress says "address x: why"; without an address, why alone.
Error BadAddress(std::string_view address, std::string_view why);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_BAD_ADDRESS_H_
