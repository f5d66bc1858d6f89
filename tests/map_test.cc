// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/map.h: what each call does, alone and among others. GO_BEHAVIOURS.md
// M9. Tests named after Go's say so.

#include <gosling/go.h>
#include <gosling/map.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/go_test.h"

namespace gosling {
namespace {

using sync::Map;
using sync::WaitGroup;

constexpr int kLoops = kSanitized ? 300 : 3000;

class MapTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, MapTest, kProcs, ProcsName);

template <class K, class V>
std::map<K, V> Contents(const Map<K, V>& map) {
  std::map<K, V> contents;
  map.Range([&](const K& key, const V& value) {
    EXPECT_TRUE(contents.emplace(key, value).second) << "a key came twice";
  });
  return contents;
}

TEST(Map, OfDefaultIsEmpty) {
  Map<std::string, int> map;
  EXPECT_EQ(map.Load("a"), std::nullopt);
  EXPECT_EQ(map.LoadAndDelete("a"), std::nullopt);
  EXPECT_FALSE(map.CompareAndSwap("a", 0, 1));
  EXPECT_FALSE(map.CompareAndDelete("a", 0));
  map.Delete("a");
  map.Clear();
  EXPECT_TRUE(Contents(map).empty());
  EXPECT_FALSE((std::is_copy_constructible_v<Map<int, int>>));
}

TEST(Map, LoadReturnsWhatStoreHasSet) {
  Map<std::string, std::string> map;
  map.Store("a", "1");
  EXPECT_EQ(map.Load("a"), "1");
  map.Store("a", "2");
  EXPECT_EQ(map.Load("a"), "2");
  EXPECT_EQ(map.Load("b"), std::nullopt);
}

TEST(Map, LoadOrStoreKeepsWhatIsThere) {
  Map<int, int> map;
  EXPECT_EQ(map.LoadOrStore(1, 10), std::pair(10, false));
  EXPECT_EQ(map.LoadOrStore(1, 20), std::pair(10, true));
  EXPECT_EQ(map.Load(1), 10);
}

TEST(Map, SwapReturnsTheFormerValue) {
  Map<int, int> map;
  EXPECT_EQ(map.Swap(1, 10), std::nullopt);
  EXPECT_EQ(map.Swap(1, 20), 10);
  EXPECT_EQ(map.LoadAndDelete(1), 20);
  EXPECT_EQ(map.Load(1), std::nullopt);
}

TEST(Map, CompareAndSwapAndCompareAndDeleteWantTheOldValue) {
  // Go: CompareAndSwap_NonExistingKey
  Map<std::string, std::string> map;
  EXPECT_FALSE(map.CompareAndSwap("k", "", "new"));
  EXPECT_EQ(map.Load("k"), std::nullopt);
  map.Store("k", "old");
  EXPECT_FALSE(map.CompareAndSwap("k", "other", "new"));
  EXPECT_TRUE(map.CompareAndSwap("k", "old", "new"));
  EXPECT_EQ(map.Load("k"), "new");
  EXPECT_FALSE(map.CompareAndDelete("k", "old"));
  EXPECT_TRUE(map.CompareAndDelete("k", "new"));
  EXPECT_EQ(map.Load("k"), std::nullopt);
}

TEST(Map, RangeStopsWhenItIsTold) {
  Map<int, int> map;
  for (int i = 0; i < 100; i++) map.Store(i, i);
  int calls = 0;
  map.Range([&](int, int) { return ++calls < 5; });
  EXPECT_EQ(calls, 5);
}

TEST(Map, RangeMayChangeTheMap) {  // Go: IssueRangeDelete, MapRangeNestedCall
  Map<int, int> map;
  for (int i = 0; i < 100; i++) map.Store(i, i);
  map.Range([&](int key, int) {
    map.Range([&](int inner, int) { EXPECT_LT(inner, 1100); });
    if (key >= 1000) return;  // it may come to what it has stored
    map.Delete(key);
    map.Store(key + 1000, key);
    EXPECT_TRUE(map.Load(key + 1000));
  });
  map.Range([&](int key, int) { EXPECT_GE(key, 1000); });
  map.Range([&](int, int) { map.Clear(); });
  EXPECT_TRUE(Contents(map).empty());
}

TEST(Map, DoesAsAPlainMapDoes) {  // Go: MapMatchesRWMutex
  std::mt19937 random(20261128);
  Map<int, int> map;
  std::map<int, int> plain;
  auto found = [&](int key) {
    const auto at = plain.find(key);
    return at == plain.end() ? std::nullopt : std::optional(at->second);
  };
  for (int i = 0; i < 100'000; i++) {
    const int key = static_cast<int>(random() % 64);
    const int value = static_cast<int>(random() % 4);
    const int other = static_cast<int>(random() % 4);
    const std::optional<int> was = found(key);
    switch (random() % 9) {
      case 0:
        ASSERT_EQ(map.Load(key), was);
        break;
      case 1:
        map.Store(key, value);
        plain[key] = value;
        break;
      case 2:
        ASSERT_EQ(map.LoadOrStore(key, value),
                  std::pair(was.value_or(value), was.has_value()));
        plain.emplace(key, value);
        break;
      case 3:
        ASSERT_EQ(map.LoadAndDelete(key), was);
        plain.erase(key);
        break;
      case 4:
        map.Delete(key);
        plain.erase(key);
        break;
      case 5:
        ASSERT_EQ(map.Swap(key, value), was);
        plain[key] = value;
        break;
      case 6:
        ASSERT_EQ(map.CompareAndSwap(key, other, value), was == other);
        if (was == other) plain[key] = value;
        break;
      case 7:
        ASSERT_EQ(map.CompareAndDelete(key, other), was == other);
        if (was == other) plain.erase(key);
        break;
      default:
        ASSERT_EQ(Contents(map), plain);
        if (random() % 100 == 0) {
          map.Clear();
          plain.clear();
        }
    }
  }
}

// SelfUser uses its map when it is destroyed, which may not be while a lock is
// held.
struct SelfUser {
  Map<int, std::shared_ptr<SelfUser>>* map;
  explicit SelfUser(Map<int, std::shared_ptr<SelfUser>>* m) : map(m) {}
  ~SelfUser() {
    for (int i = 0; i < 64; i++) (void)map->LoadOrStore(i, nullptr);
  }
};

TEST_P(MapTest, DestructorsOfWhatIsRemovedMayUseIt) {
  Run([] {
    Map<int, std::shared_ptr<SelfUser>> map;
    auto fill = [&map] { map.Store(1, std::make_shared<SelfUser>(&map)); };
    fill();
    fill();
    map.Delete(1);
    fill();
    map.LoadAndDelete(1);
    fill();
    EXPECT_TRUE(map.CompareAndDelete(1, *map.Load(1)));
    fill();
    EXPECT_TRUE(map.CompareAndSwap(1, *map.Load(1), nullptr));
    fill();
    map.Clear();
    EXPECT_EQ(map.Load(63), nullptr);
  });
}

// YieldingHash lets others run where a key is looked up.
struct YieldingHash {
  std::size_t operator()(int key) const {
    runtime::Gosched();
    return static_cast<std::size_t>(key);
  }
};

TEST_P(MapTest, OfManyThatLoadOrStoreOneStores) {
  Run([] {
    for (int round = 0; round < kLoops / 100; round++) {
      Map<int, int, YieldingHash> map;
      // A std::unordered_map hashes nothing while it is empty.
      for (int i = 1; i <= 64; i++) map.Store(i, 0);
      std::atomic<int> stored{0};
      std::atomic<int> sum{0};
      WaitGroup group;
      for (int g = 1; g <= 8; g++) {
        group.Go([&, g] {
          const auto [actual, loaded] = map.LoadOrStore(0, g);
          if (!loaded) stored++;
          sum += actual;
        });
      }
      group.Wait();
      EXPECT_EQ(stored, 1);
      EXPECT_EQ(sum, 8 * *map.Load(0));
    }
  });
}

TEST_P(MapTest, CompareAndSwapLosesNoUpdate) {
  Run([] {
    Map<int, int> map;
    map.Store(0, 0);
    map.Store(1, 0);
    auto work = [&] {
      for (int i = 0; i < kLoops; i++) {
        const int key = i % 2;
        int old = *map.Load(key);
        while (!map.CompareAndSwap(key, old, old + 1)) {
          runtime::Gosched();
          old = *map.Load(key);
        }
      }
    };
    WaitGroup group;
    for (int g = 0; g < 4; g++) group.Go(work);
    std::thread thread(work);
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
    EXPECT_EQ(*map.Load(0) + *map.Load(1), 5 * kLoops);
  });
}

TEST_P(MapTest, EveryValueIsSwappedOutOnce) {
  Run([] {
    // What goes in comes out: by Swap, LoadAndDelete, or it is there at the end.
    constexpr int kGoroutines = 6;
    Map<int, int> map;
    std::vector<std::vector<int>> out(kGoroutines);
    WaitGroup group;
    for (int g = 0; g < kGoroutines; g++) {
      group.Go([&, g] {
        std::vector<int>& mine = out[static_cast<std::size_t>(g)];
        for (int i = 0; i < kLoops; i++) {
          if (auto v = map.Swap(i % 8, g * kLoops + i)) mine.push_back(*v);
          if (i % 3 == 0) {
            if (auto v = map.LoadAndDelete((i + g) % 8)) mine.push_back(*v);
          }
          if (i % 16 == 0) runtime::Gosched();
        }
      });
    }
    group.Wait();
    std::multiset<int> all;
    for (const auto& mine : out) all.insert(mine.begin(), mine.end());
    for (const auto& [key, value] : Contents(map)) all.insert(value);
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kGoroutines * kLoops));
    EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), all.size());
  });
}

TEST_P(MapTest, RangeSeesWhatStaysWhileOthersChangeTheRest) {
  // Go: ConcurrentRange
  Run([] {
    constexpr int kKeys = 200;
    Map<int, int> map;
    for (int i = 0; i < kKeys; i++) map.Store(i, i);
    std::atomic<bool> done{false};
    WaitGroup group;
    for (int g = 0; g < 3; g++) {
      group.Go([&, g] {
        for (int i = 0; !done; i++) {
          map.Store(i % kKeys, i % kKeys);
          map.Store(kKeys + g, i);
          map.Delete(kKeys + g);
          if (i % 8 == 0) runtime::Gosched();
        }
      });
    }
    for (int i = 0; i < kLoops / 30; i++) {
      int seen = 0;
      for (const auto& [key, value] : Contents(map)) {
        if (key >= kKeys) continue;
        seen++;
        EXPECT_EQ(value, key);
      }
      EXPECT_EQ(seen, kKeys);
      runtime::Gosched();
    }
    done = true;
    group.Wait();
  });
}

TEST_P(MapTest, ClearLeavesNothingOfWhatWasThereBefore) {
  // Go: ConcurrentClear
  Run([] {
    Map<int, int> map;
    WaitGroup group;
    for (int g = 0; g < 4; g++) {
      group.Go([&, g] {
        for (int i = 0; i < kLoops / 4; i++) {
          map.Store(g * kLoops + i, 0);
          (void)map.Load(i);
          if (i % 64 == 63) map.Clear();
        }
      });
    }
    group.Wait();
    map.Clear();
    EXPECT_TRUE(Contents(map).empty());
    // All at once: a goroutine that has seen one key gone finds none.
    for (int round = 0; round < kLoops / 30; round++) {
      for (int i = 0; i < 32; i++) map.Store(i, i);
      std::atomic<int> found{0};
      group.Go([&] { map.Clear(); });
      group.Go([&] {
        if (map.Load(31)) return;
        for (int i = 0; i < 32; i++) found += map.Load(i).has_value();
      });
      group.Wait();
      EXPECT_EQ(found, 0);
    }
  });
}

}  // namespace
}  // namespace gosling
