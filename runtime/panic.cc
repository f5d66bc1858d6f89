// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/panic.h>

#include "sched/os/fatal.h"

namespace gosling {

// Here, so that the type's identity lives in one place.
Panic::~Panic() = default;

void Throw(std::string_view message) {
  sched::Throw("%.*s", static_cast<int>(message.size()), message.data());
}

}  // namespace gosling
