// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A context that is jumped to learns where the jumper stands, and keeps it for
// the next turn. The contexts are never left: their stacks are simply freed.

#include "tools/bench/floor/ring.h"

namespace bench {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

Ring::Ring(std::size_t count) : contexts_(count) {
  for (std::size_t i = 1; i < count; i++) {
    stacks_.push_back(std::make_unique<std::byte[]>(kStack));
    contexts_[i] = make_fcontext(stacks_.back().get() + kStack, kStack, &Pass);
  }
}

void Ring::Pass(transfer_t from) {
  auto* ring = static_cast<Ring*>(from.data);
  const std::size_t before = ring->started_++;
  const std::size_t after = (before + 2) % ring->contexts_.size();
  for (;;) {
    ring->contexts_[before] = from.fctx;
    from = jump_fcontext(ring->contexts_[after], ring);
  }
}

}  // namespace bench
