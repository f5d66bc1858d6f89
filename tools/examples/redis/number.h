// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Numbers as Redis reads them: 64 bits, and one spelling each.

#ifndef TOOLS_EXAMPLES_REDIS_NUMBER_H_
#define TOOLS_EXAMPLES_REDIS_NUMBER_H_

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace examples::redis {

// ParseNumber takes no space, no sign but '-', and no zero in front.
inline std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number;
  const char* stop = text.data() + text.size();
  const auto [end, err] = std::from_chars(text.data(), stop, number);
  if (err != std::errc() || end != stop) return std::nullopt;
  if (text.starts_with("-0") || (text[0] == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_NUMBER_H_
