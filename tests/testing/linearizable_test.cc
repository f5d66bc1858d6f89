// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Every schedule, up to a bound on preemptions, of up to three goroutines with
// three operations each: is what they returned what some order of the operations
// would have returned, one after the other, in which none comes before another
// that had ended when it began? (Wing and Gong's search; histories of nine
// operations need no memo.)

#include <gosling/chan.h>
#include <gosling/map.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sanitizers.h"

namespace gosling {
namespace {

using testing::Explore;
using testing::ExploreOptions;
using testing::ExploreResult;
using testing::Strategy;

// Op is one operation as it was seen. The clock counts beginnings and ends.
struct Op {
  int what = 0;
  int argument = 0;
  int result = 0;
  int began = 0;
  int ended = 0;
};

// History collects the operations of one run.
class History {
 public:
  template <class F>
  void Do(int what, int argument, F&& f) {
    Op op{what, argument, 0, ++clock_, 0};
    op.result = f();
    op.ended = ++clock_;
    ops_.push_back(op);
  }
  const std::vector<Op>& ops() const { return ops_; }

 private:
  int clock_ = 0;
  std::vector<Op> ops_;
};

// Linearizable searches for an order. Model is copied; Model::Apply says whether
// the operation can come next with that result.
template <class Model>
bool Linearizable(const std::vector<Op>& ops, std::uint32_t done,
                  const Model& model) {
  if (done == (1U << ops.size()) - 1) return true;
  int first_end = INT32_MAX;
  for (std::size_t i = 0; i < ops.size(); i++) {
    if ((done >> i & 1) == 0) first_end = std::min(first_end, ops[i].ended);
  }
  for (std::size_t i = 0; i < ops.size(); i++) {
    if ((done >> i & 1) != 0 || ops[i].began > first_end) continue;
    Model next = model;
    if (next.Apply(ops[i]) && Linearizable(ops, done | 1U << i, next)) {
      return true;
    }
  }
  return false;
}

template <class Model>
void Check(const History& history, const Model& model = {}) {
  if (Linearizable(history.ops(), 0, model)) return;
  std::string words = "no order explains:";
  for (const Op& op : history.ops()) {
    words += " [" + std::to_string(op.began) + "-" + std::to_string(op.ended) +
             "] " + std::to_string(op.what) + "(" +
             std::to_string(op.argument) + ")=" + std::to_string(op.result);
  }
  testing::Fail(words);
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

enum { kSend, kRecv, kClose };

struct ChanModel {
  std::size_t capacity = 2;
  std::vector<int> values{};
  bool closed = false;

  bool Apply(const Op& op) {
    switch (op.what) {
      case kSend:  // 1: sent, 0: full
        if (op.result == 0) return values.size() == capacity;
        if (values.size() == capacity) return false;
        values.push_back(op.argument);
        return true;
      case kRecv:  // the value, 0: none, -1: closed
        if (op.result == 0) return values.empty() && !closed;
        if (op.result == -1) return values.empty() && closed;
        if (values.empty() || values.front() != op.result) return false;
        values.erase(values.begin());
        return true;
      default:
        closed = true;
        return true;
    }
  }
};

TEST(Linearizable, ABufferedChannelIsABoundedQueue) {
  ExploreAll([] {
    Chan<int> ch = MakeChan<int>(2);
    History history;
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
    History history;
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

enum { kLock, kUnlock, kTryLock, kRLock, kRUnlock, kTryRLock };

struct LockModel {
  bool writer = false;
  int readers = 0;

  bool Apply(const Op& op) {
    switch (op.what) {
      case kLock:
        if (writer || readers != 0) return false;
        writer = true;
        return true;
      case kTryLock:  // may fail while one waits, so a failure proves nothing
        if (op.result == 0) return true;
        if (writer || readers != 0) return false;
        writer = true;
        return true;
      case kUnlock:
        if (!writer) return false;
        writer = false;
        return true;
      case kRLock:
        if (writer) return false;
        readers++;
        return true;
      default:
        if (readers == 0) return false;
        readers--;
        return true;
    }
  }
};

TEST(Linearizable, AMutexIsHeldByOne) {
  ExploreAll([] {
    auto mu = std::make_unique<sync::Mutex>();
    History history;
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
      int got = 0;
      history.Do(kTryLock, 0, [&] { return got = mu->TryLock() ? 1 : 0; });
      if (got == 0) return;
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
    History history;
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

enum { kDone, kWait };

struct GroupModel {
  int count = 2;

  bool Apply(const Op& op) {
    if (op.what == kWait) return count == 0;
    count--;
    return count >= 0;
  }
};

TEST(Linearizable, AWaitGroupsWaitEndsAfterTheLastDone) {
  ExploreAll([] {
    auto waited = std::make_unique<sync::WaitGroup>();
    waited->Add(2);
    History history;
    sync::WaitGroup group;
    for (int g = 0; g < 2; g++) {
      group.Go([&] {
        runtime::Gosched();
        history.Do(kDone, 0, [&] {
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
    Check<GroupModel>(history);
  });
}

enum { kStore, kLoad, kDelete };

struct MapModel {
  int value = 0;  // of the one key; 0: none

  bool Apply(const Op& op) {
    switch (op.what) {
      case kStore:
        value = op.argument;
        return true;
      case kLoad:
        return value == op.result;
      default:
        value = 0;
        return true;
    }
  }
};

TEST(Linearizable, AMapsKeyIsARegister) {
  ExploreAll([] {
    auto map = std::make_unique<sync::Map<int, int>>();
    History history;
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
  EXPECT_FALSE(Linearizable(ops, 0, MapModel{}));
  const std::vector<Op> overlapping = {{kStore, 1, 0, 1, 4},
                                       {kLoad, 0, 0, 2, 3}};
  EXPECT_TRUE(Linearizable(overlapping, 0, MapModel{}));
}

}  // namespace
}  // namespace gosling
