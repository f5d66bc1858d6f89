// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A million operations of goroutines that run in parallel, on a channel, a Mutex,
// an RWMutex, a WaitGroup and a Map: do their models explain them?
//
// The goroutines work in rounds. Between two rounds nothing is under way, and
// the main goroutine brings the object into a state that is known: by receiving
// what a channel still has, by looking at each key of a map, as a part of the
// history. So each round is a history of its own, short enough for the search;
// and what one has left wrong the next one would show.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/map.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/testing/linearizable.h"

namespace gosling {
namespace {

constexpr int kWorkers = 4;

class HistoryTest : public GoTest {
 protected:
  // Most where two processors run goroutines in parallel.
  int Operations() const {
    const bool slow = kSanitized || Emulator() != nullptr ||
                      std::getenv("GOSLING_FORCE_MIGRATE") != nullptr;
    if (slow) return 5'000;
    return GetParam() == 2 ? 200'000 : 20'000;
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, HistoryTest, kProcs, ProcsName);

// Random is a worker's own: xorshift.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  int Below(int n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<int>((state_ >> 33) % static_cast<unsigned>(n));
  }

 private:
  std::uint64_t state_;
};

// Part is what a worker does of a round.
struct Part {
  int worker;
  int round;
  History& history;
  Random& random;
};

// Rounds has the workers do rounds until `operations` have been made and
// checked. work(part) is a worker's, settle(history) the main goroutine's, after
// those; check(ops) says whether a model explains the round: first in it is what
// settle did.
void Rounds(int operations, const std::function<void(const Part&)>& work,
            const std::function<void(History&)>& settle,
            const std::function<bool(const std::vector<Op>&)>& check) {
  HistoryClock clock = 0;
  std::vector<History> histories(kWorkers, History(&clock));
  std::vector<Chan<int>> starts;
  Chan<Unit> ended = MakeChan<Unit>(kWorkers);
  for (int worker = 0; worker < kWorkers; worker++) {
    starts.push_back(MakeChan<int>(1));
    Go([&, worker, ended, start = starts.back()] {
      Random random(static_cast<std::uint64_t>(worker) + 1);
      for (int round : start) {
        work({worker, round, histories[static_cast<std::size_t>(worker)],
              random});
        ended.Send({});
      }
    });
  }
  int made = 0;
  for (int round = 0; made < operations && !::testing::Test::HasFailure();
       round++) {
    for (const Chan<int>& start : starts) start.Send(round);
    for (int i = 0; i < kWorkers; i++) ended.Recv();
    History settled(&clock);
    settle(settled);
    std::vector<Op> ops = std::move(settled.ops());
    for (History& history : histories) {
      ops.insert(ops.end(), history.ops().begin(), history.ops().end());
      history.ops().clear();
    }
    made += static_cast<int>(ops.size());
    EXPECT_TRUE(check(ops))
        << "no order explains round " << round << ":" << Words(ops);
  }
  for (const Chan<int>& start : starts) start.Close();
}

TEST_P(HistoryTest, OfAChannel) {
  Run([&] {
    const Chan<int> ch = MakeChan<int>(3);
    Rounds(
        Operations(),
        [ch](const Part& part) {
          for (int i = 1; i <= 12; i++) {
            const int value = part.worker * 16 + i;
            // In every other round as many are sent as received.
            const bool waits = part.round % 2 == 0;
            const bool sends =
                waits ? part.worker % 2 == 0 : part.random.Below(2) == 0;
            if (sends) {
              part.history.Do(kSend, value, [&] {
                if (!waits) return ch.TrySend(value) ? 1 : 0;
                ch.Send(value);
                return 1;
              });
            } else {
              part.history.Do(kRecv, 0, [&] {
                if (waits) return ch.Recv().value_or(-1);
                std::optional<int> value_or_end;
                if (!ch.TryRecv(value_or_end)) return 0;
                return value_or_end.value_or(-1);
              });
            }
          }
        },
        [ch](History& history) {
          int got = 1;
          while (got != 0) {
            got = history.Do(kRecv, 0, [&] {
              std::optional<int> value;
              return ch.TryRecv(value) ? value.value_or(-1) : 0;
            });
          }
        },
        [](const std::vector<Op>& ops) {
          ChanModel model;
          model.capacity = 3;
          return Linearizable(ops, model);
        });
  });
}

template <class Lock>
void LocksAndUnlocks(Lock& mu, const Part& part) {
  constexpr bool kShared = std::is_same_v<Lock, sync::RWMutex>;
  for (int i = 0; i < 7; i++) {
    const auto done = [](auto f) {
      return [f] {
        f();
        return 1;
      };
    };
    int got = 0;
    bool reads = false;
    switch (part.random.Below(kShared ? 4 : 2)) {
      case 0:
        got = part.history.Do(kLock, 0, done([&] { mu.Lock(); }));
        break;
      case 1:
        got =
            part.history.Do(kTryLock, 0, [&] { return mu.TryLock() ? 1 : 0; });
        break;
      case 2:
        reads = true;
        if constexpr (kShared) {
          got = part.history.Do(kRLock, 0, done([&] { mu.RLock(); }));
        }
        break;
      default:
        reads = true;
        if constexpr (kShared) {
          got = part.history.Do(kTryRLock, 0,
                                [&] { return mu.TryRLock() ? 1 : 0; });
        }
    }
    if (got == 0) continue;
    if (part.random.Below(8) == 0) runtime::Gosched();
    if constexpr (kShared) {
      if (reads) {
        part.history.Do(kRUnlock, 0, done([&] { mu.RUnlock(); }));
        continue;
      }
    }
    part.history.Do(kUnlock, 0, done([&] { mu.Unlock(); }));
  }
}

template <class Lock>
void OfALock(int operations) {
  auto mu = std::make_unique<Lock>();
  Rounds(
      operations, [&](const Part& part) { LocksAndUnlocks(*mu, part); },
      [](History&) {},
      [](const std::vector<Op>& ops) { return Linearizable<LockModel>(ops); });
}

TEST_P(HistoryTest, OfAMutex) {
  Run([&] { OfALock<sync::Mutex>(Operations()); });
}

TEST_P(HistoryTest, OfAnRWMutex) {
  Run([&] { OfALock<sync::RWMutex>(Operations()); });
}

// Two workers have a share in the count from the start; each adds to it, and
// takes away, as long as it has one. The others wait.
TEST_P(HistoryTest, OfAWaitGroup) {
  Run([&] {
    auto group = std::make_unique<sync::WaitGroup>();
    const auto add = [&](History& history, int n) {
      history.Do(kAdd, n, [&] {
        group->Add(n);
        return 0;
      });
    };
    group->Add(2);
    Rounds(
        Operations(),
        [&](const Part& part) {
          for (int i = 0; i < 6 && part.worker >= 2; i++) {
            part.history.Do(kWait, 0, [&] {
              group->Wait();
              return 0;
            });
          }
          if (part.worker >= 2) return;
          int share = 1;
          for (int i = 0; i < 12; i++) {
            const int n = share == 1 || part.random.Below(2) == 0 ? 1 : -1;
            share += n;
            add(part.history, n);
          }
          for (; share > 0; share--) add(part.history, -1);
        },
        [&](History& history) { add(history, 2); },
        [](const std::vector<Op>& ops) {
          return Linearizable(ops, GroupModel{2});
        });
    group->Add(-2);
  });
}

TEST_P(HistoryTest, OfAMap) {
  constexpr int kKeys = 3;
  Run([&] {
    auto map = std::make_unique<sync::Map<int, int>>();
    const auto load = [&](History& history, int key) {
      history.Do(
          kLoad, 0, [&] { return map->Load(key).value_or(0); }, key);
    };
    std::vector<int> values(kKeys, 0);  // before the round
    Rounds(
        Operations(),
        [&](const Part& part) {
          for (int i = 0; i < 14; i++) {
            const int key = part.random.Below(kKeys);
            const int value = 1 + part.random.Below(3);
            const int what = part.random.Below(7);
            part.history.Do(
                what, value,
                [&] {
                  switch (what) {
                    case kStore:
                      map->Store(key, value);
                      return 0;
                    case kLoad:
                      return map->Load(key).value_or(0);
                    case kDelete:
                      map->Delete(key);
                      return 0;
                    case kSwap:
                      return map->Swap(key, value).value_or(0);
                    case kLoadOrStore:
                      return map->LoadOrStore(key, value).first;
                    case kLoadAndDelete:
                      return map->LoadAndDelete(key).value_or(0);
                    default:
                      return map->CompareAndSwap(key, value, value + 1) ? 1 : 0;
                  }
                },
                key);
          }
        },
        [&](History& history) {
          for (int key = 0; key < kKeys; key++) load(history, key);
        },
        [&](const std::vector<Op>& ops) {
          // Each key is an object of its own.
          for (int key = 0; key < kKeys; key++) {
            std::vector<Op> own;
            for (const Op& op : ops) {
              if (op.key == key) own.push_back(op);
            }
            int& value = values[static_cast<std::size_t>(key)];
            if (!Linearizable(own, MapModel{value})) return false;
            value = ops[static_cast<std::size_t>(key)].result;
          }
          return true;
        });
  });
}

// The search: the memo makes an end to what has 10! orders, none of which
// explains it.
TEST(SearchTest, AnImpossibleLoadAmongManyStoresIsRefused) {
  std::vector<Op> ops;
  for (int i = 1; i <= 10; i++) ops.push_back({kStore, i, 0, i, 100 + i});
  ops.push_back({kLoad, 0, 7, 200, 201});
  EXPECT_TRUE(Linearizable<MapModel>(ops));
  ops.back().result = 13;
  EXPECT_FALSE(Linearizable<MapModel>(ops));
}

TEST(SearchTest, FaultsAreRefused) {
  // Received in the wrong order; sent into a full buffer; found empty though it
  // was not.
  EXPECT_FALSE(Linearizable<ChanModel>(
      {{kSend, 1, 1, 1, 2}, {kSend, 2, 1, 3, 4}, {kRecv, 0, 2, 5, 6}}));
  EXPECT_FALSE(Linearizable<ChanModel>(
      {{kSend, 1, 1, 1, 2}, {kSend, 2, 1, 3, 4}, {kSend, 3, 1, 5, 6}}));
  EXPECT_FALSE(
      Linearizable<ChanModel>({{kSend, 1, 1, 1, 2}, {kRecv, 0, 0, 3, 4}}));
  // A lock taken twice; read while it is written.
  EXPECT_FALSE(Linearizable<LockModel>(
      {{kLock, 0, 1, 1, 2}, {kLock, 0, 1, 3, 6}, {kUnlock, 0, 1, 7, 8}}));
  EXPECT_FALSE(Linearizable<LockModel>(
      {{kLock, 0, 1, 1, 2}, {kTryRLock, 0, 1, 3, 4}, {kUnlock, 0, 1, 5, 6}}));
  // Wait before the last Done.
  EXPECT_FALSE(
      Linearizable(std::vector<Op>{{kWait, 0, 0, 1, 2}, {kAdd, -1, 0, 3, 4}},
                   GroupModel{1}));
}

}  // namespace
}  // namespace gosling
