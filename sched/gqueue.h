// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GQueue and GStack: any number of Gs, first in first out and last in first
// out, linked through G::schedlink. Neither allocates, neither is thread-safe.
//
// A plain linked list of things that are not in the cache is slow to take from:
// the link to the next one stands in one that is still on its way from memory,
// so each load waits for the one before. Here the nth G is linked to the one
// kLanes behind it: Pop takes from one lane after the other, and each lane's
// next G has been on its way since the lane's last turn. (spawn10k in
// tools/bench/: 58 % of the time was in two such lists.)

#ifndef GOSLING_SCHED_GQUEUE_H_
#define GOSLING_SCHED_GQUEUE_H_

#include <cstddef>
#include <cstdint>

#include "sched/g.h"

namespace gosling::sched {

class GQueue {
 public:
  bool Empty() const { return pushed_ == popped_; }

  void PushBack(G* g) {
    g->schedlink = nullptr;
    Append(lanes_[pushed_++ % kLanes], {g, g});
  }

  // PushBackAll takes all of `other`, in its order.
  void PushBackAll(GQueue& other) {
    const std::uint64_t n = other.pushed_ - other.popped_;
    for (std::uint64_t i = 0; i < n && i < kLanes; i++) {
      Append(lanes_[(pushed_ + i) % kLanes],
             other.lanes_[(other.popped_ + i) % kLanes]);
    }
    pushed_ += n;
    other = GQueue{};
  }

  // Pop returns the oldest one; nullptr: there is none.
  G* Pop() {
    if (Empty()) return nullptr;
    Lane& lane = lanes_[popped_++ % kLanes];
    G* g = lane.first;
    lane.first = g->schedlink;
    if (lane.first == nullptr) lane.last = nullptr;
    __builtin_prefetch(lane.first, 1);
    g->schedlink = nullptr;
    return g;
  }

 private:
  static constexpr std::uint64_t kLanes = 8;

  struct Lane {
    G* first = nullptr;
    G* last = nullptr;
  };

  static void Append(Lane& lane, Lane more) {
    (lane.last != nullptr ? lane.last->schedlink : lane.first) = more.first;
    lane.last = more.last;
  }

  Lane lanes_[kLanes];
  std::uint64_t pushed_ = 0;  // ever, and so which lane is next
  std::uint64_t popped_ = 0;
};

class GStack {
 public:
  std::size_t Size() const { return size_; }

  void Push(G* g) {
    G*& top = tops_[size_++ % kLanes];
    g->schedlink = top;
    top = g;
  }

  // Pop returns the youngest one; nullptr: there is none.
  G* Pop() {
    if (size_ == 0) return nullptr;
    G*& top = tops_[--size_ % kLanes];
    G* g = top;
    top = g->schedlink;
    __builtin_prefetch(top, 1);
    g->schedlink = nullptr;
    return g;
  }

 private:
  static constexpr std::size_t kLanes = 8;

  G* tops_[kLanes] = {};
  std::size_t size_ = 0;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GQUEUE_H_
