// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the tests of channels and of select share: an element that counts
// itself, and a look at who waits in a channel's queues, without which a test
// could not know that a goroutine has parked.

#ifndef GOSLING_TESTS_CHAN_TESTING_H_
#define GOSLING_TESTS_CHAN_TESTING_H_

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "runtime/chan.h"
#include "sched/sudog.h"

namespace gosling {

// Counted is move-only, has no default constructor, and counts the objects that
// own something: a moved-from one does not.
class Counted {
 public:
  explicit Counted(int value) : value_(value), owns_(true) { ++alive; }
  Counted(Counted&& other) noexcept
      : value_(other.value_), owns_(std::exchange(other.owns_, false)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (owns_) --alive;
  }

  int value() const { return value_; }
  bool owns() const { return owns_; }

  static inline std::atomic<int> alive{0};

 private:
  int value_;
  bool owns_;
};

// YieldUntil lets others run until done(); false if that takes very long.
template <class F>
bool YieldUntil(F&& done) {
  const auto limit =
      std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    runtime::Gosched();
  }
  return true;
}

// CountWaiters counts who stands in one of a channel's queues. What those did
// before they parked happens before it returns.
template <class Handle>
int CountWaiters(const Handle& ch, sched::WaitQ Hchan::*queue) {
  Hchan* c = AsHchan(internal::ChanAccess::Core(ch));
  int n = 0;
  const sched::Pinned pin;
  c->lock.Lock();
  for (const sched::Sudog* s = (c->*queue).First(); s != nullptr; s = s->next) {
    n++;
  }
  c->lock.Unlock();
  return n;
}

// AwaitReceivers and AwaitSenders return once n goroutines wait in the channel.
template <class Handle>
void AwaitReceivers(const Handle& ch, int n) {
  EXPECT_TRUE(YieldUntil([&] { return CountWaiters(ch, &Hchan::recvq) == n; }));
}
template <class Handle>
void AwaitSenders(const Handle& ch, int n) {
  EXPECT_TRUE(YieldUntil([&] { return CountWaiters(ch, &Hchan::sendq) == n; }));
}

}  // namespace gosling

#endif  // GOSLING_TESTS_CHAN_TESTING_H_
