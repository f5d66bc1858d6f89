// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// testing::Explore: what it finds, how it tells and replays it, and what it
// refuses.

#include <dlfcn.h>
#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/testing_gtest.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/testing/explore_testing.h"

namespace gosling {
namespace {

using std::chrono::seconds;
using testing::Explore;
using testing::ExploreOptions;
using testing::ExploreResult;
using testing::Strategy;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ExploreOptions Quiet(Strategy strategy, int schedules = 2000) {
  ExploreOptions options;
  options.strategy = strategy;
  options.schedules = schedules;
  options.print = false;
  return options;
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// FoundAndReplayed explores until f fails, and says whether 100 of 100 replays
// fail as that did; 10 with a sanitizer.
template <class F>
testing::ExploreResult FoundAndReplayed(const ExploreOptions& options, F f) {
  const ExploreResult found = Explore(options, f);
  EXPECT_FALSE(found.ok()) << "not found in " << found.schedules()
                           << " schedules";
  if (found.ok()) return found;
  const Replay replay(std::to_string(found.seed()));
  for (int i = 0; i < (kSanitized ? 10 : 100); i++) {
    const ExploreResult again = Explore(options, f);
    EXPECT_EQ(FirstLine(again.failure()), FirstLine(found.failure()));
    EXPECT_EQ(again.seed(), found.seed());
    if (::testing::Test::HasFailure()) break;
  }
  return found;
}

class EachStrategy : public ::testing::TestWithParam<Strategy> {};
INSTANTIATE_TEST_SUITE_P(Explore, EachStrategy, kStrategies, StrategyName);

// ---------------------------------------------------------------------------
// Published faults of Go programs, in their shape.

// Kubernetes 5316, in "Understanding Real-World Concurrency Bugs in Go": the
// handler leaves at its time-out, and its worker waits in a send for ever.
TEST_P(EachStrategy, FindsTheLeakOfAnUnbufferedChannelAndATimeout) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam()), [] {
    Chan<int> result = MakeChan<int>();
    Go([result] {
      runtime::Gosched();  // the work
      result.Send(1);
    });
    Select(OnRecv(result, [](auto) {}),
           OnRecv(time::After(seconds(1)), [](auto) {}));
  });
  EXPECT_TRUE(
      Has(found.failure(), "deadlock: main bubble goroutine has exited"))
      << found.failure();
  EXPECT_TRUE(Has(found.failure(), "[chan send]:"));
}

// Docker 24007, likewise: two goroutines find the channel open, both close it.
TEST_P(EachStrategy, FindsADoubleClose) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam()), [] {
    Chan<Unit> closed = MakeChan<Unit>();
    sync::WaitGroup group;
    for (int i = 0; i < 2; i++) {
      group.Go([closed] {
        Select(OnRecv(closed, [](auto) {}),
               OnDefault([closed] { closed.Close(); }));
      });
    }
    group.Wait();
  });
  EXPECT_TRUE(Has(found.failure(), "panic: close of closed channel"))
      << found.failure();
}

// Etcd 6371 and GoBench's like: Add in the goroutine that is waited for, so
// that Wait may come first.
TEST_P(EachStrategy, FindsAnAddThatRacesWithWait) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam()), [] {
    sync::WaitGroup group;
    auto done = std::make_shared<int>(0);
    for (int i = 0; i < 2; i++) {
      Go([&group, done] {
        group.Add(1);
        ++*done;
        group.Done();
      });
    }
    group.Wait();
    if (*done != 2) testing::Fail("Wait has returned before the work was done");
    runtime::Gosched();
    time::Sleep(seconds(1));  // the group stays until they have ended
  });
  EXPECT_EQ(found.failure(), "Wait has returned before the work was done");
}

// ---------------------------------------------------------------------------
// Faults of our own making.

// Check and act, each under the lock, but not together.
TEST_P(EachStrategy, FindsALostUpdateBetweenTwoCriticalSections) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam()), [] {
    auto mu = std::make_unique<sync::Mutex>();
    int n = 0;
    sync::WaitGroup group;
    for (int i = 0; i < 2; i++) {
      group.Go([&] {
        mu->Lock();
        const int seen = n;
        mu->Unlock();
        mu->Lock();
        n = seen + 1;
        mu->Unlock();
      });
    }
    group.Wait();
    if (n != 2) testing::Fail("an update is lost");
  });
  EXPECT_EQ(found.failure(), "an update is lost");
}

TEST_P(EachStrategy, FindsLocksThatAreTakenCrosswise) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam()), [] {
    auto a = std::make_shared<sync::Mutex>();
    auto b = std::make_shared<sync::Mutex>();
    const auto both = [](sync::Mutex& first, sync::Mutex& second) {
      first.Lock();
      second.Lock();
      second.Unlock();
      first.Unlock();
    };
    sync::WaitGroup group;
    group.Go([=] { both(*a, *b); });
    group.Go([=] { both(*b, *a); });
    group.Wait();
  });
  EXPECT_TRUE(Has(found.failure(), "all goroutines in bubble are blocked"))
      << found.failure();
  EXPECT_TRUE(Has(found.failure(), "[sync.Mutex.Lock]:"));
}

// A waiter that looks at the condition once, by if: a second one has taken what
// it was woken for.
TEST_P(EachStrategy, FindsAConditionThatIsLookedAtOnce) {
  const ExploreResult found = FoundAndReplayed(Quiet(GetParam(), 5000), [] {
    sync::Mutex mu;
    sync::Cond cond(mu);
    int items = 0;
    sync::WaitGroup group;
    for (int i = 0; i < 2; i++) {
      group.Go([&] {
        mu.Lock();
        if (items == 0) cond.Wait();
        if (items == 0) testing::Fail("taken from an empty store");
        items--;
        mu.Unlock();
      });
    }
    for (int i = 0; i < 2; i++) {
      group.Go([&] {
        mu.Lock();
        items++;
        mu.Unlock();
        cond.Signal();
      });
    }
    group.Wait();
  });
  EXPECT_EQ(found.failure(), "taken from an empty store");
}

// ---------------------------------------------------------------------------
// Each call is a scheduling point, also one that has nothing to wait for. These
// faults show only if the goroutines change places at the one call between the
// look at the balance and the payment.

// FindsTwoThatPay explores two goroutines that pay if there is something left.
// pay(object, payment) calls the payment.
template <class T, class Pay>
void FindsTwoThatPay(Strategy strategy, Pay pay) {
  const ExploreResult found = Explore(Quiet(strategy), [&] {
    auto object = std::make_unique<T>();
    int balance = 1;
    Chan<Unit> ended = MakeChan<Unit>(2);
    for (int i = 0; i < 2; i++) {
      Go([&, ended] {
        if (balance > 0) pay(*object, [&] { balance--; });
        ended.Send({});
      });
    }
    for (int i = 0; i < 2; i++) ended.Recv();
    if (balance < 0) testing::Fail("paid twice");
  });
  EXPECT_EQ(found.failure(), "paid twice");
}

TEST_P(EachStrategy, SwitchesAtTryLockOfAMutex) {
  FindsTwoThatPay<sync::Mutex>(GetParam(), [](auto& mu, auto payment) {
    if (!mu.TryLock()) return;
    payment();
    mu.Unlock();
  });
}

TEST_P(EachStrategy, SwitchesAtTryLockOfAnRWMutex) {
  FindsTwoThatPay<sync::RWMutex>(GetParam(), [](auto& mu, auto payment) {
    if (!mu.TryLock()) return;
    payment();
    mu.Unlock();
  });
}

TEST_P(EachStrategy, SwitchesAtRLock) {
  FindsTwoThatPay<sync::RWMutex>(GetParam(), [](auto& mu, auto payment) {
    mu.RLock();
    payment();
    mu.RUnlock();
  });
}

TEST_P(EachStrategy, SwitchesAtTryRLock) {
  FindsTwoThatPay<sync::RWMutex>(GetParam(), [](auto& mu, auto payment) {
    if (!mu.TryRLock()) return;
    payment();
    mu.RUnlock();
  });
}

struct ReadLocked : sync::RWMutex {
  ReadLocked() {
    for (int i = 0; i < 2; i++) RLock();
  }
};

TEST_P(EachStrategy, SwitchesAtRUnlock) {
  FindsTwoThatPay<ReadLocked>(GetParam(), [](auto& mu, auto payment) {
    mu.RUnlock();
    payment();
  });
}

TEST_P(EachStrategy, SwitchesAtAddOfAWaitGroup) {
  FindsTwoThatPay<sync::WaitGroup>(GetParam(), [](auto& group, auto payment) {
    group.Add(1);
    payment();
  });
}

struct Awaited : sync::WaitGroup {
  Awaited() { Add(3); }
};

TEST_P(EachStrategy, SwitchesAtDoneOfAWaitGroup) {
  FindsTwoThatPay<Awaited>(GetParam(), [](auto& group, auto payment) {
    group.Done();
    payment();
  });
}

TEST_P(EachStrategy, SwitchesAtWaitOfAWaitGroup) {
  FindsTwoThatPay<sync::WaitGroup>(GetParam(), [](auto& group, auto payment) {
    group.Wait();
    payment();
  });
}

// PaysTwice says whether an exploration comes to two payments from one balance, with
// pay(payment) between the look at the balance and the payment.
template <class Pay>
bool PaysTwice(Strategy strategy, Pay pay) {
  const ExploreResult result = Explore(Quiet(strategy, 500), [&] {
    int balance = 1;
    Chan<Unit> ended = MakeChan<Unit>(2);
    for (int i = 0; i < 2; i++) {
      Go([&, ended] {
        if (balance > 0) pay([&] { balance--; });
        ended.Send({});
      });
    }
    for (int i = 0; i < 2; i++) ended.Recv();
    if (balance < 0) testing::Fail("paid twice");
  });
  if (!result.ok()) {
    EXPECT_EQ(result.failure(), "paid twice");
  }
  return !result.ok();
}

// So says testing.h.
TEST_P(EachStrategy, WhatWasMadeBeforeHasAPointOnlyWhereItWaits) {
  sync::Mutex before;
  EXPECT_FALSE(PaysTwice(GetParam(), [&](auto payment) {
    before.Lock();
    payment();
    before.Unlock();
  }));
  static constinit sync::Mutex constant;
  EXPECT_FALSE(PaysTwice(GetParam(), [&](auto payment) {
    constant.Lock();
    payment();
    constant.Unlock();
  }));
  // Where it waits it has: the other one goes on while it does.
  EXPECT_TRUE(PaysTwice(GetParam(), [&](auto payment) {
    before.Lock();
    runtime::Gosched();
    payment();
    before.Unlock();
  }));
  // A channel has them wherever it was made.
  const Chan<int> outside = MakeChan<int>(1);
  EXPECT_TRUE(PaysTwice(GetParam(), [&](auto payment) {
    outside.TrySend(1);
    payment();
  }));
}

// What is made in an exploration does as ever, and says the same of misuse.
TEST_P(EachStrategy, LocksAndGroupsDoUnderTestAsEver) {
  const ExploreResult result = Explore(Quiet(GetParam(), 300), [] {
    auto mu = std::make_unique<sync::RWMutex>();
    int readers = 0;
    bool writer = false;
    sync::WaitGroup group;
    for (int i = 0; i < 2; i++) {
      group.Go([&] {
        mu->RLock();
        readers++;
        if (writer) testing::Fail("read while written");
        runtime::Gosched();
        readers--;
        mu->RUnlock();
      });
      group.Go([&] {
        mu->Lock();
        writer = true;
        if (readers != 0) testing::Fail("written while read");
        if (mu->TryRLock() || mu->TryLock()) testing::Fail("taken twice");
        runtime::Gosched();
        writer = false;
        mu->Unlock();
      });
    }
    group.Wait();
    if (readers != 0 || writer) testing::Fail("Wait returned early");
    if (!mu->TryRLock() || mu->TryLock()) testing::Fail("not free to read");
    mu->RUnlock();
    if (!mu->TryLock()) testing::Fail("not free");
    mu->Unlock();
  });
  EXPECT_TRUE(result.ok()) << result.failure();
  EXPECT_EQ(Explore(Quiet(GetParam(), 1),
                    [] {
                      sync::WaitGroup group;
                      group.Add(2);
                      group.Add(-3);
                    })
                .failure(),
            "panic: sync: negative WaitGroup counter (in goroutine 1 of the "
            "bubble)");
}

// ---------------------------------------------------------------------------

TEST_P(EachStrategy, ALoopThatYieldsIsNoFault) {
  const ExploreResult result = Explore(Quiet(GetParam(), 200), [] {
    bool done = false;
    sync::WaitGroup group;
    group.Go([&] {
      while (!done) runtime::Gosched();
    });
    group.Go([&] {
      runtime::Gosched();
      done = true;
    });
    group.Wait();
  });
  EXPECT_TRUE(result.ok()) << result.failure();
}

TEST_P(EachStrategy, RightProgramsAreFoundRight) {
  const ExploreResult result = Explore(Quiet(GetParam(), 300), [] {
    Chan<int> ch = MakeChan<int>(1);
    sync::WaitGroup group;
    for (int i = 0; i < 3; i++) group.Go([ch, i] { ch.Send(i); });
    int sum = 0;
    for (int i = 0; i < 3; i++) sum += *ch.Recv();
    group.Wait();
    if (sum != 3) testing::Fail("lost");
  });
  EXPECT_TRUE(result.ok()) << result.failure();
}

TEST(Explore, EnumeratesEverySchedule) {
  std::map<std::string, int> orders;
  const ExploreResult result =
      Explore(Quiet(Strategy::kExhaustive, 100000), [&] {
        std::string order;
        sync::WaitGroup group;
        for (char c : {'a', 'b', 'c'}) group.Go([&order, c] { order += c; });
        group.Wait();
        orders[order]++;
      });
  EXPECT_TRUE(result.ok()) << result.failure();
  EXPECT_LT(result.schedules(), 100000);
  EXPECT_EQ(orders.size(), 6U);
}

TEST(Explore, TakesEveryCaseOfASelect) {
  std::set<int> taken;
  const ExploreResult result = Explore(Quiet(Strategy::kExhaustive, 1000), [&] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>(1);
    a.Send(1);
    b.Send(2);
    taken.insert(Select(OnRecv(a, [](auto) {}), OnRecv(b, [](auto) {})));
  });
  EXPECT_TRUE(result.ok()) << result.failure();
  EXPECT_EQ(result.schedules(), 2);
  EXPECT_EQ(taken, (std::set<int>{0, 1}));
}

TEST(Explore, TellsTheScheduleInWords) {
  ExploreOptions options = Quiet(Strategy::kUniform);
  options.seed = 7;
  const ExploreResult result = Explore(options, [] {
    Chan<int> ch = MakeChan<int>();
    for (int i = 0; i < 2; i++) Go([ch, i] { ch.Send(i); });
    if (*ch.Recv() == 1) throw std::runtime_error("the second came first");
    ch.Recv();
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure(),
            "panic: the second came first [std::runtime_error] (in goroutine 1 "
            "of the bubble)");
  EXPECT_TRUE(Has(result.schedule(), "goroutine 1 chan receive"))
      << result.schedule();
  EXPECT_TRUE(Has(result.schedule(), "goroutine 3 ")) << result.schedule();
  // ChanRecv, or what it is inlined into.
  EXPECT_TRUE(Has(result.schedule(), "Recv")) << result.schedule();
}

// Without the library that knows lines, an address for addr2line.
TEST(Explore, TellsTheLineOfEachStop) {
#if __has_include(<elfutils/libdwfl.h>)
  const bool lines = ::dlopen("libdw.so.1", RTLD_NOW) != nullptr;
#else
  const bool lines = false;
#endif
  int receive = 0;
  int lock = 0;
  const ExploreResult result = Explore(Quiet(Strategy::kUniform), [&] {
    Chan<int> ch = MakeChan<int>();
    sync::RWMutex mu;
    int n = 0;
    Go([&, ch] {
      ch.Send(1);
      n++;
    });
    Go([&] {
      const int seen = n;
      lock = __LINE__ + 1;
      mu.RLock();
      n = seen + 1;
      mu.RUnlock();
    });
    receive = __LINE__ + 1;
    ch.Recv();
    time::Sleep(seconds(1));
    if (n != 2) testing::Fail("an update is lost");
  });
  ASSERT_FALSE(result.ok());
  const auto at = [](int line) {
    return "explore_test.cc:" + std::to_string(line);
  };
  if (lines) {
    EXPECT_TRUE(Has(result.schedule(), at(receive))) << result.schedule();
    EXPECT_TRUE(Has(result.schedule(), at(lock))) << result.schedule();
  } else {
    EXPECT_TRUE(Has(result.schedule(), "explore_test+0x")) << result.schedule();
  }
}

#ifdef __GLIBC__
// Without a thread to read lines on, an address for addr2line.
TEST(Explore, TellsTheScheduleWhereNoThreadCanBeStarted) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer has sizes of its own";
  pthread_attr_t usual;
  pthread_attr_t huge;
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(::pthread_getattr_default_np(&huge), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&huge, SIZE_MAX / 4), 0);
  ASSERT_EQ(::pthread_setattr_default_np(&huge), 0);
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  ExploreOptions options = Quiet(Strategy::kUniform);
  options.patience = std::chrono::nanoseconds(0);
  const ExploreResult result = Explore(options, [] {
    Chan<int> ch = MakeChan<int>();
    Go([ch] { ch.Send(1); });
    ch.Recv();
    testing::Fail("so");
  });
  EXPECT_EQ(::pthread_setattr_default_np(&usual), 0);
  EXPECT_EQ(result.failure(), "so");
  EXPECT_TRUE(Has(result.schedule(), "goroutine 1 chan receive"))
      << result.schedule();
  EXPECT_TRUE(Has(result.schedule(), "explore_test+0x")) << result.schedule();
}
#endif

// Of many decisions few matter.
TEST(Explore, MakesTheScheduleShort) {
  ExploreOptions options = Quiet(Strategy::kUniform);
  const ExploreResult result = Explore(options, [] {
    Chan<int> ch = MakeChan<int>(20);
    sync::WaitGroup group;
    for (int i = 0; i < 10; i++) group.Go([ch, i] { ch.Send(i); });
    group.Wait();
    if (*ch.Recv() != 0) testing::Fail("another one came first");
  });
  ASSERT_FALSE(result.ok());
  int put_aside = 0;
  for (std::size_t at = 0;
       (at = result.schedule().find("put aside", at)) != std::string::npos;
       at++) {
    put_aside++;
  }
  EXPECT_LE(put_aside, 2) << result.schedule();
}

TEST(Explore, ASignalArrivesAtEachPoint) {
  ExploreOptions options = Quiet(Strategy::kUniform, 500);
  options.signals = {SIGINT};
  // A handler that forgets what it has begun.
  const ExploreResult found = FoundAndReplayed(options, [] {
    Chan<signal::Signal> signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGINT);
    bool begun = false;
    for (int i = 0; i < 5; i++) {
      bool stop = false;
      begun = i == 3;
      Select(OnRecv(signals, [&](auto) { stop = true; }), OnDefault([] {}));
      if (stop) break;
      begun = false;
    }
    signal::Stop(signals);
    if (begun) testing::Fail("stopped in the midst of it");
  });
  EXPECT_EQ(found.failure(), "stopped in the midst of it");
}

TEST(Explore, WhatNoLongerFitsIsSaid) {
  const ExploreOptions options = Quiet(Strategy::kUniform);
  {
    const Replay replay("12345");
    const ExploreResult result = Explore(options, [] {});
    EXPECT_EQ(
        result.failure(),
        "testing: the schedule of GOSLING_REPLAY=12345 no longer fits the "
        "program, which does not fail");
  }
  {
    const Replay replay("12345:99");
    const ExploreResult result =
        Explore(options, [] { testing::Fail("always"); });
    EXPECT_EQ(result.failure(),
              "testing: the schedule of GOSLING_REPLAY=12345, of 99 decisions, "
              "no longer fits the program, which makes 0 decisions before: "
              "always");
  }
}

// Such a program's schedule cannot be told, and the one that is told is none.
TEST(Explore, WhatIsDecidedElsewhereIsSaid) {
  const std::string words = "something else decides than the schedule";
  int runs = 0;
  const ExploreResult once = Explore(Quiet(Strategy::kUniform), [&runs] {
    if (runs++ == 3) testing::Fail("the fourth run");
  });
  EXPECT_EQ(once.failure(), "the fourth run");
  EXPECT_TRUE(Has(once.schedule(), words)) << once.schedule();
  const ExploreResult always =
      Explore(Quiet(Strategy::kUniform), [] { testing::Fail("always"); });
  EXPECT_FALSE(Has(always.schedule(), words)) << always.schedule();
}

TEST(Explore, OptionsOutOfRangeAreRefused) {
  ExploreOptions options;
  options.schedules = 0;
  EXPECT_EQ(PanicOf([&] { Explore(options, [] {}); }),
            "testing: ExploreOptions.schedules is 0: must be at least 1");
  options.schedules = 1;
  options.depth = 0;
  EXPECT_EQ(PanicOf([&] { Explore(options, [] {}); }),
            "testing: ExploreOptions.depth is 0: must be at least 1");
  options.depth = 1;
  options.preemptions = -1;
  EXPECT_EQ(PanicOf([&] { Explore(options, [] {}); }),
            "testing: ExploreOptions.preemptions is -1: must be at least 0");
  const Replay replay("seven");
  options.preemptions = 0;
  EXPECT_EQ(PanicOf([&] { Explore(options, [] {}); }),
            "testing: GOSLING_REPLAY=seven: must be a seed as Explore prints "
            "it, such as 42 or 42:17");
}

TEST(Explore, AWaitForWhatIsOutsideIsAnError) {
  const Chan<int> outside = MakeChan<int>();
  const ExploreResult result =
      Explore(Quiet(Strategy::kUniform), [&] { outside.Recv(); });
  EXPECT_EQ(result.failure(),
            "testing: goroutine 1 of the bubble waits [chan receive] for a "
            "channel that was made outside of it, and Explore cannot decide "
            "what happens outside of its bubble");
}

TEST(Explore, ARunWithoutEndIsAnError) {
  ExploreOptions options = Quiet(Strategy::kUniform, 1);
  const ExploreResult result = Explore(options, [] {
    Go([] {
      for (;;) runtime::Gosched();
    });
    for (;;) runtime::Gosched();
  });
  EXPECT_EQ(result.failure(), "testing: no end after a million decisions");
}

TEST(Explore, TenThousandSchedulesOf20GoroutinesTakeSeconds) {
  const int schedules = kSanitized || Emulator() != nullptr ? 100 : 2000;
  const auto start = std::chrono::steady_clock::now();
  const ExploreResult result =
      Explore(Quiet(Strategy::kUniform, schedules), [] {
        Chan<int> ch = MakeChan<int>(3);
        sync::WaitGroup group;
        for (int i = 0; i < 10; i++) {
          group.Go([ch] {
            for (int n = 0; n < 10; n++) ch.Send(n);
          });
          group.Go([ch] {
            for (int n = 0; n < 10; n++) ch.Recv();
          });
        }
        group.Wait();
      });
  EXPECT_TRUE(result.ok()) << result.failure();
  const std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - start;
  RecordProperty("microseconds_per_schedule",
                 static_cast<int>(taken.count() * 1e6 / schedules));
  EXPECT_LT(taken, seconds(60));
}

GOSLING_EXPLORE_TEST(ExploreTest, RunsTheBody, {.schedules = 50}) {
  int computed = 0;
  sync::Once once;
  sync::WaitGroup group;
  for (int i = 0; i < 3; i++) {
    group.Go([&] { once.Do([&] { computed++; }); });
  }
  group.Wait();
  EXPECT_EQ(computed, 1);
}

}  // namespace
}  // namespace gosling
