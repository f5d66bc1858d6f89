// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/singleflight.h: who calls, who shares, errors, exceptions, Goexit.
// GO_BEHAVIOURS.md M10. Tests named after x/sync's say so.

#include <gosling/chan.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/singleflight.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "sched/g.h"
#include "sched/proc.h"
#include "sched/wait_reason.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using sync::SingleFlight;
using sync::WaitGroup;

constexpr int kRounds = kSanitized ? 100 : 1000;

using Answer = std::pair<int, Error>;

class SingleFlightTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, SingleFlightTest, kProcs, ProcsName);

// Waiters are the goroutines that a test waits for.
class Waiters {
 public:
  // Comes is called by each.
  void Comes() { at_[static_cast<std::size_t>(count_++)] = sched::CurrentG(); }

  // Await yields until n of them have come and are parked for a call or, the
  // first caller, in it.
  void Await(int n) {
    while (count_ != n) runtime::Gosched();
    for (int i = 0; i < n; i++) {
      const std::atomic<sched::G*>& g = at_[static_cast<std::size_t>(i)];
      while (g == nullptr || !Parked(*g.load())) runtime::Gosched();
    }
  }

 private:
  static bool Parked(const sched::G& g) {
    const auto reason =
        static_cast<sched::WaitReason>(g.wait_reason & ~sched::kWaitSeen);
    return g.status == sched::GStatus::kWaiting &&
           (reason == sched::WaitReason::kSyncWaitGroupWait ||
            reason == sched::WaitReason::kChanReceive);
  }

  std::atomic<int> count_{0};
  std::atomic<sched::G*> at_[10] = {};
};

// Together has n callers, at most ten, share one call of f, each calling `join`
// for it; the call goes on when all of them wait.
template <class F, class Join>
void Together(int n, F f, Join join) {
  const Chan<Unit> go_on = MakeChan<Unit>();
  auto slow = [=] {
    go_on.Recv();
    return f();
  };
  Waiters waiters;
  WaitGroup group;
  for (int i = 0; i < n; i++) {
    group.Go([&] {
      waiters.Comes();
      join(slow);
    });
  }
  waiters.Await(n);
  go_on.Close();
  group.Wait();
}

TEST_P(SingleFlightTest, ACallAloneIsNotShared) {  // x/sync: Do
  Run([] {
    SingleFlight<std::string> flights;
    const auto [value, shared] = flights.Do("key", [] { return "bar"; });
    EXPECT_EQ(value, "bar");
    EXPECT_FALSE(shared);
    // It is no cache.
    EXPECT_EQ(flights.Do("key", [] { return "baz"; }).value, "baz");
  });
}

TEST_P(SingleFlightTest, AnErrorComesBesideTheValue) {  // x/sync: DoErr
  Run([] {
    SingleFlight<int> flights;
    const Error bad = errors::New("bad");
    const auto [value, err, shared] =
        flights.Do("key", [bad] { return Answer(7, bad); });
    EXPECT_EQ(value, 7);
    EXPECT_EQ(err, bad);
    EXPECT_FALSE(shared);
    EXPECT_FALSE(flights.Do("key", [] { return Answer(7, nullptr); }).err);
  });
}

TEST_P(SingleFlightTest,
       ConcurrentCallsOfAKeyAreOne) {  // x/sync: DoDupSuppress
  Run([] {
    SingleFlight<std::string> flights;
    std::atomic<int> calls{0};
    std::atomic<int> shared{0};
    Together(
        10,
        [&calls] {
          calls++;
          return std::string("bar");
        },
        [&](auto& f) {
          const auto result = flights.Do("key", f);
          EXPECT_EQ(result.value, "bar");
          if (result.shared) shared++;
        });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(shared, 10);  // the first is told, too
  });
}

TEST_P(SingleFlightTest, AnErrorGoesToAll) {
  Run([] {
    SingleFlight<int> flights;
    const Error bad = errors::New("bad");
    std::atomic<int> errs{0};
    Together(
        10, [bad] { return Answer(0, bad); },
        [&](auto& f) {
          if (flights.Do("key", f).err == bad) errs++;
        });
    EXPECT_EQ(errs, 10);
  });
}

TEST_P(SingleFlightTest, OtherKeysAreOtherCalls) {
  Run([] {
    SingleFlight<int, int> flights;
    const int sum =
        flights.Do(1, [&] { return 1 + flights.Do(2, [] { return 2; }).value; })
            .value;
    EXPECT_EQ(sum, 3);
  });
}

TEST_P(SingleFlightTest, AForgottenKeyIsCalledAnewAndMayEndFirst) {
  // x/sync: ForgetUnshared
  Run([] {
    SingleFlight<int> flights;
    const Chan<Unit> started = MakeChan<Unit>();
    const Chan<Unit> go_on = MakeChan<Unit>();
    WaitGroup group;
    group.Go([&] {
      const auto [value, shared] = flights.Do("key", [&] {
        started.Close();
        go_on.Recv();
        return 1;
      });
      EXPECT_EQ(value, 1);
      EXPECT_FALSE(shared);
    });
    started.Recv();
    flights.Forget("key");
    flights.Forget("another");
    const Chan<Unit> second_started = MakeChan<Unit>();
    const Chan<Unit> second_go_on = MakeChan<Unit>();
    group.Go([&] {
      EXPECT_EQ(flights
                    .Do("key",
                        [&] {
                          second_started.Close();
                          second_go_on.Recv();
                          return 2;
                        })
                    .value,
                2);
    });
    second_started.Recv();
    // The end of the first must not take the second from the map.
    go_on.Close();
    AwaitGoroutines(2);
    Waiters waiters;
    group.Go([&] {
      waiters.Comes();
      const auto [value, shared] = flights.Do("key", [] { return 3; });
      EXPECT_EQ(value, 2);
      EXPECT_TRUE(shared);
    });
    waiters.Await(1);
    second_go_on.Close();
    group.Wait();
  });
}

TEST_P(SingleFlightTest, AnExceptionIsThrownToAll) {  // x/sync: PanicDo
  Run([] {
    SingleFlight<int> flights;
    std::atomic<int> calls{0};
    sync::Mutex mu;
    std::vector<std::exception_ptr> caught;
    Together(
        10,
        [&calls]() -> int {
          calls++;
          throw std::out_of_range("beyond");
        },
        [&](auto& f) {
          try {
            flights.Do("key", f);
          } catch (const std::out_of_range& e) {
            EXPECT_STREQ(e.what(), "beyond");
            const std::lock_guard lock(mu);
            caught.push_back(std::current_exception());
          }
        });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(caught.size(), 10U);
    EXPECT_EQ(flights.Do("key", [] { return 1; }).value, 1);
  });
}

TEST_P(SingleFlightTest, GoexitEndsAllThatWait) {  // x/sync: GoexitDo
  Run([] {
    SingleFlight<int> flights;
    std::atomic<int> ended{0};
    std::atomic<int> returned{0};
    Together(
        5, []() -> int { runtime::Goexit(); },
        [&](auto& f) {
          struct AtEnd {
            std::atomic<int>* ended;
            ~AtEnd() { (*ended)++; }
          } const at_end{&ended};
          flights.Do("key", f);
          returned++;
        });
    EXPECT_EQ(ended, 5);
    EXPECT_EQ(returned, 0);
    EXPECT_EQ(flights.Do("key", [] { return 1; }).value, 1);
  });
}

TEST_P(SingleFlightTest, AnErrorThatACallerDidNotAskForIsAPanic) {
  Run([] {
    SingleFlight<int> flights;
    const Chan<Unit> started = MakeChan<Unit>();
    const Chan<Unit> go_on = MakeChan<Unit>();
    Waiters waiters;
    WaitGroup group;
    group.Go([&] {
      (void)flights.Do("key", [&] {
        started.Close();
        go_on.Recv();
        return Answer(0, errors::New("unasked"));
      });
    });
    started.Recv();
    group.Go([&] {
      waiters.Comes();
      EXPECT_EQ(PanicOf([&] { flights.Do("key", [] { return 1; }); }),
                "unasked");
    });
    waiters.Await(1);
    go_on.Close();
    group.Wait();
  });
}

TEST_P(SingleFlightTest, AnUnsharedValueIsMovedAndASharedOneCopied) {
  Run([] {
    SingleFlight<std::shared_ptr<int>> flights;
    const auto made =
        flights.Do("key", [] { return std::make_shared<int>(1); });
    EXPECT_EQ(made.value.use_count(), 1);
    // A T that is itself a pair with an Error is a value like any other.
    SingleFlight<Answer> answers;
    const auto [answer, shared] =
        answers.Do("key", [] { return Answer(1, errors::New("x")); });
    EXPECT_EQ(answer.second.message(), "x");
    EXPECT_FALSE(shared);
  });
}

TEST_P(SingleFlightTest, NoCallerGetsTheSameCallTwice) {
  Run([] {
    SingleFlight<int> flights;
    std::atomic<int> calls{0};
    std::atomic<int> again{0};
    auto work = [&] {
      int last = -1;
      for (int i = 0; i < kRounds; i++) {
        const int call = flights
                             .Do("key",
                                 [&] {
                                   const int number = calls++;
                                   runtime::Gosched();
                                   return number;
                                 })
                             .value;
        if (call == last) again++;
        last = call;
        if (i % 16 == 0) flights.Forget("key");
      }
    };
    WaitGroup group;
    for (int i = 0; i < 6; i++) group.Go(work);
    std::thread thread(work);
    group.Wait();
    runtime::Blocking([&] { thread.join(); });
    EXPECT_EQ(again, 0);
    EXPECT_LE(calls, 7 * kRounds);
    EXPECT_GE(calls, kRounds);
  });
}

class SingleFlightDeathTest : public FreshDeathTest {};

TEST_F(SingleFlightDeathTest, AskingForItselfIsADeadlock) {
  EXPECT_EXIT(
      gosling::Run([] {
        SingleFlight<int> flights;
        flights.Do("key",
                   [&] { return flights.Do("key", [] { return 1; }).value; });
      }),
      ::testing::ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

}  // namespace
}  // namespace gosling
