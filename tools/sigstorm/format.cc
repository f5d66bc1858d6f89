// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// See format.h.

#include "tools/sigstorm/format.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sigstorm {

std::string FormatNs(std::int64_t ns) {
  if (ns < 1000) return absl::StrCat(ns, " ns");
  const char* unit = "us";
  double value = static_cast<double>(ns) / 1e3;
  // 999.5 would be printed as 1000.
  if (value >= 999.5) {
    unit = "ms";
    value /= 1e3;
  }
  if (value >= 999.5) {
    unit = "s";
    value /= 1e3;
  }
  const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f %s", digits, value, unit);
}

std::string FormatCount(std::uint64_t count) {
  std::string text = absl::StrCat(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace sigstorm
