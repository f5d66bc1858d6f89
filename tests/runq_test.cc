// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The rings of runnable goroutines (sched/runq.h) and what links any number of
// them (sched/gqueue.h), by themselves: the Gs here are never run, only counted.

#include "sched/runq.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace gosling::sched {
namespace {

constexpr int kSize = RunQueue::kSize;

// Gs numbered from 0.
class Gs {
 public:
  explicit Gs(int n) : gs_(new G[n]), n_(n) {
    for (int i = 0; i < n; i++) gs_[i].goid = static_cast<std::uint64_t>(i);
  }
  G* operator[](int i) { return &gs_[i]; }
  int size() const { return n_; }

 private:
  std::unique_ptr<G[]> gs_;
  int n_;
};

std::vector<int> Drain(RunQueue& q, bool thieves = true) {
  std::vector<int> out;
  while (G* g = q.Get(thieves)) out.push_back(static_cast<int>(g->goid));
  return out;
}

std::vector<int> Drain(GQueue& q) {
  std::vector<int> out;
  while (G* g = q.Pop()) out.push_back(static_cast<int>(g->goid));
  return out;
}

std::vector<int> Range(int from, int to) {
  std::vector<int> out;
  for (int i = from; i < to; i++) out.push_back(i);
  return out;
}

// --- GQueue ---

TEST(GQueue, IsFirstInFirstOut) {
  Gs gs(5);
  GQueue q;
  for (int i = 0; i < 5; i++) q.PushBack(gs[i]);
  EXPECT_EQ(Drain(q), Range(0, 5));
  EXPECT_TRUE(q.Empty());
}

TEST(GQueue, TakesAllOfAnotherInOrder) {
  Gs gs(6);
  GQueue a;
  GQueue b;
  for (int i = 0; i < 3; i++) a.PushBack(gs[i]);
  for (int i = 3; i < 6; i++) b.PushBack(gs[i]);
  a.PushBackAll(b);
  EXPECT_TRUE(b.Empty());
  EXPECT_EQ(Drain(a), Range(0, 6));
}

TEST(GQueue, TakesAllOfAnEmptyOneAndIntoAnEmptyOne) {
  Gs gs(2);
  GQueue a;
  GQueue b;
  a.PushBackAll(b);
  EXPECT_TRUE(a.Empty());
  b.PushBack(gs[0]);
  a.PushBackAll(b);
  a.PushBack(gs[1]);  // the tail has to have come along
  EXPECT_EQ(Drain(a), Range(0, 2));
}

// Whatever is done to it, in whichever lane it stands: as a std::deque.
TEST(GQueue, KeepsTheOrderOverManyOperations) {
  Gs gs(500);
  std::minstd_rand random(1);
  GQueue q;
  std::deque<G*> model;
  std::deque<G*> idle;
  for (int i = 0; i < gs.size(); i++) idle.push_back(gs[i]);
  for (int turn = 0; turn < 20'000; turn++) {
    GQueue batch;
    std::size_t n = std::min<std::size_t>(random() % 20, idle.size());
    switch (random() % 3) {
      case 0:
        for (std::size_t i = 0; i < n; i++) {
          batch.PushBack(idle.front());
          model.push_back(idle.front());
          idle.pop_front();
        }
        // Its first lane is any.
        for (std::size_t i = random() % 3; i-- > 0 && n > 3;) {
          G* g = batch.Pop();
          batch.PushBack(g);
          std::rotate(model.end() - static_cast<std::ptrdiff_t>(n),
                      model.end() - static_cast<std::ptrdiff_t>(n) + 1,
                      model.end());
        }
        q.PushBackAll(batch);
        ASSERT_TRUE(batch.Empty());
        break;
      case 1:
        if (n == 0) break;
        q.PushBack(idle.front());
        model.push_back(idle.front());
        idle.pop_front();
        break;
      case 2:
        for (std::size_t i = random() % 25; i-- > 0;) {
          G* expected = model.empty() ? nullptr : model.front();
          ASSERT_EQ(q.Pop(), expected);
          if (expected == nullptr) break;
          model.pop_front();
          idle.push_back(expected);
        }
        break;
    }
    ASSERT_EQ(q.Empty(), model.empty());
  }
}

// --- GStack ---

TEST(GStack, IsLastInFirstOut) {
  Gs gs(100);
  std::minstd_rand random(1);
  GStack stack;
  std::vector<G*> model;
  std::vector<G*> idle;
  for (int i = 0; i < gs.size(); i++) idle.push_back(gs[i]);
  EXPECT_EQ(stack.Pop(), nullptr);
  for (int turn = 0; turn < 20'000; turn++) {
    auto& from = random() % 2 == 0 ? idle : model;
    auto& to = &from == &idle ? model : idle;
    for (std::size_t i = random() % 12; i-- > 0 && !from.empty();) {
      G* g = from.back();
      if (&from == &idle) {
        stack.Push(g);
      } else {
        ASSERT_EQ(stack.Pop(), g);
      }
      from.pop_back();
      to.push_back(g);
    }
    ASSERT_EQ(stack.Size(), model.size());
  }
}

// --- RunQueue, one thread ---

TEST(RunQueue, IsFirstInFirstOut) {
  Gs gs(kSize);
  RunQueue q;
  for (int i = 0; i < kSize; i++) ASSERT_TRUE(q.Put(gs[i]));
  EXPECT_EQ(Drain(q), Range(0, kSize));
  EXPECT_TRUE(q.Empty());
  EXPECT_TRUE(q.EmptyForOwner());
}

TEST(RunQueue, IsFirstInFirstOutWithoutThieves) {
  Gs gs(kSize);
  RunQueue q;
  for (int i = 0; i < kSize; i++) ASSERT_TRUE(q.Put(gs[i]));
  EXPECT_EQ(Drain(q, /*thieves=*/false), Range(0, kSize));
  EXPECT_TRUE(q.Empty());
}

TEST(RunQueue, RefusesWhenFull) {
  Gs gs(kSize + 1);
  RunQueue q;
  for (int i = 0; i < kSize; i++) ASSERT_TRUE(q.Put(gs[i]));
  EXPECT_FALSE(q.Put(gs[kSize]));
  EXPECT_EQ(q.Size(), RunQueue::kSize);
  ASSERT_NE(q.Get(), nullptr);
  EXPECT_TRUE(q.Put(gs[kSize]));
  EXPECT_EQ(Drain(q), Range(1, kSize + 1));
}

TEST(RunQueue, StaysInOrderWhileItWrapsAround) {
  Gs gs(3 * kSize);
  RunQueue q;
  int put = 0;
  std::vector<int> got;
  // Two in, one out until it is nearly full, then the other way round.
  while (got.size() < static_cast<std::size_t>(gs.size())) {
    for (int i = 0; i < 100 && put < gs.size(); i++) {
      if (!q.Put(gs[put])) break;
      put++;
    }
    for (int i = 0; i < 90; i++) {
      G* g = q.Get();
      if (g == nullptr) break;
      got.push_back(static_cast<int>(g->goid));
    }
  }
  EXPECT_EQ(got, Range(0, gs.size()));
}

// Go: runqputslow moves half of the ring and the newcomer in one batch.
TEST(RunQueue, OverflowTakesTheOlderHalfAndTheNewcomer) {
  Gs gs(kSize + 1);
  RunQueue q;
  for (int i = 0; i < kSize; i++) ASSERT_TRUE(q.Put(gs[i]));
  GQueue out;
  EXPECT_EQ(q.TakeHalf(gs[kSize], out), kSize / 2 + 1);
  std::vector<int> expected = Range(0, kSize / 2);
  expected.push_back(kSize);
  EXPECT_EQ(Drain(out), expected);
  EXPECT_EQ(Drain(q), Range(kSize / 2, kSize));
}

TEST(RunQueue, OverflowTakesNothingIfThereIsRoom) {
  Gs gs(kSize + 1);
  RunQueue q;
  for (int i = 0; i < kSize - 1; i++) ASSERT_TRUE(q.Put(gs[i]));
  GQueue out;
  EXPECT_EQ(q.TakeHalf(gs[kSize], out), 0);
  EXPECT_TRUE(out.Empty());
  EXPECT_EQ(Drain(q), Range(0, kSize - 1));
}

class RunQueueSteal : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Of, RunQueueSteal,
                         ::testing::Values(0, 1, 2, 3, 4, 5, 127, 128, 129, 255,
                                           256),
                         [](const ::testing::TestParamInfo<int>& info) {
                           return std::to_string(info.param);
                         });

// Go: runqsteal takes n - n/2, the oldest, and hands one of them over at once.
TEST_P(RunQueueSteal, TakesTheOlderHalfRoundedUp) {
  const int n = GetParam();
  Gs gs(kSize);
  RunQueue victim;
  RunQueue thief;
  // Not at the rings' beginnings, so that both wrap.
  for (int i = 0; i < 200; i++) {
    ASSERT_TRUE(victim.Put(gs[0]) && thief.Put(gs[0]));
    ASSERT_TRUE(victim.Get() != nullptr && thief.Get() != nullptr);
  }
  for (int i = 0; i < n; i++) ASSERT_TRUE(victim.Put(gs[i]));

  G* first = thief.StealFrom(victim);
  const int stolen = n - n / 2;
  std::vector<int> got = Drain(thief);
  if (n == 0) {
    EXPECT_EQ(first, nullptr);
  } else {
    ASSERT_NE(first, nullptr);
    got.push_back(static_cast<int>(first->goid));
  }
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, Range(0, stolen));
  EXPECT_EQ(Drain(victim), Range(stolen, n));
}

// --- RunQueue, an owner and thieves ---

// Every G that goes in comes out once, to the owner or to a thief.
// Go: TestRunSchedLocalQueueSteal, TestSchedLocalQueueEmpty.
TEST(RunQueue, LosesAndDoublesNothingUnderTheft) {
  constexpr int kThieves = 3;
  constexpr int kGs = 200'000;
  Gs gs(kGs);
  std::vector<std::atomic<int>> seen(kGs);
  RunQueue owner;
  std::atomic<bool> done{false};
  auto see = [&](G* g) { seen[g->goid].fetch_add(1); };

  std::vector<std::thread> thieves;
  for (int i = 0; i < kThieves; i++) {
    thieves.emplace_back([&] {
      RunQueue mine;
      for (;;) {
        const bool last = done.load();
        while (G* g = mine.StealFrom(owner)) {
          see(g);
          while (G* more = mine.Get()) see(more);
        }
        if (last) return;
        std::this_thread::yield();
      }
    });
  }
  std::uint64_t overflowed = 0;
  for (int i = 0; i < kGs; i++) {
    while (!owner.Put(gs[i])) {
      GQueue batch;
      if (owner.TakeHalf(gs[i], batch) == 0) continue;
      for (; G* g = batch.Pop(); overflowed++) see(g);
      break;
    }
    if (i % 3 == 0) {
      if (G* g = owner.Get()) see(g);
    }
  }
  while (G* g = owner.Get()) see(g);
  done.store(true);
  for (std::thread& t : thieves) t.join();

  int wrong = 0;
  for (int i = 0; i < kGs; i++) wrong += seen[i].load() != 1;
  EXPECT_EQ(wrong, 0) << "of " << kGs << " Gs, " << overflowed
                      << " went through an overflow";
}

// Thieves that steal from each other: the G in the middle of a chain of thefts
// is still one G.
TEST(RunQueue, LosesAndDoublesNothingAmongThieves) {
  constexpr int kWorkers = 4;
  constexpr int kGs = 128;
  constexpr int kTurns = 20'000;
  Gs gs(kGs);
  std::vector<std::atomic<int>> held(kGs);
  std::atomic<int> doubled{0};
  std::vector<RunQueue> rings(kWorkers);
  for (int i = 0; i < kGs; i++) ASSERT_TRUE(rings[0].Put(gs[i]));
  auto use = [&](G* g) {
    if (held[g->goid].fetch_add(1) != 0) doubled.fetch_add(1);
    held[g->goid].fetch_sub(1);
  };

  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; w++) {
    workers.emplace_back([&, w] {
      RunQueue& mine = rings[w];
      for (int turn = 0; turn < kTurns; turn++) {
        G* g = mine.Get();
        if (g == nullptr) g = mine.StealFrom(rings[(w + turn) % kWorkers]);
        if (g == nullptr) continue;
        use(g);
        while (!mine.Put(g)) {
        }
      }
    });
  }
  for (std::thread& t : workers) t.join();
  EXPECT_EQ(doubled.load(), 0);
  std::vector<int> all;
  for (RunQueue& ring : rings) {
    std::vector<int> some = Drain(ring);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, Range(0, kGs));
}

// Timers of another P, run by a thief, once filled the ring it then stole into.
TEST(RunQueueDeathTest, StealingIntoARingThatIsNotEmptyIsFatal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  RunQueue q, victim;
  Gs gs(2);
  q.Put(gs[0]);
  victim.Put(gs[1]);
  EXPECT_DEATH(q.StealFrom(victim), "runqsteal: runq overflow");
}

}  // namespace
}  // namespace gosling::sched
