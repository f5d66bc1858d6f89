// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Numbers for people.

#ifndef TOOLS_SIGSTORM_FORMAT_H_
#define TOOLS_SIGSTORM_FORMAT_H_

#include <cstdint>
#include <string>

namespace sigstorm {

// FormatNs writes a time with three digits and a unit: "870 ns", "12.3 us",
// "4.56 ms", "1.20 s".
std::string FormatNs(std::int64_t ns);

// FormatCount writes 1234567 as "1,234,567".
std::string FormatCount(std::uint64_t count);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_FORMAT_H_
