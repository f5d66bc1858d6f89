// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// testing::Bubble: its clock, what counts as durably blocked, its end.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sched/m.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// The bubble's time, by way of a timer that is due at once.
time::Time TimeInside() { return *time::After(nanoseconds(0)).Recv(); }

bool Begins(const std::string& text, const std::string& with) {
  return text.compare(0, with.size(), with) == 0;
}

TEST(Bubble, SleepsTakeNoTime) {
  const auto start = std::chrono::steady_clock::now();
  testing::Bubble([] {
    const time::Time before = TimeInside();
    time::Sleep(hours(24));
    EXPECT_EQ(TimeInside() - before, hours(24));
  });
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(30));
}

TEST(Bubble, TimeBeginsInTheYear2000) {
  testing::Bubble(
      [] { EXPECT_EQ(TimeInside().time_since_epoch(), seconds(946684800)); });
}

TEST(Bubble, WaitsForItsGoroutines) {
  int ended = 0;
  testing::Bubble([&] {
    for (int i = 0; i < 10; i++) {
      Go([&ended] {
        runtime::Gosched();
        ended++;
      });
    }
  });
  EXPECT_EQ(ended, 10);
}

TEST(Bubble, TimersFireInTheirOrder) {
  std::vector<int> order;
  testing::Bubble([&] {
    sync::WaitGroup group;
    for (int i : {3, 1, 2}) {
      group.Go([&order, i] {
        time::Sleep(seconds(i));
        order.push_back(i);
      });
    }
    group.Wait();
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Bubble, ATickerKeepsItsBeat) {
  testing::Bubble([] {
    time::Ticker ticker = time::NewTicker(seconds(1));
    const time::Time start = TimeInside();
    for (int i = 1; i <= 5; i++) {
      EXPECT_EQ(*ticker.C().Recv() - start, seconds(i));
    }
    ticker.Stop();
  });
}

TEST(Bubble, ATickerThatIsNotStoppedEndsWithIt) {
  testing::Bubble([] { time::Ticker ticker = time::NewTicker(seconds(1)); });
}

TEST(Bubble, AContextsDeadlineIsItsTime) {
  testing::Bubble([] {
    auto timed =
        context::WithTimeout(context::Background(), std::chrono::minutes(5));
    const time::Time before = TimeInside();
    timed.first.Done().Recv();
    EXPECT_EQ(TimeInside() - before, std::chrono::minutes(5));
    timed.second();
  });
}

TEST(Bubble, WaitReturnsWhenTheOthersAreBlocked) {
  testing::Bubble([] {
    Chan<int> ch = MakeChan<int>();
    bool received = false;
    Go([&] {
      ch.Recv();
      received = true;
    });
    testing::Wait();
    EXPECT_FALSE(received);
    ch.Send(1);
    testing::Wait();
    EXPECT_TRUE(received);
  });
}

TEST(Bubble, WaitComesBeforeTimeMoves) {
  testing::Bubble([] {
    bool slept = false;
    Go([&] {
      time::Sleep(seconds(1));
      slept = true;
    });
    testing::Wait();
    EXPECT_FALSE(slept);
    time::Sleep(seconds(1));
    testing::Wait();
    EXPECT_TRUE(slept);
  });
}

TEST(Bubble, LocksAndConditionsAreDurableWaits) {
  testing::Bubble([] {
    sync::Mutex mu;
    sync::Cond cond(mu);
    bool go_on = false;
    mu.Lock();
    sync::WaitGroup group;
    group.Go([&] {
      mu.Lock();
      while (!go_on) cond.Wait();
      mu.Unlock();
    });
    testing::Wait();  // it waits for the mutex
    mu.Unlock();
    testing::Wait();  // and for the condition
    mu.Lock();
    go_on = true;
    mu.Unlock();
    cond.Signal();
    group.Wait();
  });
}

TEST(Bubble, ADeadlockIsToldInGosWordsWithTheStacks) {
  const std::string words =
      PanicOf([] { testing::Bubble([] { MakeChan<int>().Recv(); }); });
  EXPECT_TRUE(Begins(words, "deadlock: all goroutines in bubble are blocked\n"))
      << words;
  EXPECT_NE(words.find("[chan receive]:"), std::string::npos) << words;
  EXPECT_NE(words.find("ChanRecv"), std::string::npos) << words;
}

TEST(Bubble, GoroutinesThatAreLeftBehindAreToldInGosWords) {
  const std::string words = PanicOf([] {
    testing::Bubble([] {
      Chan<int> ch = MakeChan<int>();
      Go([ch] { ch.Send(1); });
    });
  });
  EXPECT_TRUE(Begins(words,
                     "deadlock: main bubble goroutine has exited but blocked "
                     "goroutines remain\n"))
      << words;
  EXPECT_NE(words.find("[chan send]:"), std::string::npos) << words;
}

TEST(Bubble, TimeStandsStillOnceTheMainGoroutineHasExited) {
  const std::string words = PanicOf(
      [] { testing::Bubble([] { Go([] { time::Sleep(seconds(1)); }); }); });
  EXPECT_TRUE(Begins(words, "deadlock: main bubble goroutine has exited"))
      << words;
}

TEST(Bubble, RethrowsWhatLeavesAGoroutine) {
  EXPECT_THROW(testing::Bubble([] { throw std::out_of_range("here"); }),
               std::out_of_range);
  EXPECT_THROW(testing::Bubble([] {
                 Go([] { throw std::out_of_range("there"); });
                 time::Sleep(seconds(1));
               }),
               std::out_of_range);
}

TEST(Bubble, GoexitEndsAGoroutineOnly) {
  bool went_on = false;
  testing::Bubble([&] {
    sync::WaitGroup group;
    group.Go([] { runtime::Goexit(); });
    group.Wait();
    went_on = true;
    runtime::Goexit();
  });
  EXPECT_TRUE(went_on);
}

TEST(Bubble, NoneStandsInAnother) {
  std::string words;
  testing::Bubble([&] { words = PanicOf([] { testing::Bubble([] {}); }); });
  EXPECT_TRUE(
      Begins(words, "testing: Bubble called inside a bubble: goroutine "))
      << words;
  testing::Bubble(
      [&] { words = PanicOf([] { testing::Explore({}, [] {}); }); });
  EXPECT_TRUE(Begins(words, "testing: Explore called inside a bubble"))
      << words;
}

TEST(Bubble, ItsFunctionsSayWhenThereIsNone) {
  EXPECT_EQ(PanicOf([] { testing::Wait(); }),
            "testing: Wait called outside of a bubble");
  EXPECT_EQ(PanicOf([] { testing::Raise(SIGINT); }),
            "testing: Raise called outside of a bubble");
  EXPECT_EQ(PanicOf([] { testing::Fail("so"); }), "so");
}

TEST(Bubble, OneWaitAtATime) {
  std::string words;
  testing::Bubble([&] {
    Go([] { testing::Wait(); });
    runtime::Gosched();
    words = PanicOf([] { testing::Wait(); });
  });
  EXPECT_EQ(words,
            "testing: Wait called by goroutine 1 of the bubble while goroutine "
            "2 is in Wait");
}

TEST(Bubble, FailIsAPanicWithItsWords) {
  EXPECT_EQ(PanicOf([] { testing::Bubble([] { testing::Fail("no good"); }); }),
            "no good");
}

TEST(Bubble, AForeignThreadMayReachIn) {
  Chan<int> outside = MakeChan<int>();
  int got = 0;
  std::thread other([&] {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // reach in late
    outside.Send(7);
  });
  testing::Bubble([&] { got = *outside.Recv(); });
  other.join();
  EXPECT_EQ(got, 7);
}

TEST(Bubble, AWaitThatAThreadEndsIsSaid) {
  const std::string words = PanicOf([] {
    testing::Bubble([] {
      sync::WaitGroup group;
      group.Add(1);
      Go([&] { std::thread([&] { group.Done(); }).join(); });
      group.Wait();
    });
  });
  EXPECT_TRUE(std::regex_match(
      words,
      std::regex("testing: goroutine 1 of bubble [0-9]+, in "
                 "\\[sync.WaitGroup.Wait\\], was woken from outside of it, by "
                 "a thread")))
      << words;
}

TEST(Bubble, AChannelOfAnotherBubbleIsRefused) {
  Chan<int> other;
  testing::Bubble([&] { other = MakeChan<int>(1); });
  const std::string words =
      PanicOf([&] { testing::Bubble([&] { other.Send(1); }); });
  EXPECT_TRUE(std::regex_match(
      words, std::regex("testing: goroutine 1 of bubble [0-9]+ uses a channel "
                        "that was made in bubble [0-9]+, which is another one, "
                        "or an earlier run")))
      << words;
}

TEST(Bubble, AMutexMayBeSharedWithThreads) {
  sync::Mutex mu;
  mu.Lock();
  std::thread other;
  testing::Bubble([&] {
    Go([&] {
      other = std::thread([&] { mu.Unlock(); });
      other.join();
    });
    mu.Lock();
  });
}

class BubbleDeathTest : public FreshDeathTest {};

TEST_F(BubbleDeathTest, ItsChannelsAreNotForOthers) {
  const auto words = [](const std::string& does, const std::string& what) {
    return "^fatal error: testing: a thread outside of bubble [0-9]+ " + does +
           " " + what + " that was made in it\n";
  };
  const auto exited = ::testing::ExitedWithCode(2);
  for (const std::size_t room : {0, 1}) {
    const auto with_channel = [room](auto f) {
      ::alarm(kSanitized ? 120 : 30);
      testing::Bubble([&] {
        Chan<int> ch = MakeChan<int>(room);
        if (room != 0) ch.Send(1);
        std::thread([&] { f(ch); }).join();
      });
    };
    EXPECT_EXIT(with_channel([](auto ch) { ch.Send(1); }), exited,
                words("sends on", "a channel"));
    EXPECT_EXIT(with_channel([](auto ch) { ch.Recv(); }), exited,
                words("receives from", "a channel"));
    EXPECT_EXIT(with_channel([](auto ch) { ch.Close(); }), exited,
                words("closes", "a channel"));
    EXPECT_EXIT(with_channel([](auto ch) {
                  Chan<int> own = MakeChan<int>();
                  Select(OnSend(ch, 1), OnRecv(own, [](auto) {}));
                }),
                exited, words("selects on", "a channel"));
  }
}

TEST_F(BubbleDeathTest, ItsTimersAreNotForOthers) {
  const auto with_timers = [](auto f) {
    ::alarm(kSanitized ? 120 : 30);
    testing::Bubble([&] {
      time::Timer timer = time::NewTimer(seconds(1));
      time::Timer calls = time::AfterFunc(seconds(1), [] {});
      std::thread([&] { f(timer, calls); }).join();
    });
  };
  const std::string outside =
      "^fatal error: testing: a thread outside of bubble [0-9]+ ";
  const auto exited = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(with_timers([](auto& timer, auto&) { timer.Stop(); }), exited,
              outside + "stops a timer that was made in it\n");
  EXPECT_EXIT(with_timers([](auto& timer, auto&) { timer.Reset(seconds(2)); }),
              exited, outside + "resets a timer that was made in it\n");
  EXPECT_EXIT(with_timers([](auto&, auto& calls) { calls.Stop(); }), exited,
              outside + "stops a timer that was made in it\n");
  EXPECT_EXIT(with_timers([](auto&, auto& calls) { calls.Reset(seconds(2)); }),
              exited, outside + "resets a timer that was made in it\n");
}

TEST_F(BubbleDeathTest, AGoroutineThatUsesItsChannelIsNamed) {
  const auto child = [] {
    ::alarm(kSanitized ? 120 : 30);
    gosling::Run([] {
      Chan<Chan<int>> given = MakeChan<Chan<int>>();
      Go([given] {
        const Chan<int> ch = *given.Recv();
        ch.Send(1);
      });
      testing::Bubble({.patience = {}}, [given] {
        given.Send(MakeChan<int>());
        for (;;) std::this_thread::sleep_for(seconds(1));  // until it ends us
      });
    });
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(2),
              "^fatal error: testing: goroutine [0-9]+ outside of bubble "
              "[0-9]+ sends on a channel that was made in it\n");
}

// Stuck is a bubble of which one goroutine parks and another does that.
template <class F>
void Stuck(F f) {
  ::alarm(kSanitized ? 120 : 30);
  testing::Bubble({.patience = seconds(1)}, [f] {
    const Chan<int> ch = MakeChan<int>();
    Go([ch] { ch.Recv(); });
    Go([f] { f(); });
    time::Sleep(seconds(1));
  });
}

[[gnu::noinline]] void ComputeForEver() {
  for (std::atomic<int> n = 0;;) n++;
}

TEST_F(BubbleDeathTest, AGoroutineThatStopsAllOthersIsNamed) {
  // ThreadSanitizer puts the signal off that stops the bubble's thread.
  if (kThreadSanitizer) GTEST_SKIP();
  const auto exited = ::testing::ExitedWithCode(2);
  const std::string words =
      "^fatal error: testing: goroutine [0-9]+, number [0-9]+ of bubble "
      "[0-9]+, has run for 1 s without a call of the library, so no other one "
      "of the bubble can: it computes, or waits for what is outside\n(.*\n)*.*";
  EXPECT_EXIT(Stuck(ComputeForEver), exited, words + "ComputeForEver");
  EXPECT_EXIT(Stuck([] {
                for (;;) std::this_thread::sleep_for(seconds(1));
              }),
              exited, words + "goroutine [0-9]+ \\[chan receive\\]");
  EXPECT_EXIT(gosling::Run([] { Stuck(ComputeForEver); }), exited,
              words + "ComputeForEver");
}

// Its thread stands for two Ms, of which one is asked to stop (freeze.cc).
TEST_F(BubbleDeathTest, ACrashBesideItShowsWhereItsCallerStands) {
  // ThreadSanitizer puts the signal off that stops the bubble's thread.
  if (kThreadSanitizer) GTEST_SKIP();
  const auto child = [] {
    ::alarm(60);
    gosling::Run([] {
      const Chan<int> outside = MakeChan<int>();
      Go({.name = "bubble's caller"},
         [=] { testing::Bubble([=] { outside.Recv(); }); });
      // Until it waits: no earlier moment is to be seen from here.
      time::Sleep(std::chrono::milliseconds(300));
      throw std::runtime_error("so");
    });
  };
  ::setenv("GOTRACEBACK", "all", 1);
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(2),
              "^panic: so \\[std::runtime_error\\]\n(.*\n)*"
              "goroutine [0-9]+ \\[running\\] \"bubble's caller\":\n(.*\n)*"
              "gosling::testing::BubbleLoop::Idle");
  ::unsetenv("GOTRACEBACK");
}

// ThreadSanitizer knows some 8,000 threads and fibers at a time.
TEST(Bubble, WhatItLeavesBehindTakesNoFibers) {
  const int bubbles = kThreadSanitizer ? 400 : 4;
  for (int i = 0; i < bubbles; i++) {
    const std::string words = PanicOf([] {
      testing::Bubble([] {
        for (int n = 0; n < 25; n++) Go([] { Chan<int>().Recv(); });
      });
    });
    ASSERT_TRUE(Begins(words, "deadlock: ")) << words;
  }
}

TEST(Bubble, RunInsideIsRefused) {
  testing::Bubble([] {
    const std::string words = PanicOf([] { gosling::Run([] {}); });
    EXPECT_EQ(words.find("testing: Run called inside a bubble: goroutine "), 0U)
        << words;
  });
}

TEST(Bubble, ParksAndYieldsAreCounted) {
  const runtime::Counters before = runtime::Stats();
  testing::Bubble([] {
    const Chan<int> ch = MakeChan<int>();
    Go([ch] {
      runtime::Gosched();
      ch.Send(1);
    });
    ch.Recv();
  });
  const runtime::Counters after = runtime::Stats();
  EXPECT_GE(after.parks, before.parks + 1);
  EXPECT_GE(after.yields, before.yields + 1);
}

TEST(Bubble, RaiseReachesItsOwnChannels) {
  testing::Bubble([] {
    Chan<signal::Signal> ch = MakeChan<signal::Signal>(1);
    EXPECT_FALSE(testing::Raise(SIGUSR1));
    signal::Notify(ch, SIGUSR1);
    EXPECT_TRUE(testing::Raise(SIGUSR1));
    EXPECT_EQ(*ch.Recv(), signal::Signal(SIGUSR1));
    signal::Stop(ch);
  });
}

class BubbleInRun : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, BubbleInRun, kProcs, ProcsName);

TEST_P(BubbleInRun, StandsBesideTheOtherGoroutines) {
  Run([] {
    Chan<int> ticks = MakeChan<int>();
    Chan<Unit> stop = MakeChan<Unit>();
    Chan<Unit> stopped = MakeChan<Unit>();
    Go([=] {
      for (bool on = true; on;) {
        Select(OnSend(ticks, 1, [] {}),
               OnRecv(stop, [&](auto) { on = false; }));
      }
      stopped.Close();
    });
    int seen = 0;
    testing::Bubble([&] {
      for (int i = 0; i < 100; i++) seen += *ticks.Recv();
      time::Sleep(hours(1));
    });
    EXPECT_EQ(seen, 100);
    stop.Close();
    stopped.Recv();
  });
}

TEST_P(BubbleInRun, ManyAtATime) {
  Run([] {
    sync::WaitGroup group;
    for (int i = 0; i < 8; i++) {
      group.Go([] {
        testing::Bubble([] {
          Chan<int> ch = MakeChan<int>();
          sync::WaitGroup inner;
          for (int j = 0; j < 10; j++) {
            inner.Go([ch, j] {
              time::Sleep(seconds(j));
              ch.Send(j);
            });
          }
          for (int j = 0; j < 10; j++) EXPECT_EQ(*ch.Recv(), j);
          inner.Wait();
        });
      });
    }
    group.Wait();
  });
}

TEST_P(BubbleInRun, BegunByAGoroutineThatIsMovedOnTheWayIn) {
  std::atomic<bool> over{false};
  // Asks for every P all the time, as sysmon does when a slice is used up.
  std::thread asks([&] {
    while (!over) {
      for (sched::M* m = sched::scheduler.allm; m != nullptr; m = m->all_next) {
        sched::SetSlow(m, sched::kRetake);
      }
    }
  });
  Run([&] {
    sync::WaitGroup others;
    for (int i = 0; i < 4; i++) {
      others.Go([&] {
        while (!over) runtime::Gosched();
      });
    }
    for (int i = 0; i < (kSanitized ? 500 : 20'000); i++) {
      testing::Bubble([] { time::Sleep(seconds(1)); });
      EXPECT_EQ(sched::CurrentM()->tid.load(), sched::os::ThreadId()) << i;
    }
    over = true;
    others.Wait();
  });
  asks.join();
}

}  // namespace
}  // namespace gosling
