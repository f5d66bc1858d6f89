// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/sync.h: exclusion, waiting and its order, misuse, lifetime. Tests
// named after Go's say so.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "sched/proc.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/parked.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sync::Cond;
using sync::Mutex;
using sync::Once;
using sync::RWMutex;
using sync::WaitGroup;

constexpr int kLoops = kSanitized ? 300 : 3000;

class MutexTest : public GoTest {};
class RWMutexTest : public GoTest {};
class WaitGroupTest : public GoTest {};
class OnceTest : public GoTest {};
class CondTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, MutexTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, RWMutexTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, WaitGroupTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, OnceTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, CondTest, kProcs, ProcsName);

class SyncDeathTest : public FreshDeathTest {};

// Global ones are constant-initialised.
constinit Mutex global_mutex;
constinit RWMutex global_rwmutex;
constinit WaitGroup global_group;
constinit Once global_once;
constinit Cond global_cond(global_mutex);

TEST(Sync, NothingIsCopiedOrMoved) {
  auto fixed = []<class T>(T*) {
    return !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T>;
  };
  EXPECT_TRUE(fixed(&global_mutex));
  EXPECT_TRUE(fixed(&global_rwmutex));
  EXPECT_TRUE(fixed(&global_group));
  EXPECT_TRUE(fixed(&global_once));
  EXPECT_TRUE(fixed(&global_cond));
}

// Hammers `lock` and `unlock` in n goroutines and two threads; returns what a
// plain counter under it says.
template <class LockFn, class UnlockFn>
int Count(int goroutines, LockFn lock, UnlockFn unlock) {
  int counter = 0;
  auto work = [&] {
    for (int i = 0; i < kLoops; i++) {
      lock();
      int was = counter;
      if (i % 16 == 0) runtime::Gosched();
      counter = was + 1;
      unlock();
    }
  };
  WaitGroup group;
  for (int i = 0; i < goroutines; i++) group.Go(work);
  std::thread t1(work);
  std::thread t2(work);
  group.Wait();
  runtime::Blocking([&] {
    t1.join();
    t2.join();
  });
  return counter;
}

// --- Mutex ------------------------------------------------------------------

TEST_P(MutexTest, ExcludesGoroutinesAndThreads) {
  Run([] {
    Mutex mu;
    EXPECT_EQ(Count(
                  8, [&] { mu.Lock(); }, [&] { mu.Unlock(); }),
              10 * kLoops);
  });
}

TEST_P(MutexTest, TryLockExcludes) {  // Go: HammerMutex
  Run([] {
    Mutex mu;
    int counter = 0;
    int expected = 0;
    WaitGroup group;
    Mutex totals;
    for (int g = 0; g < 10; g++) {
      group.Go([&] {
        int mine = 0;
        for (int i = 0; i < kLoops; i++) {
          if (i % 3 == 0) {
            if (!mu.TryLock()) continue;
          } else {
            mu.Lock();
          }
          counter++;
          mine++;
          if (i % 64 == 0) runtime::Gosched();
          mu.Unlock();
        }
        std::lock_guard lock(totals);
        expected += mine;
      });
    }
    group.Wait();
    EXPECT_EQ(counter, expected);
  });
}

TEST(Mutex, TryLockSaysNoWhileItIsLocked) {
  Mutex mu;
  ASSERT_TRUE(mu.TryLock());
  EXPECT_FALSE(mu.TryLock());
  mu.Unlock();
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(Mutex, FitsTheStandardGuards) {
  Mutex a;
  Mutex b;
  {
    std::scoped_lock both(a, b);
    EXPECT_FALSE(a.TryLock());
    EXPECT_FALSE(b.TryLock());
  }
  std::unique_lock lock(a, std::try_to_lock);
  EXPECT_TRUE(lock.owns_lock());
}

TEST_P(MutexTest, MayBeUnlockedByAnother) {
  Run([] {
    Mutex mu;
    mu.Lock();
    Go([&] { mu.Unlock(); });
    mu.Lock();
    mu.Unlock();
  });
}

TEST_P(MutexTest, WaitersComeInTurnWhenNobodyCompetes) {
  Run([] {
    Mutex mu;
    std::vector<int> order;
    mu.Lock();
    WaitGroup group;
    std::array<Parker, 8> waiters;
    for (int i = 0; i < 8; i++) {
      Parker& waiter = waiters[static_cast<std::size_t>(i)];
      group.Go([&, i] {
        waiter.Comes();
        mu.Lock();
        order.push_back(i);
        mu.Unlock();
      });
      waiter.Await();
    }
    mu.Unlock();
    group.Wait();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  });
}

// One goroutine takes the mutex again as soon as it has released it, without
// ever pausing in between. Only starvation mode lets another one have it. Go:
// TestMutexFairness.
TEST_P(MutexTest, WaiterDoesNotStarve) {
  Run([] {
    Mutex mu;
    std::atomic<bool> stop{false};
    WaitGroup group;
    group.Go([&] {
      while (!stop.load()) {
        mu.Lock();
        for (int i = 0; i < 10; i++) runtime::Gosched();
        mu.Unlock();
      }
    });
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; i++) {
      runtime::Gosched();
      mu.Lock();
      mu.Unlock();
    }
    stop.store(true);
    group.Wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  });
}

// The last holder frees the object, while another's Unlock may not have
// returned. For ASan and TSan.
TEST_P(MutexTest, MayBeDestroyedByItsLastHolder) {
  Run([] {
    struct Shared {
      Mutex mu;
      int users = 4;
    };
    for (int i = 0; i < kLoops / 3; i++) {
      auto* shared = new Shared;
      WaitGroup group;
      for (int g = 0; g < 4; g++) {
        group.Go([shared, g] {
          shared->mu.Lock();
          if (g % 2 == 0) runtime::Gosched();
          bool last = --shared->users == 0;
          shared->mu.Unlock();
          if (last) delete shared;
        });
      }
      group.Wait();
    }
  });
}

// A Run ends with a goroutine waiting for a mutex: the wake-up that it would
// have had goes to the next waiter.
TEST(Mutex, WaiterOfAnEndedRunIsPassedOver) {
  auto mu = std::make_unique<Mutex>();
  mu->Lock();
  RunWith(
      2,
      [&] {
        Go([&mu] { mu->Lock(); });
        time::Sleep(kSanitized ? 20ms : 2ms);
      },
      /*left_behind=*/1);
  mu->Unlock();
  RunWith(2, [&] {
    EXPECT_EQ(Count(
                  4, [&] { mu->Lock(); }, [&] { mu->Unlock(); }),
              6 * kLoops);
  });
}

TEST_F(SyncDeathTest, UnlockOfUnlockedMutexIsFatal) {  // Go: TestMutexMisuse
  const char* text = "^fatal error: sync: unlock of unlocked mutex";
  EXPECT_EXIT(Mutex().Unlock(), ::testing::ExitedWithCode(2), text);
  EXPECT_EXIT(
      {
        Mutex mu;
        mu.Lock();
        mu.Unlock();
        mu.Unlock();
      },
      ::testing::ExitedWithCode(2), text);
  EXPECT_EXIT(gosling::Run([] {
                try {
                  Mutex().Unlock();
                } catch (...) {
                }
              }),
              ::testing::ExitedWithCode(2), text);
}

TEST_F(SyncDeathTest, LockingTwiceIsADeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                Mutex mu;
                mu.Lock();
                mu.Lock();
              }),
              ::testing::ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - "
              "deadlock!\n\ngoroutine 1 \\[sync.Mutex.Lock\\]:");
}

// --- RWMutex ----------------------------------------------------------------

TEST_P(RWMutexTest, WritersExcludeEachOther) {
  Run([] {
    RWMutex mu;
    EXPECT_EQ(Count(
                  8, [&] { mu.Lock(); }, [&] { mu.Unlock(); }),
              10 * kLoops);
  });
}

TEST_P(RWMutexTest, ReadersShareIt) {  // Go: TestParallelReaders
  Run([] {
    constexpr int kReaders = 4;
    RWMutex mu;
    Chan<Unit> locked = MakeChan<Unit>();
    Chan<Unit> unlock = MakeChan<Unit>();
    WaitGroup group;
    for (int i = 0; i < kReaders; i++) {
      group.Go([&] {
        mu.RLock();
        locked.Send({});
        unlock.Recv();
        mu.RUnlock();
      });
    }
    for (int i = 0; i < kReaders; i++) locked.Recv();  // all hold it at once
    for (int i = 0; i < kReaders; i++) unlock.Send({});
    group.Wait();
  });
}

TEST_P(RWMutexTest, ReadersExcludeWriters) {  // Go: TestRWMutex
  Run([] {
    RWMutex mu;
    std::atomic<int> activity{0};  // readers, and 10,000 for each writer
    std::atomic<int> errors{0};
    WaitGroup group;
    for (int w = 0; w < 2; w++) {
      group.Go([&] {
        for (int i = 0; i < kLoops; i++) {
          mu.Lock();
          if (activity.fetch_add(10000) != 0) errors++;
          if (i % 8 == 0) runtime::Gosched();
          activity.fetch_sub(10000);
          mu.Unlock();
        }
      });
    }
    auto read = [&] {
      for (int i = 0; i < kLoops; i++) {
        if (i % 3 != 0) {
          mu.RLock();
        } else if (!mu.TryRLock()) {
          continue;
        }
        int n = activity.fetch_add(1);
        if (n < 0 || n >= 10000) errors++;
        if (i % 8 == 0) runtime::Gosched();
        activity.fetch_sub(1);
        mu.RUnlock();
      }
    };
    for (int r = 0; r < 6; r++) group.Go(read);
    std::thread thread(read);
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
    EXPECT_EQ(errors.load(), 0);
  });
}

TEST(RWMutex, TryFormsSayWhatIsPossible) {
  RWMutex mu;
  mu.Lock();
  EXPECT_FALSE(mu.TryLock());
  EXPECT_FALSE(mu.TryRLock());
  mu.Unlock();
  ASSERT_TRUE(mu.TryLock());
  mu.Unlock();
  ASSERT_TRUE(mu.TryRLock());
  ASSERT_TRUE(mu.TryRLock());
  EXPECT_FALSE(mu.TryLock());
  mu.RUnlock();
  mu.RUnlock();
  EXPECT_TRUE(mu.TryLock());
  mu.Unlock();
}

TEST(RWMutex, FitsTheStandardGuards) {
  RWMutex mu;
  {
    std::shared_lock one(mu);
    std::shared_lock two(mu);
    EXPECT_FALSE(mu.TryLock());
  }
  std::unique_lock alone(mu);
  EXPECT_FALSE(mu.TryRLock());
}

TEST_P(RWMutexTest, WaitingWriterHoldsBackNewReaders) {
  Run([] {
    RWMutex mu;
    mu.RLock();
    WaitGroup group;
    group.Go([&] {
      mu.Lock();
      mu.Unlock();
    });
    // The writer has announced itself once reading is not to be had any more.
    while (mu.TryRLock()) {
      mu.RUnlock();
      runtime::Gosched();
    }
    mu.RUnlock();
    group.Wait();
    EXPECT_TRUE(mu.TryRLock());
    mu.RUnlock();
  });
}

TEST_P(RWMutexTest, ReadersThatWaitedComeBeforeTheNextWriter) {
  Run([] {
    RWMutex mu;
    std::atomic<int> reading{0};
    std::atomic<bool> wrote{false};
    std::array<Parker, 4> waiters;
    mu.Lock();
    WaitGroup group;
    for (std::size_t i = 0; i < 3; i++) {
      group.Go([&, i] {
        waiters[i].Comes();
        mu.RLock();
        EXPECT_FALSE(wrote.load());
        reading++;
        mu.RUnlock();
      });
    }
    group.Go([&] {
      waiters[3].Comes();
      mu.Lock();
      EXPECT_EQ(reading.load(), 3);
      wrote.store(true);
      mu.Unlock();
    });
    for (const Parker& waiter : waiters) waiter.Await();
    mu.Unlock();
    group.Wait();
  });
}

TEST_F(SyncDeathTest, MisuseOfRWMutexIsFatal) {  // Go: TestMutexMisuse
  const char* unlock = "^fatal error: sync: Unlock of unlocked RWMutex";
  const char* runlock = "^fatal error: sync: RUnlock of unlocked RWMutex";
  EXPECT_EXIT(RWMutex().Unlock(), ::testing::ExitedWithCode(2), unlock);
  EXPECT_EXIT(
      {
        RWMutex mu;
        mu.RLock();
        mu.Unlock();
      },
      ::testing::ExitedWithCode(2), unlock);
  EXPECT_EXIT(
      {
        RWMutex mu;
        mu.Lock();
        mu.Unlock();
        mu.Unlock();
      },
      ::testing::ExitedWithCode(2), unlock);
  EXPECT_EXIT(RWMutex().RUnlock(), ::testing::ExitedWithCode(2), runlock);
  EXPECT_EXIT(
      {
        RWMutex mu;
        mu.Lock();
        mu.RUnlock();
      },
      ::testing::ExitedWithCode(2), runlock);
  EXPECT_EXIT(
      {
        RWMutex mu;
        mu.RLock();
        mu.RUnlock();
        mu.RUnlock();
      },
      ::testing::ExitedWithCode(2), runlock);
}

TEST(RWMutex, RLockerReads) {
  RWMutex rw;
  auto reader = rw.RLocker();
  reader.Lock();
  EXPECT_TRUE(reader.TryLock());
  EXPECT_TRUE(rw.TryRLock());
  EXPECT_FALSE(rw.TryLock());
  reader.Unlock();
  reader.Unlock();
  rw.RUnlock();
  ASSERT_TRUE(rw.TryLock());
  EXPECT_FALSE(reader.TryLock());
  rw.Unlock();
}

TEST_P(RWMutexTest, RLockerWaitsForWritersAndServesACond) {  // Go: RLocker
  Run([] {
    RWMutex rw;
    Cond changed(rw.RLocker());
    int value = 0;
    int reached = 0;  // under done
    Mutex done;
    WaitGroup group;
    for (int i = 0; i < 8; i++) {
      group.Go([&] {
        int seen = 0;
        {
          const std::lock_guard lock(rw.RLocker());
          changed.Wait([&] { return value == 10; });
          seen = value;
        }
        const std::lock_guard lock(done);
        reached += seen;
      });
    }
    for (int i = 0; i < 10; i++) {
      {
        const std::lock_guard lock(rw);
        value++;
      }
      changed.Broadcast();
      runtime::Gosched();
    }
    group.Wait();
    EXPECT_EQ(reached, 80);
  });
}

// --- WaitGroup --------------------------------------------------------------

TEST_P(WaitGroupTest, LetsGoWhenAllIsDone) {  // Go: TestWaitGroup
  Run([] {
    WaitGroup first;
    WaitGroup second;
    for (int round = 0; round < 8; round++) {
      constexpr int kN = 16;
      Chan<Unit> exited = MakeChan<Unit>(kN);
      first.Add(kN);
      second.Add(kN);
      for (int i = 0; i < kN; i++) {
        Go([&, exited] {
          first.Done();
          second.Wait();
          exited.Send({});
        });
      }
      first.Wait();
      for (int i = 0; i < kN; i++) {
        std::optional<Unit> out;
        EXPECT_FALSE(exited.TryRecv(out)) << "released too soon";
        second.Done();
      }
      for (int i = 0; i < kN; i++) exited.Recv();
    }
  });
}

TEST_P(WaitGroupTest, SeesWhatWasDone) {  // Go: TestWaitGroupRace
  Run([] {
    for (int i = 0; i < kLoops; i++) {
      // Its life ends with Wait, while the last Done may not have returned.
      auto group = std::make_unique<WaitGroup>();
      int a = 0;
      int b = 0;
      group->Go([&] { a = 1; });
      group->Go([&] { b = 1; });
      group->Wait();
      ASSERT_EQ(a + b, 2);
    }
  });
}

TEST_P(WaitGroupTest, WaitsFromPlainThreads) {
  Run([] {
    WaitGroup group;
    group.Add(1);
    std::atomic<int> released{0};
    std::thread t1([&] { group.Wait(), released++; });
    std::thread t2([&] { group.Wait(), released++; });
    runtime::Gosched();
    EXPECT_EQ(released.load(), 0);
    group.Done();
    runtime::Blocking([&] {
      t1.join();
      t2.join();
    });
    EXPECT_EQ(released.load(), 2);
  });
}

TEST_P(WaitGroupTest, GoTakesMoveOnlyFunctionsAndDestroysThemFirst) {
  Run([] {
    auto owned = std::make_shared<int>(7);
    std::weak_ptr<int> watch = owned;
    auto only = std::make_unique<std::shared_ptr<int>>(std::move(owned));
    int seen = 0;
    WaitGroup group;
    group.Go([&seen, only = std::move(only)] { seen = **only; });
    group.Wait();
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(seen, 7);
  });
}

TEST_P(WaitGroupTest, GoexitCountsAsDone) {
  Run([] {
    WaitGroup group;
    group.Go([] { runtime::Goexit(); });
    group.Wait();
  });
}

TEST(WaitGroup, GoThatFailsLeavesTheCount) {
  struct Uncopyable {
    Uncopyable() = default;
    Uncopyable(const Uncopyable&) { throw std::runtime_error("no copy"); }
    void operator()() const {}
  };
  const Uncopyable f;
  WaitGroup group;
  EXPECT_THROW(group.Go(f), std::runtime_error);
  group.Wait();
}

TEST(WaitGroup, NegativeCounterPanics) {  // Go: TestWaitGroupMisuse
  WaitGroup group;
  group.Add(1);
  group.Done();
  try {
    group.Done();
    FAIL() << "no panic";
  } catch (const Panic& panic) {
    EXPECT_STREQ(panic.what(), "sync: negative WaitGroup counter");
  }
}

// The waiter has been let go, but before it gets to run the group is used
// again. On one P that is sure to happen, unless the system interferes between
// the two calls.
TEST(WaitGroup, ReuseBeforeWaitHasReturnedPanics) {
  std::string text;
  RunWith(1, [&] {
    for (int i = 0; i < 100 && text.empty(); i++) {
      WaitGroup group;
      group.Add(1);
      Chan<Unit> over = MakeChan<Unit>();
      Go([&] {
        try {
          group.Wait();
        } catch (const Panic& panic) {
          text = panic.what();
        }
        over.Send({});
      });
      runtime::Gosched();
      group.Done();
      group.Add(1);
      over.Recv();
    }
  });
  EXPECT_EQ(text,
            "sync: WaitGroup is reused before previous Wait has returned");
}

TEST_F(SyncDeathTest, ExceptionInAGroupIsAPanicAndDoesNotCountAsDone) {
  EXPECT_EXIT(
      {
        gosling::Run([] {
          WaitGroup group;
          group.Go([] { throw std::runtime_error("lost"); });
          group.Wait();
          std::_Exit(0);
        });
      },
      ::testing::ExitedWithCode(2), "^panic: lost \\[std::runtime_error\\]");
}

TEST_F(SyncDeathTest, WaitingForNobodyIsADeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                WaitGroup group;
                group.Add(1);
                group.Wait();
              }),
              ::testing::ExitedWithCode(2),
              "goroutine 1 \\[sync.WaitGroup.Wait\\]:");
}

// --- Once -------------------------------------------------------------------

TEST_P(OnceTest, RunsOnceAndEverybodyWaitsForIt) {  // Go: TestOnce
  Run([] {
    Once once;
    int runs = 0;
    bool finished = false;
    WaitGroup group;
    auto ask = [&] {
      once.Do([&] {
        runs++;
        for (int i = 0; i < 20; i++) runtime::Gosched();
        finished = true;
      });
      EXPECT_TRUE(finished);
    };
    for (int i = 0; i < 10; i++) group.Go(ask);
    std::thread thread(ask);
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
    EXPECT_EQ(runs, 1);
  });
}

TEST(Once, FunctionThatThrowsHasRun) {  // Go: TestOncePanic
  Once once;
  EXPECT_THROW(once.Do([] { throw std::runtime_error("failed"); }),
               std::runtime_error);
  once.Do([] { FAIL() << "called twice"; });
}

TEST_P(OnceTest, OnceFuncRunsOnceInAllItsCopies) {
  Run([] {
    int runs = 0;
    auto f = sync::OnceFunc([&] { runs++; });
    auto copy = f;
    WaitGroup group;
    for (int i = 0; i < 10; i++) group.Go(i % 2 == 0 ? f : copy);
    group.Wait();
    EXPECT_EQ(runs, 1);
  });
}

TEST(Once, OnceFuncThrowsTheSameEveryTime) {  // Go: TestOnceFuncPanic
  int runs = 0;
  auto f = sync::OnceFunc([&] {
    runs++;
    throw std::runtime_error("call " + std::to_string(runs));
  });
  for (int i = 0; i < 3; i++) {
    try {
      f();
      ADD_FAILURE() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "call 1");
    }
  }
  EXPECT_EQ(runs, 1);
}

TEST(Once, OnceFuncDestroysItsFunctionAfterTheCall) {  // Go: TestOnceFuncGC
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> watch = owned;
  auto f = sync::OnceFunc([owned = std::move(owned)] { (*owned)++; });
  EXPECT_FALSE(watch.expired());
  f();
  EXPECT_TRUE(watch.expired());
}

TEST(Once, OnceValueKeepsItsResult) {
  int runs = 0;
  auto f = sync::OnceValue([&] { return std::make_unique<int>(++runs); });
  const std::unique_ptr<int>& value = f();
  EXPECT_EQ(*value, 1);
  EXPECT_EQ(f().get(), value.get());
}

// --- Cond -------------------------------------------------------------------

TEST_P(CondTest, SignalWakesOne) {  // Go: TestCondSignal
  Run([] {
    Mutex mu;
    Cond cond(mu);
    constexpr int kN = 4;
    Chan<Unit> running = MakeChan<Unit>(kN);
    Chan<Unit> awake = MakeChan<Unit>(kN);
    for (int i = 0; i < kN; i++) {
      Go([&] {
        std::lock_guard lock(mu);
        running.Send({});
        cond.Wait();
        awake.Send({});
      });
    }
    for (int i = 0; i < kN; i++) running.Recv();
    std::optional<Unit> out;
    for (int i = 0; i < kN; i++) {
      EXPECT_FALSE(awake.TryRecv(out)) << "awake without a signal";
      mu.Lock();
      cond.Signal();
      mu.Unlock();
      awake.Recv();
      EXPECT_FALSE(awake.TryRecv(out)) << "two awake after one signal";
    }
    cond.Signal();
    mu.Lock();  // the last waiter has left the lambda's locked part
    mu.Unlock();
    AwaitGoroutines(1);
  });
}

TEST_P(CondTest, SignalGoesToTheLongestWaiter) {
  Run([] {
    Mutex mu;
    Cond cond(mu);
    Chan<Unit> running = MakeChan<Unit>();
    Chan<int> awake = MakeChan<int>();
    for (int i = 0; i < 8; i++) {
      Go([&, i] {
        mu.Lock();
        running.Send({});
        cond.Wait();
        mu.Unlock();
        awake.Send(i);
      });
      running.Recv();
      mu.Lock();  // now it waits
      mu.Unlock();
    }
    for (int i = 0; i < 8; i++) {
      cond.Signal();
      EXPECT_EQ(awake.Recv(), i);
    }
  });
}

// Go: TestCondSignalGenerations.
TEST_P(CondTest, SignalReachesThoseWhoWaitedBefore) {
  Run([] {
    Mutex mu;
    Cond cond(mu);
    constexpr int kN = 100;
    Chan<Unit> running = MakeChan<Unit>(kN);
    Chan<int> awake = MakeChan<int>(kN);
    WaitGroup group;
    for (int i = 0; i < kN; i++) {
      group.Go([&, i] {
        std::lock_guard lock(mu);
        running.Send({});
        cond.Wait();
        awake.Send(i);
      });
      if (i > 0) {
        EXPECT_EQ(awake.Recv(), i - 1);
      }
      running.Recv();
      std::lock_guard lock(mu);
      cond.Signal();
    }
    EXPECT_EQ(awake.Recv(), kN - 1);
    group.Wait();  // the last of them unlocks mu, which is on this stack
  });
}

TEST_P(CondTest, BroadcastWakesAll) {  // Go: TestCondBroadcast
  Run([] {
    Mutex mu;
    Cond cond(mu);
    constexpr int kN = 50;
    Chan<int> running = MakeChan<int>(kN);
    Chan<int> awake = MakeChan<int>(kN);
    bool exit = false;
    WaitGroup group;
    for (int g = 0; g < kN; g++) {
      group.Go([&, g] {
        std::lock_guard lock(mu);
        while (!exit) {
          running.Send(g);
          cond.Wait();
          awake.Send(g);
        }
      });
    }
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < kN; i++) running.Recv();
      mu.Lock();
      exit = round == 19;
      std::optional<int> out;
      EXPECT_FALSE(awake.TryRecv(out));
      cond.Broadcast();
      mu.Unlock();
      std::vector<bool> seen(kN);
      for (int i = 0; i < kN; i++) {
        int g = *awake.Recv();
        EXPECT_FALSE(seen[g]) << "woken twice";
        seen[g] = true;
      }
    }
    group.Wait();
  });
}

// A goroutine that begins to wait after the notification cannot take it from
// one that waited before.
TEST_P(CondTest, LatecomerDoesNotStealASignal) {  // Go: TestCondSignalStealing
  Run([] {
    for (int i = 0; i < kLoops / 3; i++) {
      Mutex mu;
      Cond cond(mu);
      Chan<Unit> ch = MakeChan<Unit>();
      WaitGroup group;
      group.Go([&] {
        mu.Lock();
        ch.Send({});
        cond.Wait();
        mu.Unlock();
        ch.Send({});
      });
      ch.Recv();
      mu.Lock();
      mu.Unlock();
      bool done = false;
      group.Go([&] { cond.Signal(); });
      group.Go([&] {
        std::lock_guard lock(mu);
        cond.Wait([&] { return done; });
      });
      ch.Recv();
      mu.Lock();
      done = true;
      mu.Unlock();
      cond.Broadcast();
      group.Wait();
    }
  });
}

TEST_P(CondTest, WaitForAPredicateHoldsWhenItReturns) {
  Run([] {
    Mutex mu;
    Cond cond(mu);
    int level = 0;
    WaitGroup group;
    for (int i = 1; i <= 8; i++) {
      group.Go([&, i] {
        std::unique_lock lock(mu);
        cond.Wait([&] { return level >= i; });
        EXPECT_GE(level, i);
      });
    }
    std::thread thread([&] {
      for (int i = 0; i < 8; i++) {
        std::lock_guard lock(mu);
        level++;
        cond.Broadcast();
      }
    });
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
  });
}

// SignallingLock signals at each unlock, so in the midst of Wait.
struct SignallingLock {
  Cond* cond = nullptr;
  bool all = false;
  void lock() {}
  void unlock() {
    if (all) {
      cond->Broadcast();
    } else {
      cond->Signal();
    }
  }
};

TEST_P(CondTest, ASignalThatComesBeforeTheWaiterHasParkedCounts) {
  Run([] {
    for (bool all : {false, true}) {
      SignallingLock lock;
      Cond cond(lock);
      lock.cond = &cond;
      lock.all = all;
      for (int i = 0; i < 2; i++) {
        cond.Wait();
        EXPECT_EQ(sched::CurrentM()->pinned, 0u);
      }
    }
  });
}

TEST_P(CondTest, WorksWithAReadLock) {
  Run([] {
    RWMutex mu;
    std::shared_lock reading(mu, std::defer_lock);
    Cond cond(reading);
    bool ready = false;
    WaitGroup group;
    group.Go([&] {
      reading.lock();
      cond.Wait([&] { return ready; });
      reading.unlock();
    });
    runtime::Gosched();
    mu.Lock();
    ready = true;
    mu.Unlock();
    cond.Signal();
    cond.Broadcast();
    group.Wait();
  });
}

}  // namespace
}  // namespace gosling
