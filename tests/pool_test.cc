// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/pool.h. Tests that follow one of Go's name it.

#include <gosling/go.h>
#include <gosling/pool.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using sync::Pool;

class PoolTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, PoolTest, kProcs, ProcsName);

// Go: TestPool, TestPoolNew.
TEST_P(PoolTest, GetReturnsWhatWasPutOrMakesOne) {
  Run([] {
    Pool<std::string> plain;
    EXPECT_EQ(plain.Get(), "");
    int made = 0;
    Pool<std::unique_ptr<int>> pool(
        [&made] { return std::make_unique<int>(made++); });
    std::unique_ptr<int> a = pool.Get();
    EXPECT_EQ(*a, 0);
    *a = 42;
    const int* address = a.get();
    pool.Put(std::move(a));
    std::unique_ptr<int> b = pool.Get();
    EXPECT_EQ(b.get(), address);
    EXPECT_EQ(*b, 42);
    EXPECT_EQ(made, 1);
    EXPECT_EQ(*pool.Get(), 1);
  });
}

TEST_P(PoolTest, NothingIsLostOrHandedOutTwice) {
  Run([] {
    constexpr int kItems = 1000;  // the list grows several times
    Pool<int> pool([] { return -1; });
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < kItems; i++) pool.Put(i);
      std::set<int> got;
      for (int i = 0; i < kItems; i++) got.insert(pool.Get());
      EXPECT_EQ(got.size(), std::size_t{kItems});
      EXPECT_EQ(got.count(-1), 0u);
      EXPECT_EQ(pool.Get(), -1);
    }
  });
}

struct Nothing {};

TEST_P(PoolTest, ItemsOfAnyKindMayBeKept) {
  Run([] {
    Pool<Nothing> nothing;
    for (int i = 0; i < 40; i++) nothing.Put({});
    for (int i = 0; i < 41; i++) (void)nothing.Get();
    struct alignas(64) Aligned {
      char c[65] = "x";
    };
    Pool<Aligned> aligned;
    for (int i = 0; i < 40; i++) aligned.Put({});
    const Aligned a = aligned.Get();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&a) % 64, 0u);
    EXPECT_EQ(a.c[0], 'x');
  });
}

TEST_P(PoolTest, ItsItemsEndWithIt) {
  Run([] {
    {
      Pool<Counted> pool([] { return Counted(-1); });
      for (int i = 0; i < 100; i++) pool.Put(Counted(i));
      EXPECT_EQ(Counted::alive, 100);
      { const Counted c = pool.Get(); }
      EXPECT_EQ(Counted::alive, 99);
    }
    EXPECT_EQ(Counted::alive, 0);
  });
}

TEST(PoolAlone, ClearDestroysWhatItHolds) {
  RunWith(1, [] {
    Pool<Counted> pool([] { return Counted(-1); });
    pool.Clear();
    for (int i = 0; i < 100; i++) pool.Put(Counted(i));
    pool.Clear();
    EXPECT_EQ(Counted::alive, 0);
    pool.Put(Counted(1));
    EXPECT_EQ(pool.Get().value(), 1);
  });
}

// The time is the pool's own here: two looks at the clock, a second apart.
TEST(PoolAlone, WhatWasNotNeededForASecondGoes) {
  RunWith(1, [] {
    int made = 0;
    Pool<Counted> pool([&made] { return Counted(made++); });
    constexpr int kBurst = 500;
    for (int i = 0; i < kBurst; i++) pool.Put(Counted(i));
    const auto start = std::chrono::steady_clock::now();
    // Little is needed; the rest is to go, some at each look.
    EXPECT_TRUE(YieldUntil([&] {
      for (int i = 0; i < 100; i++) {
        Counted a = pool.Get();
        Counted b = pool.Get();
        pool.Put(std::move(a));
        pool.Put(std::move(b));
      }
      return Counted::alive < 10;
    }));
    EXPECT_GE(std::chrono::steady_clock::now() - start,
              std::chrono::milliseconds(900));
    EXPECT_EQ(made, 0) << "what is needed stays";
  });
}

// Go: TestPoolStress.
TEST_P(PoolTest, ManyMayUseItAtOnce) {
  Run([] {
    constexpr int kGoroutines = 8;
    constexpr int kRounds = kSanitized ? 300 : 3000;
    Pool<std::unique_ptr<std::atomic<int>>> pool(
        [] { return std::make_unique<std::atomic<int>>(0); });
    sync::WaitGroup wg;
    for (int g = 0; g < kGoroutines; g++) {
      wg.Go([&pool] {
        for (int i = 0; i < kRounds; i++) {
          std::vector<std::unique_ptr<std::atomic<int>>> mine;
          for (int k = 0; k < i % 5 + 1; k++) {
            mine.push_back(pool.Get());
            ASSERT_EQ(mine.back()->fetch_add(1), 0) << "has another owner";
          }
          if (i % 7 == 0) runtime::Gosched();
          for (auto& item : mine) {
            item->fetch_sub(1);
            pool.Put(std::move(item));
          }
        }
      });
    }
    wg.Wait();
  });
}

TEST(PoolAlone, ThreadsUseItToo) {
  Pool<int> pool([] { return -1; });
  std::thread([&pool] {
    pool.Put(1);
    pool.Put(2);
  }).join();
  RunWith(2, [&] {
    EXPECT_EQ(pool.Get() + pool.Get(), 3);
    pool.Put(4);
    pool.Put(5);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&pool] {
      for (int i = 0; i < 1000; i++) {
        const int v = pool.Get();
        EXPECT_GE(v, -1);
        pool.Put(v);
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

// Ps that come after the first Put use the others' lists.
TEST(PoolAlone, MorePsMayCome) {
  RunWith(1, [] {
    Pool<int> pool([] { return -1; });
    pool.Put(0);
    const int former = runtime::GOMAXPROCS(16);
    sync::WaitGroup wg;
    for (int g = 0; g < 32; g++) {
      wg.Go([&pool] {
        for (int i = 0; i < 100; i++) {
          pool.Put(pool.Get() + 1);
          runtime::Gosched();
        }
      });
    }
    wg.Wait();
    runtime::GOMAXPROCS(former);
  });
}

}  // namespace
}  // namespace gosling
