// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The rare paths of the run queue: overflow and stealing. The invariants stand
// in runq.h.

#include "sched/runq.h"

#include "sched/os/fatal.h"

namespace gosling::sched {

int RunQueue::TakeHalf(G* g, GQueue& out) {
  constexpr std::uint32_t kHalf = kSize / 2;
  G* batch[kHalf];
  // acquire: as in Put
  std::uint32_t h = head_.load(std::memory_order_acquire);
  std::uint32_t t = tail_.load(std::memory_order_relaxed);
  if (t - h < kSize) return 0;
  for (std::uint32_t i = 0; i < kHalf; i++) {
    batch[i] = ring_[(h + i) % kSize].load(std::memory_order_relaxed);
  }
  // release: as in Get
  if (!head_.compare_exchange_strong(h, h + kHalf, std::memory_order_acq_rel))
    return 0;
  for (G* b : batch) out.PushBack(b);
  out.PushBack(g);
  return static_cast<int>(kHalf) + 1;
}

G* RunQueue::StealFrom(RunQueue& victim) {
  std::uint32_t my_tail = tail_.load(std::memory_order_relaxed);
  // In a ring that is more than half full, stolen Gs would overwrite waiting
  // ones: one G lost, another there twice.
  if (!EmptyForOwner()) Throw("runqsteal: runq overflow");
  for (;;) {
    // acquire: pairs with the compare-and-swaps of others, so that the tail is
    // no older
    std::uint32_t h = victim.head_.load(std::memory_order_acquire);
    // acquire: pairs with Put's release.
    std::uint32_t t = victim.tail_.load(std::memory_order_acquire);
    std::uint32_t n = t - h;
    n = n - n / 2;
    if (n == 0) return nullptr;
    if (n > kSize / 2) continue;  // h and t were read at different moments
    for (std::uint32_t i = 0; i < n; i++) {
      G* g = victim.ring_[(h + i) % kSize].load(std::memory_order_relaxed);
      ring_[(my_tail + i) % kSize].store(g, std::memory_order_relaxed);
    }
    // release: the slots have been read, for Put's acquire
    if (!victim.head_.compare_exchange_strong(h, h + n,
                                              std::memory_order_acq_rel))
      continue;
    n--;
    G* last = ring_[(my_tail + n) % kSize].load(std::memory_order_relaxed);
    // release: publishes the slots to other thieves.
    if (n > 0) tail_.store(my_tail + n, std::memory_order_release);
    return last;
  }
}

}  // namespace gosling::sched
