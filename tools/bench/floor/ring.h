// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contexts on stacks of their own, of which each jumps to the next.

#ifndef TOOLS_BENCH_FLOOR_RING_H_
#define TOOLS_BENCH_FLOOR_RING_H_

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace bench {

// Ring has so many contexts, two at least, the caller's among them.
class Ring {
 public:
  explicit Ring(std::size_t count);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Turn goes around once: as many jumps as there are contexts.
  void Turn() {
    contexts_.back() =
        boost::context::detail::jump_fcontext(contexts_[1], this).fctx;
  }

 private:
  static constexpr std::size_t kStack = 16 * 1024;

  [[noreturn]] static void Pass(boost::context::detail::transfer_t from);

  std::vector<std::unique_ptr<std::byte[]>> stacks_;
  std::vector<boost::context::detail::fcontext_t> contexts_;  // [0]: Turn's
  std::size_t started_ = 0;
};

}  // namespace bench

#endif  // TOOLS_BENCH_FLOOR_RING_H_
