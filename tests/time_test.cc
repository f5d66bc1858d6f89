// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/time.h: Sleep, timers, tickers. Nothing here depends on being in
// time, only on not being early; what has to wait for a clock waits for few
// milliseconds. Tests named after Go's say so.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/idle.h"
#include "sched/sched.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using time::Delay;
using time::Duration;
using time::Ticker;
using time::Time;
using time::Timer;
using Clock = std::chrono::steady_clock;

constexpr int kLoops = kSanitized ? 300 : 3000;

class SleepTest : public GoTest {};
class TimerTest : public GoTest {};
class AfterFuncTest : public GoTest {};
class TickerTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, SleepTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, TimerTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, AfterFuncTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, TickerTest, kProcs, ProcsName);

class TimeDeathTest : public FreshDeathTest {};

TEST(Time, NowIsTheClockOfTimersAndOfStd) {
  const Time before = Clock::now();
  const Time now = time::Now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, Clock::now());
  const Time fired = *time::After(1ms).Recv();
  EXPECT_GE(fired - now, 1ms);
  EXPECT_LE(fired, time::Now());
}

TEST(Time, SinceAndUntilCountFromNowAndStopAtTheLongestDuration) {
  const Time start = time::Now();
  EXPECT_GE(time::Since(start), 0ns);
  EXPECT_LE(time::Until(start), 0ns);
  const Duration left = time::Until(start + 1h);
  EXPECT_GT(left, 0ns);
  EXPECT_LE(left, 1h);
  EXPECT_EQ(time::Since(Time::min()), Duration::max());
  EXPECT_EQ(time::Until(Time::min()), Duration::min());
}

// Goroutines of ended Runs that sleep for ever: their timers stay.
int endless_sleeps = 0;

// How many timers are armed in the whole runtime, but for those.
int Armed() {
  int n = -endless_sleeps;
  for (int i = 0; i < sched::scheduler.nallp.load(); i++)
    n += static_cast<int>(sched::scheduler.allp[i]->timers.Size());
  return n;
}

// Yields until `holds()`, for ten seconds at most.
template <class F>
bool Eventually(F holds) {
  auto limit = Clock::now() + 10s;
  while (!holds()) {
    if (Clock::now() > limit) return false;
    runtime::Gosched();
  }
  return true;
}

bool Empty(const RecvChan<Time>& c) {
  std::optional<Time> out;
  return !c.TryRecv(out);
}

// --- Delay ------------------------------------------------------------------

TEST(Delay, TakesAnyDurationAndSaturates) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  static_assert(Delay(3s).Nanoseconds() == 3'000'000'000);
  static_assert(Delay(Duration::max()).Nanoseconds() == kMax);
  static_assert(Delay(hours::max()).Nanoseconds() == kMax);
  static_assert(Delay(hours::min()).Nanoseconds() == kMin);
  static_assert(Delay(hours(2'562'047)).Nanoseconds() ==
                2'562'047LL * 3'600'000'000'000);
  static_assert(Delay(std::chrono::duration<std::int64_t, std::pico>(1999))
                    .Nanoseconds() == 1);
  EXPECT_EQ(Delay(std::chrono::duration<double>(0.25)).Nanoseconds(),
            250'000'000);
  EXPECT_EQ(Delay(std::chrono::duration<double>(1e300)).Nanoseconds(), kMax);
  EXPECT_EQ(Delay(std::chrono::duration<double>(-INFINITY)).Nanoseconds(),
            kMin);
  EXPECT_LE(Delay(std::chrono::duration<double>(NAN)).Nanoseconds(), 0);
}

// --- Sleep ------------------------------------------------------------------

TEST_P(SleepTest, LastsAtLeastThatLong) {  // Go: TestSleep
  Run([] {
    sync::WaitGroup group;
    for (int i = 0; i < 50; i++) {
      group.Go([i] {
        auto d = std::chrono::microseconds(100 * i);
        auto begin = Clock::now();
        time::Sleep(d);
        EXPECT_GE(Clock::now() - begin, d);
      });
    }
    group.Wait();
  });
}

TEST(Sleep, BlocksAPlainThread) {
  auto begin = Clock::now();
  time::Sleep(5ms);
  EXPECT_GE(Clock::now() - begin, 5ms);
}

TEST(Sleep, OfNothingReturnsAtOnce) {
  time::Sleep(0s);
  time::Sleep(-1s);
  time::Sleep(hours::min());
}

TEST_P(SleepTest, ThatOverflowsIsForEver) {  // Go: TestOverflowSleep
  Run(
      [] {
        Go([] {
          time::Sleep(hours::max());
          ADD_FAILURE() << "an endless sleep has ended";
        });
        Select(OnRecv(time::After(Duration::max()),
                      [] { ADD_FAILURE() << "an endless time is over"; }),
               OnRecv(time::After(10ms), [] {}));
      },
      /*left_behind=*/1);
  endless_sleeps++;
}

// Two goroutines keep one P busy without a pause; the timer has its turn all
// the same. Go: TestAfterFuncStarvation.
TEST_P(SleepTest, IsNotStarvedByBusyGoroutines) {
  Run([] {
    std::atomic<bool> stop{false};
    Chan<Unit> ping = MakeChan<Unit>();
    Chan<Unit> pong = MakeChan<Unit>();
    sync::WaitGroup group;
    group.Go([&] {
      while (!stop.load()) {
        ping.Send({});
        pong.Recv();
      }
      ping.Close();
    });
    group.Go([&] {
      while (ping.Recv()) pong.Send({});
    });
    time::Sleep(1ms);
    stop.store(true);
    group.Wait();
  });
}

// Go: TestTimerFairness2: nor by goroutines that serve one another in a select
// in which the timer is a case.
TEST_P(TimerTest, IsNotStarvedByTheOtherCasesOfItsSelect) {
  Run([] {
    Chan<Unit> c = MakeChan<Unit>();
    sync::WaitGroup group;
    for (int i = 0; i < 2; i++) {
      group.Go([=] {
        const RecvChan<Time> timer = time::After(20ms);
        for (bool over = false; !over;) {
          Select(OnSend(c, Unit{}, [] {}), OnRecv(c, [](auto&&) {}),
                 OnRecv(timer, [&](auto&&) { over = true; }));
        }
      });
    }
    group.Wait();
  });
}

// --- Timer ------------------------------------------------------------------

TEST_P(TimerTest, DeliversTheTimeOnce) {  // Go: TestAfter
  Run([] {
    auto begin = Clock::now();
    RecvChan<Time> c = time::After(3ms);
    std::optional<Time> at = c.Recv();
    ASSERT_TRUE(at.has_value());
    EXPECT_GE(*at - begin, 3ms);
    EXPECT_LE(*at, Clock::now());
    time::Sleep(3ms);
    EXPECT_TRUE(Empty(c));
  });
}

TEST_P(TimerTest, NoneIsEarly) {  // Go: TestAfterQueuing
  Run([] {
    std::mt19937 random(1);
    sync::WaitGroup group;
    for (int i = 0; i < 200; i++) {
      auto d = std::chrono::microseconds(random() % 10000);
      auto deadline = Clock::now() + d;
      group.Go(
          [deadline, c = time::After(d)] { EXPECT_GE(*c.Recv(), deadline); });
    }
    group.Wait();
  });
}

TEST_P(TimerTest, DeliversToAPlainThread) {
  Run([] {
    std::thread thread([] {
      auto begin = Clock::now();
      EXPECT_GE(*time::After(3ms).Recv() - begin, 3ms);
    });
    runtime::Blocking([&] { thread.join(); });
  });
}

TEST_P(TimerTest, ThatIsDueComesAtOnce) {  // Go: TestZeroTimer
  Run([] {
    for (int i = 0; i < kLoops; i++) {
      time::NewTimer(i % 2 == 0 ? 0s : -1s).C().Recv();
    }
  });
}

TEST_P(TimerTest, ChannelLooksUnbuffered) {  // Go: time TestChan
  Run([] {
    Timer timer = time::NewTimer(0s);
    EXPECT_EQ(timer.C().Cap(), 0u);
    EXPECT_EQ(timer.C().Len(), 0u);
    EXPECT_TRUE(Eventually([] { return Armed() == 0; }));
    EXPECT_EQ(timer.C().Len(), 0u);
    timer.C().Recv();
  });
}

TEST_P(TimerTest, StoppedOneDoesNotFire) {  // Go: TestAfterStop
  Run([] {
    Timer timer = time::NewTimer(2ms);
    EXPECT_TRUE(timer.Stop());
    EXPECT_FALSE(timer.Stop());
    time::Sleep(5ms);
    EXPECT_TRUE(Empty(timer.C()));
  });
}

TEST_P(TimerTest, StopTakesBackWhatWasNotReceived) {  // Go: TestStopResult
  Run([] {
    Timer timer = time::NewTimer(0s);
    EXPECT_TRUE(Eventually([] { return Armed() == 0; }));
    EXPECT_TRUE(timer.Stop());
    EXPECT_TRUE(Empty(timer.C()));
    EXPECT_FALSE(timer.Stop());
  });
}

TEST_P(TimerTest, StopAfterReceivingSaysFalse) {
  Run([] {
    Timer timer = time::NewTimer(0s);
    timer.C().Recv();
    EXPECT_FALSE(timer.Stop());
  });
}

TEST_P(TimerTest, ResetSaysWhatItFound) {  // Go: TestResetResult
  Run([] {
    Timer timer = time::NewTimer(1h);
    EXPECT_TRUE(timer.Reset(0s)) << "was running";
    EXPECT_TRUE(Eventually([] { return Armed() == 0; }));
    EXPECT_TRUE(timer.Reset(1h)) << "its value had not been received";
    EXPECT_TRUE(Empty(timer.C())) << "a value from before Reset";
    EXPECT_TRUE(timer.Stop());
    EXPECT_FALSE(timer.Reset(0s)) << "was stopped";
    timer.C().Recv();
    EXPECT_FALSE(timer.Reset(1h)) << "its value had been received";
  });
}

TEST_P(TimerTest, MayBeMadeEarlier) {  // Go: TestTimerModifiedEarlier
  Run([] {
    for (int i = 0; i < 100; i++) {
      Timer timer = time::NewTimer(1h);
      for (int j = 0; j < 10; j++) {
        timer.Stop();
        timer.Reset(-1h);
      }
      Select(OnRecv(timer.C(), [] {}),
             OnRecv(time::After(10s), [] { ADD_FAILURE() << "forgotten"; }));
    }
  });
}

TEST_P(TimerTest, CopiesAreTheSameTimer) {
  Run([] {
    Timer a = time::NewTimer(1h);
    Timer b = a;
    EXPECT_TRUE(a.C() == b.C());
    EXPECT_TRUE(b.Stop());
    EXPECT_FALSE(a.Stop());
  });
}

// Go: TestZeroTimerStopPanics, TestZeroTimerResetPanics.
TEST(Timer, MadeByDefaultPanics) {
  Timer timer;
  EXPECT_FALSE(timer.C());
  EXPECT_EQ(PanicOf([&] { timer.Stop(); }),
            "time: Stop called on uninitialized Timer");
  EXPECT_EQ(PanicOf([&] { timer.Reset(1s); }),
            "time: Reset called on uninitialized Timer");
}

TEST_P(TimerTest, TimesOutASelect) {
  Run([] {
    Chan<int> never = MakeChan<int>();
    for (int i = 0; i < 100; i++) {
      EXPECT_EQ(Select(OnRecv(never, [] {}), OnRecv(time::After(100us), [] {})),
                1);
    }
  });
}

TEST_P(TimerTest, IsGoneWithItsLastHandle) {
  Run([] {
    Chan<int> ready = MakeChan<int>(1);
    for (int i = 0; i < 1000; i++) {
      ready.Send(i);
      Select(OnRecv(ready, [] {}), OnRecv(time::After(1h), [] {}));
    }
    EXPECT_EQ(Armed(), 0);

    Timer timer = time::NewTimer(1h);
    RecvChan<Time> c = timer.C();
    timer = Timer();
    EXPECT_EQ(Armed(), 1) << "somebody may still receive";
    c = nullptr;
    EXPECT_EQ(Armed(), 0);
  });
}

// Whatever the clock does meanwhile: a timer whose value has not been received
// is running or unread, so Stop says true, and afterwards nothing is there.
// Some M is always about to fire it.
TEST_P(TimerTest, StopIsExactWhileItFires) {
  Run([] {
    sync::WaitGroup group;
    for (int g = 0; g < 4; g++) {
      group.Go([g] {
        std::mt19937 random(g);
        Timer timer = time::NewTimer(1h);
        for (int i = 0; i < kLoops; i++) {
          EXPECT_TRUE(timer.Reset(std::chrono::microseconds(random() % 30)));
          auto until = Clock::now() + std::chrono::microseconds(random() % 30);
          while (Clock::now() < until) runtime::Gosched();
          if (i % 2 == 0) continue;
          EXPECT_TRUE(timer.Stop());
          EXPECT_TRUE(Empty(timer.C()));
          EXPECT_FALSE(timer.Reset(1h));
        }
      });
    }
    group.Wait();
  });
}

// The handles go while the timer fires. For ASan and TSan.
TEST_P(TimerTest, MayBeForgottenWhileItFires) {
  Run([] {
    sync::WaitGroup group;
    for (int g = 0; g < 4; g++) {
      group.Go([g] {
        std::mt19937 random(g);
        for (int i = 0; i < kLoops; i++) {
          RecvChan<Time> a =
              time::After(std::chrono::microseconds(random() % 20));
          RecvChan<Time> b =
              time::Tick(std::chrono::microseconds(1 + random() % 10));
          auto until = Clock::now() + std::chrono::microseconds(random() % 20);
          while (Clock::now() < until) runtime::Gosched();
        }
      });
    }
    group.Wait();
    // The M that fires a timer disarms it.
    EXPECT_TRUE(Eventually([] { return Armed() == 0; }));
  });
}

TEST_F(TimeDeathTest, WaitingForAStoppedTimerIsADeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                Timer timer = time::NewTimer(1h);
                timer.Stop();
                timer.C().Recv();
              }),
              ::testing::ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!");
}

// --- AfterFunc --------------------------------------------------------------

TEST_P(AfterFuncTest, CallsInAGoroutineOfItsOwn) {
  Run([] {
    Chan<std::uint64_t> ids = MakeChan<std::uint64_t>();
    auto begin = Clock::now();
    Timer timer = time::AfterFunc(2ms, [&] { ids.Send(runtime::Goid()); });
    EXPECT_FALSE(timer.C());
    std::uint64_t id = *ids.Recv();
    EXPECT_NE(id, 0u);
    EXPECT_NE(id, runtime::Goid());
    EXPECT_GE(Clock::now() - begin, 2ms);
    EXPECT_FALSE(timer.Stop());
  });
}

TEST_P(AfterFuncTest, MayStartTheNext) {  // Go: TestAfterFunc
  Run([] {
    int left = 100;
    Chan<Unit> done = MakeChan<Unit>();
    std::function<void()> f = [&] {
      if (--left == 0) {
        done.Send({});
      } else {
        time::AfterFunc(0s, f);
      }
    };
    time::AfterFunc(0s, f);
    done.Recv();
    EXPECT_EQ(left, 0);
  });
}

TEST_P(AfterFuncTest, StoppedOneIsNotCalled) {
  Run([] {
    std::atomic<bool> called{false};
    const Time due = Clock::now() + 2ms;
    Timer timer = time::AfterFunc(2ms, [&] { called.store(true); });
    const bool stopped = timer.Stop();
    // Later, if the thread has lost its core, the function may have been called.
    if (Clock::now() < due) {
      EXPECT_TRUE(stopped);
    }
    EXPECT_FALSE(timer.Stop());
    time::Sleep(5ms);
    EXPECT_TRUE(Eventually([&] { return called.load() != stopped; }));
  });
}

TEST_P(AfterFuncTest, ResetCallsAgain) {
  Run([] {
    Chan<Unit> calls = MakeChan<Unit>();
    Timer timer = time::AfterFunc(0s, [&] { calls.Send({}); });
    calls.Recv();
    EXPECT_FALSE(timer.Reset(0s));
    calls.Recv();
    EXPECT_FALSE(timer.Reset(1h));
    EXPECT_TRUE(timer.Reset(0s));
    calls.Recv();
  });
}

TEST_P(AfterFuncTest, NeedsNoHandleAndDestroysItsFunction) {
  Run([] {
    auto owned =
        std::make_unique<std::shared_ptr<int>>(std::make_shared<int>(0));
    std::weak_ptr<int> watch = *owned;
    time::AfterFunc(1ms, [owned = std::move(owned)] { (**owned)++; });
    EXPECT_FALSE(watch.expired());
    EXPECT_TRUE(Eventually([&] { return watch.expired(); }));
  });
}

TEST_P(AfterFuncTest, KeepsItsFunctionForAHandle) {
  Run([] {
    auto owned = std::make_shared<int>(0);
    std::weak_ptr<int> watch = owned;
    Timer timer = time::AfterFunc(1h, [owned = std::move(owned)] {});
    timer.Stop();
    EXPECT_FALSE(watch.expired());
    timer = Timer();
    EXPECT_TRUE(watch.expired());
  });
}

TEST_P(AfterFuncTest, TakesOverAlignedFunctions) {
  Run([] {
    struct alignas(128) Function {
      Chan<bool> aligned;
      void operator()() {
        aligned.Send(reinterpret_cast<std::uintptr_t>(this) % 128 == 0);
      }
    };
    Chan<bool> aligned = MakeChan<bool>();
    time::AfterFunc(0s, Function{aligned});
    EXPECT_EQ(aligned.Recv(), true);
  });
}

TEST(AfterFunc, FunctionThatCannotBeCopiedLeavesNothing) {
  struct Uncopyable {
    Uncopyable() = default;
    Uncopyable(const Uncopyable&) { throw std::runtime_error("no copy"); }
    void operator()() const {}
  };
  const Uncopyable f;
  EXPECT_THROW(time::AfterFunc(0s, f), std::runtime_error);
  EXPECT_EQ(Armed(), 0);
}

TEST(AfterFunc, WorksOutsideRun) {
  Chan<Unit> called = MakeChan<Unit>();
  time::AfterFunc(1ms, [called] { called.Send({}); });
  EXPECT_TRUE(called.Recv().has_value());
}

TEST(AfterFunc, OfAnEndedRunIsNotCalled) {
  static std::atomic<int> calls;  // outlives the Run
  calls.store(0);
  gosling::Run([] {
    time::AfterFunc(1s, [] { calls++; });  // by then the Run is over
    time::AfterFunc(0s, [] { calls += 10; });
    EXPECT_TRUE(Eventually([] { return calls.load() == 10; }));
  });
  EXPECT_TRUE(Eventually([] { return Armed() == 0; }));
  time::Sleep(2ms);
  EXPECT_EQ(calls.load(), 10);
}

// A stop that comes while the function is being started must not both say true
// and let it run.
TEST_P(AfterFuncTest, StopIsExactWhileItFires) {
  Run([] {
    sync::WaitGroup group;
    for (int g = 0; g < 4; g++) {
      group.Go([g] {
        std::mt19937 random(g);
        for (int i = 0; i < kLoops; i++) {
          auto calls = std::make_shared<std::atomic<int>>(0);
          Timer timer =
              time::AfterFunc(std::chrono::microseconds(random() % 20),
                              [calls] { (*calls)++; });
          auto until = Clock::now() + std::chrono::microseconds(random() % 20);
          while (Clock::now() < until) runtime::Gosched();
          bool stopped = timer.Stop();
          if (stopped) {
            runtime::Gosched();
            EXPECT_EQ(calls->load(), 0);
          } else {
            EXPECT_TRUE(Eventually([&] { return calls->load() == 1; }));
          }
        }
      });
    }
    group.Wait();
  });
}

TEST_F(TimeDeathTest, ExceptionInAnAfterFuncIsAPanic) {
  EXPECT_EXIT(gosling::Run([] {
                time::AfterFunc(0s, [] { throw std::runtime_error("late"); });
                time::Sleep(1h);
              }),
              ::testing::ExitedWithCode(2),
              "^panic: late \\[std::runtime_error\\]");
}

// --- Ticker -----------------------------------------------------------------

TEST_P(TickerTest, TicksNeverEarly) {  // Go: TestTicker
  Run([] {
    auto begin = Clock::now();
    Ticker ticker = time::NewTicker(1ms);
    for (int i = 1; i <= 10; i++)
      EXPECT_GE(*ticker.C().Recv() - begin, i * 1ms);
    begin = Clock::now();
    ticker.Reset(2ms);
    for (int i = 1; i <= 5; i++) EXPECT_GE(*ticker.C().Recv() - begin, i * 2ms);
    ticker.Stop();
    time::Sleep(5ms);
    EXPECT_TRUE(Empty(ticker.C()));
  });
}

TEST_P(TickerTest, KeepsTheBeat) {
  Run([] {
    constexpr std::int64_t kPeriod = 1'000'000;
    Ticker ticker = time::NewTicker(Duration(kPeriod));
    const std::int64_t first = sched::EarliestTimer();  // there is no other
    for (int i = 0; i < 10; i++) {
      ticker.C().Recv();
      time::Sleep(i * 300us);
      const std::int64_t next = sched::EarliestTimer();
      if (next == 0 || next == std::numeric_limits<std::int64_t>::max())
        continue;  // it is firing just now
      EXPECT_EQ((next - first) % kPeriod, 0);
    }
  });
}

TEST_P(TickerTest, DropsTicksThatNobodyFetches) {
  Run([] {
    bool dropped = false;
    // On a busy machine the first may be late.
    for (int attempt = 0; attempt < 100 && !dropped; attempt++) {
      Ticker ticker = time::NewTicker(1ms);
      time::Sleep(8ms);
      Time first = *ticker.C().Recv();
      Time second = *ticker.C().Recv();
      dropped = second - first >= 5ms;
    }
    EXPECT_TRUE(dropped);
  });
}

TEST_P(TickerTest, StopTakesBackTheTick) {
  Run([] {
    Ticker ticker = time::NewTicker(100us);
    for (int i = 0; i < 100; i++) {
      time::Sleep(200us);
      ticker.Stop();
      EXPECT_TRUE(Empty(ticker.C()));
      EXPECT_EQ(Armed(), 0);
      ticker.Reset(100us);
    }
  });
}

TEST_P(TickerTest, StopDoesNotClose) {
  Run([] {
    Ticker ticker = time::NewTicker(1h);
    sync::WaitGroup group;
    group.Go([c = ticker.C()] { EXPECT_TRUE(c.Recv().has_value()); });
    runtime::Gosched();
    ticker.Stop();
    time::Sleep(1ms);
    ticker.Reset(1ms);
    group.Wait();
  });
}

TEST_P(TickerTest, IsGoneWithItsLastHandle) {
  Run([] {
    {
      Ticker ticker = time::NewTicker(100us);
      for (int i = 0; i < 3; i++) ticker.C().Recv();
    }
    EXPECT_EQ(Armed(), 0);
    int ticks = 0;
    for (Time t : time::Tick(100us)) {
      (void)t;
      if (++ticks == 3) break;
    }
    EXPECT_EQ(Armed(), 0);
  });
}

TEST(Ticker, EndsWithItsRun) {
  Ticker ticker;
  gosling::Run([&] {
    ticker = time::NewTicker(1ms);
    ticker.C().Recv();
  });
  EXPECT_TRUE(Eventually([&] {
    std::optional<Time> last;
    ticker.C().TryRecv(last);
    time::Sleep(10ms);
    return Empty(ticker.C());
  }));
  EXPECT_EQ(Armed(), 0);
}

TEST(Ticker, IntervalMustBePositive) {
  EXPECT_EQ(PanicOf([] { (void)time::NewTicker(0s); }),
            "non-positive interval for NewTicker");
  EXPECT_EQ(PanicOf([] { (void)time::NewTicker(-1s); }),
            "non-positive interval for NewTicker");
  Ticker ticker = time::NewTicker(hours::max());
  EXPECT_EQ(PanicOf([&] { ticker.Reset(0s); }),
            "non-positive interval for Ticker.Reset");
  EXPECT_EQ(PanicOf([] { Ticker().Reset(1s); }),
            "time: Reset called on uninitialized Ticker");
  Ticker().Stop();
  EXPECT_FALSE(time::Tick(0s));
}

}  // namespace
}  // namespace gosling
