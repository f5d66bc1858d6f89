// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/semaphore.h: exclusion by weight, order, cancellation, misuse.
// GO_BEHAVIOURS.md M10. Tests named after x/sync's say so.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/semaphore.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <thread>
#include <type_traits>
#include <vector>

#include "tests/allocations.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;
using sync::WaitGroup;
using sync::Weighted;

constexpr int kLoops = kSanitized ? 300 : 3000;

class WeightedTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, WeightedTest, kProcs, ProcsName);

constinit Weighted global(3);

// AwaitWaiter yields until TryAcquire(1) fails although one unit is there: a
// goroutine stands in the queue then.
void AwaitWaiter(Weighted& sem) {
  while (sem.TryAcquire(1)) {
    sem.Release(1);
    runtime::Gosched();
  }
}

TEST(Weighted, IsConstantInitialisedAndNotCopied) {
  ASSERT_TRUE(global.TryAcquire(3));
  EXPECT_FALSE(global.TryAcquire(1));
  EXPECT_TRUE(global.TryAcquire(0));
  global.Release(3);
  EXPECT_FALSE(std::is_copy_constructible_v<Weighted>);
  EXPECT_FALSE(std::is_move_constructible_v<Weighted>);
}

TEST_P(WeightedTest, NeverGivesOutMoreThanItHas) {  // x/sync: Weighted
  Run([] {
    constexpr std::int64_t kSize = 8;
    Weighted sem(kSize);
    std::atomic<std::int64_t> held{0};
    std::atomic<bool> too_much{false};
    WaitGroup group;
    for (std::int64_t n = 1; n <= kSize; n++) {
      group.Go([&, n] {
        for (int i = 0; i < kLoops; i++) {
          EXPECT_FALSE(sem.Acquire(Background(), n));
          if ((held += n) > kSize) too_much = true;
          if (i % 8 == 0) runtime::Gosched();
          held -= n;
          sem.Release(n);
        }
      });
    }
    group.Wait();
    EXPECT_FALSE(too_much);
    EXPECT_TRUE(sem.TryAcquire(kSize));
  });
}

TEST_P(WeightedTest, GivesExclusionAndOrderWithWeightsOfItsSize) {
  Run([] {
    Weighted sem(1);
    int counter = 0;
    auto work = [&] {
      for (int i = 0; i < kLoops; i++) {
        EXPECT_FALSE(sem.Acquire(Background(), 1));
        counter++;
        sem.Release(1);
      }
    };
    WaitGroup group;
    for (int i = 0; i < 4; i++) group.Go(work);
    std::thread thread(work);
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
    EXPECT_EQ(counter, 5 * kLoops);
  });
}

TEST_P(WeightedTest,
       TryAcquireTakesWhatIsThere) {  // x/sync: WeightedTryAcquire
  Run([] {
    Weighted sem(2);
    EXPECT_FALSE(sem.Acquire(Background(), 1));
    EXPECT_TRUE(sem.TryAcquire(1));
    EXPECT_FALSE(sem.TryAcquire(1));
    sem.Release(2);
    EXPECT_TRUE(sem.TryAcquire(1));
    EXPECT_FALSE(sem.TryAcquire(2));
    EXPECT_FALSE(sem.Acquire(Background(), 1));
    sem.Release(2);
  });
}

TEST_P(WeightedTest, ReleaseOfMoreThanHeldPanicsAndReleasesNothing) {
  // x/sync: WeightedPanic
  Run([] {
    Weighted sem(5);
    EXPECT_EQ(PanicOf([&] { sem.Release(1); }),
              "semaphore: released more than held");
    ASSERT_TRUE(sem.TryAcquire(2));
    EXPECT_EQ(PanicOf([&] { sem.Release(3); }),
              "semaphore: released more than held");
    EXPECT_FALSE(sem.TryAcquire(4));
    EXPECT_TRUE(sem.TryAcquire(3));
    sem.Release(5);
  });
}

TEST_P(WeightedTest, MoreThanItsSizeWaitsForTheContextAndHindersNoOther) {
  // x/sync: WeightedDoesntBlockIfTooBig
  Run([] {
    Weighted sem(2);
    const auto [ctx, cancel] = context::WithCancel(Background());
    WaitGroup group;
    group.Go([&sem, ctx = ctx] {
      EXPECT_EQ(sem.Acquire(ctx, 3), context::Canceled);
    });
    for (int i = 0; i < 100; i++) {
      runtime::Gosched();
      EXPECT_FALSE(sem.Acquire(Background(), 2));
      sem.Release(2);
    }
    cancel();
    group.Wait();
    const auto [late, stop] = context::WithTimeout(Background(), 1ms);
    EXPECT_EQ(sem.Acquire(late, 3), context::DeadlineExceeded);
    stop();
  });
}

TEST_P(WeightedTest,
       ALargeWaiterIsNotStarved) {  // x/sync: LargeAcquireDoesntStarve
  Run([] {
    Weighted sem(4);
    std::atomic<bool> done{false};
    WaitGroup group;
    ASSERT_TRUE(sem.TryAcquire(4));
    for (int i = 0; i < 8; i++) {
      group.Go([&] {
        while (!done) {
          EXPECT_FALSE(sem.Acquire(Background(), 1));
          runtime::Gosched();
          sem.Release(1);
        }
      });
    }
    group.Go([&] {
      EXPECT_FALSE(sem.Acquire(Background(), 4));
      done = true;
      sem.Release(4);
    });
    sem.Release(4);
    group.Wait();
  });
}

TEST_P(WeightedTest, ServesWaitersInTheOrderOfTheirComing) {
  Run([] {
    Weighted sem(10);
    std::vector<int> order;
    ASSERT_TRUE(sem.TryAcquire(1));
    WaitGroup group;
    for (int i = 0; i < 20; i++) {
      const std::uint64_t parks = runtime::Stats().parks;
      group.Go([&, i] {
        EXPECT_FALSE(sem.Acquire(Background(), 10));
        order.push_back(i);
        sem.Release(10);
      });
      // None but the new goroutine parks here.
      while (runtime::Stats().parks == parks) runtime::Gosched();
    }
    EXPECT_FALSE(sem.TryAcquire(1));  // they stand before this one
    sem.Release(1);
    group.Wait();
    ASSERT_EQ(order.size(), 20U);
    for (int i = 0; i < 20; i++) {
      EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    }
  });
}

TEST_P(WeightedTest, ACancelledWaiterLeavesTheQueueAndLetsSmallerOnesThrough) {
  // x/sync: AllocCancelDoesntStarve
  Run([] {
    Weighted sem(10);
    ASSERT_TRUE(sem.TryAcquire(1));
    const auto [ctx, cancel] = context::WithCancel(Background());
    WaitGroup group;
    group.Go([&sem, ctx = ctx] {
      EXPECT_EQ(sem.Acquire(ctx, 10), context::Canceled);
    });
    AwaitWaiter(sem);
    std::atomic<bool> small{false};
    group.Go([&] {
      EXPECT_FALSE(sem.Acquire(Background(), 1));
      small = true;
    });
    for (int i = 0; i < 100; i++) runtime::Gosched();
    EXPECT_FALSE(small);
    cancel();
    group.Wait();
    EXPECT_TRUE(small);
    sem.Release(2);
    EXPECT_TRUE(sem.TryAcquire(10));
  });
}

TEST_P(WeightedTest, AnEndedContextGetsNothingEvenIfAllIsThere) {
  // x/sync: AcquireCanceled
  Run([] {
    Weighted sem(2);
    const auto [ctx, cancel] = context::WithCancel(Background());
    cancel();
    EXPECT_EQ(sem.Acquire(ctx, 1), context::Canceled);
    EXPECT_EQ(sem.Acquire(ctx, 3), context::Canceled);
    EXPECT_TRUE(sem.TryAcquire(2));
    sem.Release(2);
  });
}

TEST_P(WeightedTest, KeepsItsAccountsWhileWaitersAreCancelled) {
  Run([] {
    constexpr std::int64_t kSize = 6;
    Weighted sem(kSize);
    std::atomic<std::int64_t> held{0};
    std::atomic<bool> too_much{false};
    std::atomic<int> cancelled{0};
    WaitGroup group;
    for (int g = 0; g < 8; g++) {
      group.Go([&, g] {
        for (int i = 0; i < kLoops / 4; i++) {
          const std::int64_t n = 1 + (g + i) % kSize;
          const auto [ctx, cancel] = context::WithCancel(Background());
          WaitGroup canceller;
          canceller.Go([&cancel = cancel] {
            runtime::Gosched();
            cancel();
          });
          if (sem.Acquire(ctx, n)) {
            cancelled++;
          } else {
            if ((held += n) > kSize) too_much = true;
            runtime::Gosched();
            held -= n;
            sem.Release(n);
          }
          canceller.Wait();
        }
      });
    }
    group.Wait();
    EXPECT_FALSE(too_much);
    EXPECT_GT(cancelled, 0);
    EXPECT_TRUE(sem.TryAcquire(kSize));  // all is back
    sem.Release(kSize);
  });
}

TEST_P(WeightedTest, AllocatesNothingWithoutWaiting) {
  Run([] {
    Weighted sem(2);
    const auto [ctx, cancel] = context::WithCancel(Background());
    EXPECT_FALSE(sem.Acquire(ctx, 1));
    sem.Release(1);
    const std::size_t before = allocations;
    for (int i = 0; i < 100; i++) {
      if (sem.Acquire(ctx, 1)) std::abort();
      if (!sem.TryAcquire(1)) std::abort();
      sem.Release(2);
    }
    EXPECT_EQ(allocations, before);
    cancel();
  });
}

class WeightedDeathTest : public FreshDeathTest {};

TEST_F(WeightedDeathTest, WaitingForMoreThanThereWillBeIsADeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                Weighted sem(1);
                (void)sem.Acquire(Background(), 2);
              }),
              ::testing::ExitedWithCode(2),
              "all goroutines are asleep - deadlock!");
}

}  // namespace
}  // namespace gosling
