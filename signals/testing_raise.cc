// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// testing::Raise: the last step of a signal's life without those before it.

#include <gosling/panic.h>
#include <gosling/testing.h>

#include "sched/control.h"
#include "signals/registry.h"
#include "signals/table.h"

namespace gosling::testing {

bool Raise(signal::Signal sig) {
  const std::uint32_t owner = sched::ControlId();
  if (owner == 0) throw Panic("testing: Raise called outside of a bubble");
  if (!signals::IsSignal(sig.number())) {
    throw Panic("testing: Raise of " + std::to_string(sig.number()) +
                ", which is no signal");
  }
  return signals::TheRegistry().Raise(sig.number(), owner);
}

}  // namespace gosling::testing
