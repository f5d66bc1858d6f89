// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <cstdio>

#include "runtime/testing/lines.h"

namespace gosling::testing {

std::string AddressIn(std::uintptr_t pc) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%zx", static_cast<std::size_t>(pc));
  return text;
}

}  // namespace gosling::testing
