// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Every schedule, up to a bound on preemptions, of up to three goroutines with
// three operations each, and whether a model explains what they returned.

#include "tests/testing/linearizable.h"

#include <gosling/chan.h>
#include <gosling/map.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/sanitizers.h"

namespace gosling {
namespace {

using testing::Explore;
using testing::ExploreOptions;
using testing::ExploreResult;
using testing::Strategy;

template <class Model>
void Check(History& history, const Model& model = {}) {
  if (Linearizable(history.ops(), model)) return;
  testing::Fail("no order explains:" + Words(history.ops()));
}

// ExploreAll runs the body under all schedules with two preemptions at most.
template <class F>
void ExploreAll(F&& body) {
  ExploreOptions options;
  options.strategy = Strategy::kExhaustive;
  options.preemptions = 2;
  options.schedules = kSanitized ? 300 : 3000;
  const ExploreResult result = Explore(options, body);
  EXPECT_TRUE(result.ok()) << result.failure();
  EXPECT_GT(result.schedules(), 20);
}

TEST(Linearizable, ABufferedChannelIsABoundedQueue) {
  ExploreAll([] {
    Chan<int> ch = MakeChan<int>(2);
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&, g] {
        for (int i = 1; i <= 3; i++) {
          const int value = 10 * g + i;
          history.Do(kSend, value, [&] { return ch.TrySend(value) ? 1 : 0; });
        }
      });
    }
    group.Go([&] {
      for (int i = 0; i < 3; i++) {
        history.Do(kRecv, 0, [&] {
          std::optional<int> value;
          return !ch.TryRecv(value) ? 0 : value ? *value : -1;
        });
      }
    });
    group.Wait();
    Check<ChanModel>(history);
  });
}

TEST(Linearizable, AChannelThatIsClosedGivesWhatItHasAndThenNothing) {
  ExploreAll([] {
    Chan<int> ch = MakeChan<int>(2);
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    group.Go([&] {
      for (int i = 1; i <= 2; i++) {
        history.Do(kSend, i, [&] {
          ch.Send(i);
          return 1;
        });
      }
      history.Do(kClose, 0, [&] {
        ch.Close();
        return 0;
      });
    });
    for (int g = 0; g < 2; g++) {
      group.Go([&] {
        for (int i = 0; i < 2; i++) {
          history.Do(kRecv, 0, [&] { return ch.Recv().value_or(-1); });
        }
      });
    }
    group.Wait();
    Check<ChanModel>(history);
  });
}

TEST(Linearizable, AMutexIsHeldByOne) {
  ExploreAll([] {
    auto mu = std::make_unique<sync::Mutex>();
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&] {
        history.Do(kLock, 0, [&] {
          mu->Lock();
          return 1;
        });
        history.Do(kUnlock, 0, [&] {
          mu->Unlock();
          return 1;
        });
      });
    }
    group.Go([&] {
      if (history.Do(kTryLock, 0, [&] { return mu->TryLock() ? 1 : 0; }) == 0) {
        return;
      }
      history.Do(kUnlock, 0, [&] {
        mu->Unlock();
        return 1;
      });
    });
    group.Wait();
    Check<LockModel>(history);
  });
}

TEST(Linearizable, AnRWMutexIsHeldByOneWriterOrByReaders) {
  ExploreAll([] {
    auto mu = std::make_unique<sync::RWMutex>();
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&] {
        history.Do(kLock, 0, [&] {
          mu->Lock();
          return 1;
        });
        runtime::Gosched();
        history.Do(kUnlock, 0, [&] {
          mu->Unlock();
          return 1;
        });
      });
    }
    group.Go([&] {
      history.Do(kRLock, 0, [&] {
        mu->RLock();
        return 1;
      });
      runtime::Gosched();
      history.Do(kRUnlock, 0, [&] {
        mu->RUnlock();
        return 1;
      });
    });
    group.Wait();
    Check<LockModel>(history);
  });
}

TEST(Linearizable, AWaitGroupsWaitEndsAfterTheLastDone) {
  ExploreAll([] {
    auto waited = std::make_unique<sync::WaitGroup>();
    waited->Add(2);
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&] {
        runtime::Gosched();
        history.Do(kAdd, -1, [&] {
          waited->Done();
          return 0;
        });
      });
    }
    group.Go([&] {
      history.Do(kWait, 0, [&] {
        waited->Wait();
        return 0;
      });
    });
    group.Wait();
    Check(history, GroupModel{2});
  });
}

TEST(Linearizable, AMapsKeyIsARegister) {
  ExploreAll([] {
    auto map = std::make_unique<sync::Map<int, int>>();
    HistoryClock clock = 0;
    History history(&clock);
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&, g] {
        history.Do(kStore, g + 1, [&] {
          map->Store(7, g + 1);
          return 0;
        });
        history.Do(kLoad, 0, [&] { return map->Load(7).value_or(0); });
      });
    }
    group.Go([&] {
      history.Do(kLoad, 0, [&] { return map->Load(7).value_or(0); });
      history.Do(kDelete, 0, [&] {
        map->Delete(7);
        return 0;
      });
      history.Do(kLoad, 0, [&] { return map->Load(7).value_or(0); });
    });
    group.Wait();
    Check<MapModel>(history);
  });
}

// The check itself: it refuses what no order explains.
TEST(Linearizable, AStaleLoadIsFound) {
  const std::vector<Op> ops = {{kStore, 1, 0, 1, 2}, {kLoad, 0, 0, 3, 4}};
  EXPECT_FALSE(Linearizable<MapModel>(ops));
  const std::vector<Op> overlapping = {{kStore, 1, 0, 1, 4},
                                       {kLoad, 0, 0, 2, 3}};
  EXPECT_TRUE(Linearizable<MapModel>(overlapping));
}

}  // namespace
}  // namespace gosling
