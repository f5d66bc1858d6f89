// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of channels and of select: an element that counts itself, and a
// look at the waiters in a channel's queues, without which a test could not
// know that a goroutine has parked.

#ifndef GOSLING_TESTS_CHAN_TESTING_H_
#define GOSLING_TESTS_CHAN_TESTING_H_

#include <gosling/chan.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "runtime/chan.h"
#include "sched/sudog.h"
#include "tests/go_test.h"

namespace gosling {

// UnlockHeld is Unlock where clang's analysis cannot see the lock: in a loop, or
// as the result of an EXPECT.
template <class Lock>
void UnlockHeld(Lock& lock) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  lock.Unlock();
}

// Counted is move-only, has no default constructor, and counts the objects that
// own something: a moved-from one does not.
class Counted {
 public:
  explicit Counted(int value) : value_(value), owns_(true) { alive++; }
  Counted(Counted&& other) noexcept
      : value_(other.value_), owns_(std::exchange(other.owns_, false)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (owns_) alive--;
  }

  int value() const { return value_; }
  bool owns() const { return owns_; }

  static inline std::atomic<int> alive{0};

 private:
  int value_;
  bool owns_;
};

// CountWaiters counts the waiters in one of a channel's queues. Their actions
// before they parked happen before it returns.
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

// LockHolder is a thread that holds a channel's lock for a moment, and may change
// the channel then. Sleeping, so that others come upon the lock meanwhile; if
// they come too late, they see nothing special.
class LockHolder {
 public:
  explicit LockHolder(
      Hchan* c, std::function<void(Hchan*)> change = [](Hchan*) {})
      : thread_([this, c, change = std::move(change)] {
          c->lock.Lock();
          holds_ = true;
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          change(c);
          released_ = true;
          c->lock.Unlock();
        }) {
    while (!holds_) std::this_thread::yield();
  }
  ~LockHolder() { thread_.join(); }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

  bool Released() const { return released_; }

 private:
  std::atomic<bool> holds_{false};
  std::atomic<bool> released_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace gosling

#endif  // GOSLING_TESTS_CHAN_TESTING_H_
