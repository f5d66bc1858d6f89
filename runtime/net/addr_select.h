// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which of several addresses to try first (RFC 6724, section 6). Go:
// net/addrselect.go.

#ifndef GOSLING_RUNTIME_NET_ADDR_SELECT_H_
#define GOSLING_RUNTIME_NET_ADDR_SELECT_H_

#include <gosling/ip.h>

#include <vector>

namespace gosling::net {

// SortAddresses puts the best first. It asks the system from which address of
// this machine each would be reached; nothing is sent. Never parks.
void SortAddresses(std::vector<IPAddr>& addresses);

// SortAddressesFrom is that for known sources, one for each address; nil: it
// cannot be reached.
void SortAddressesFrom(std::vector<IPAddr>& addresses,
                       const std::vector<IP>& sources);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_ADDR_SELECT_H_
