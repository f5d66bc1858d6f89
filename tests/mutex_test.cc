// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The runtime's own lock (sched/os/mutex.h), at the level of threads.

#include "sched/os/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "sched/os/os.h"
#include "tests/system.h"

namespace gosling::sched {
namespace {

// LockElsewhere starts a thread that takes the lock, runs f and unlocks, and
// returns once that thread sleeps for the lock, which the caller holds.
template <class F>
std::unique_ptr<std::thread> LockElsewhere(Mutex* mutex, F f) {
  std::atomic<std::int64_t> tid{0};
  auto thread = std::make_unique<std::thread>([mutex, f, &tid] {
    tid = os::ThreadId();
    mutex->Lock();
    f();
    mutex->Unlock();
  });
  while (tid == 0) os::Yield();
  WaitUntilAsleep(tid);
  return thread;
}

TEST(Mutex, ExcludesUnderContention) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50'000;
  Mutex mutex;
  int inside = 0;
  std::int64_t sum = 0;
  bool overlapped = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&] {
      for (int j = 0; j < kRounds; j++) {
        MutexLock hold(&mutex);
        overlapped |= inside++ != 0;
        sum++;
        inside--;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, kThreads * kRounds);
  EXPECT_FALSE(overlapped);
  EXPECT_FALSE(mutex.Held());
}

// The annotations of Mutex would rightly object to this.
bool TryToLock(Mutex* mutex) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  return mutex->TryLock();
}
void JustLock(Mutex* mutex) ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex->Lock(); }
void JustUnlock(Mutex* mutex) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  mutex->Unlock();
}

TEST(Mutex, TryLockTakesAFreeLockAndNotAHeldOne) {
  Mutex mutex;
  ASSERT_TRUE(TryToLock(&mutex));
  EXPECT_TRUE(mutex.Held());
  EXPECT_FALSE(TryToLock(&mutex));
  JustUnlock(&mutex);
  EXPECT_FALSE(mutex.Held());
  EXPECT_TRUE(TryToLock(&mutex));
  JustUnlock(&mutex);
}

TEST(Mutex, TryLockFailsWhileOthersSleepForIt) {
  Mutex mutex;
  mutex.Lock();
  auto waiter = LockElsewhere(&mutex, [] {});
  EXPECT_FALSE(mutex.TryLock());
  mutex.Unlock();
  waiter->join();
}

TEST(Mutex, UnlockWakesASleeper) {
  Mutex mutex;
  bool ran = false;
  mutex.Lock();
  auto waiter = LockElsewhere(&mutex, [&] { ran = true; });
  EXPECT_FALSE(ran);
  mutex.Unlock();
  waiter->join();
  EXPECT_TRUE(ran);
}

TEST(Mutex, EverySleeperGetsItsTurnThoughUnlockWakesOne) {
  Mutex mutex;
  int turns = 0;
  std::vector<std::unique_ptr<std::thread>> waiters;
  mutex.Lock();
  for (int i = 0; i < 8; i++) {
    waiters.push_back(LockElsewhere(&mutex, [&] { turns++; }));
  }
  mutex.Unlock();
  for (auto& waiter : waiters) waiter->join();
  EXPECT_EQ(turns, 8);
}

TEST(Mutex, MayBeUnlockedByAnotherThread) {
  Mutex mutex;
  JustLock(&mutex);
  auto waiter = LockElsewhere(&mutex, [] {});
  std::thread([&] { JustUnlock(&mutex); }).join();
  waiter->join();
  EXPECT_FALSE(mutex.Held());
}

TEST(MutexDeathTest, UnlockOfAFreeLockIsFatal) {
  Mutex mutex;
  EXPECT_EXIT(JustUnlock(&mutex), ::testing::ExitedWithCode(2),
              "fatal error: unlock of unlocked lock");
}

}  // namespace
}  // namespace gosling::sched
