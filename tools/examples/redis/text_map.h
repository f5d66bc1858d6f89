// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A hash map from texts, which looks one up without making a std::string of it.

#ifndef TOOLS_EXAMPLES_REDIS_TEXT_MAP_H_
#define TOOLS_EXAMPLES_REDIS_TEXT_MAP_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace examples::redis {

struct TextHash {
  using is_transparent = void;  // NOLINT(readability-identifier-naming)
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_TEXT_MAP_H_
