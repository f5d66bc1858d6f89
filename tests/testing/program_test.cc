// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GOSLING_SCHED=deterministic:SEED: a whole Run that the seed decides.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "sched/proc.h"
#include "sched/sched.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Seeded gives Runs a seed as long as it lives.
class Seeded {
 public:
  explicit Seeded(std::uint64_t seed) {
    sched::EnsureM();  // what the environment says has been read
    sched::scheduler.seed = seed;
    sched::scheduler.seeded = true;
  }
  ~Seeded() { sched::scheduler.seeded = false; }
  Seeded(const Seeded&) = delete;
  Seeded& operator=(const Seeded&) = delete;
};

// What a program prints whose output depends on everything that is decided.
std::string Story() {
  std::string told;
  gosling::Run([&] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>(2);
    sync::Mutex mu;
    sync::RWMutex rw;
    sync::WaitGroup group;
    const auto tell = [&told](char c, int n) {
      told += c;
      told += std::to_string(n);
    };
    for (int i = 0; i < 3; i++) {
      group.Go([&, i] {
        for (int n = 0; n < 3; n++) {
          a.Send(i);
          std::lock_guard<sync::Mutex> lock(mu);
          runtime::Gosched();
          tell('a', i);
        }
      });
      group.Go([&, i] {
        b.Send(i);
        rw.RLock();
        tell('r', i);
        rw.RUnlock();
        time::Sleep(milliseconds(i % 2));
        tell('s', i);
      });
    }
    for (int n = 0; n < 12; n++) {
      tell('c', Select(OnRecv(a, [&](auto v) { tell('v', *v); }),
                       OnRecv(b, [&](auto v) { tell('w', *v); })));
    }
    group.Wait();
    told +=
        time::Now() - time::Time{} < hours(24 * 366 * 31) ? " then" : " now";
  });
  return told;
}

TEST(Program, OneSeedAlwaysDoesTheSame) {
  std::set<std::string> stories;
  for (std::uint64_t seed = 0; seed < 20; seed++) {
    const Seeded seeded(seed);
    const std::string first = Story();
    for (int i = 1; i < (kSanitized ? 10 : 100); i++) {
      ASSERT_EQ(Story(), first) << "seed " << seed << ", run " << i;
    }
    stories.insert(first);
  }
  EXPECT_GE(stories.size(), 19U);
}

// Which cases are chosen of channels whose addresses ascend or descend: of those
// that are ready, and of several that wait on one channel.
std::string Chosen(bool ascending) {
  std::string told;
  gosling::Run([&] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>(1);
    const auto core = [](const Chan<int>& ch) {
      return internal::ChanAccess::Core(ch);
    };
    if (std::less<>()(core(a), core(b)) != ascending) std::swap(a, b);
    for (int n = 0; n < 20; n++) {
      a.Send(0);
      b.Send(0);
      const int ready = Select(OnRecv(a), OnRecv(b));
      (ready == 0 ? b : a).Recv();
      Go([a, b, n] { (n % 2 == 0 ? a : b).Send(n); });
      const int waiting = Select(OnRecv(a), OnRecv(b), OnRecv(b), OnRecv(a),
                                 OnRecv(a), OnRecv(b));
      told += std::to_string(ready) + std::to_string(waiting) + ' ';
    }
  });
  return told;
}

TEST(Program, WhereChannelsLieDecidesNothing) {
  for (std::uint64_t seed = 0; seed < 20; seed++) {
    const Seeded seeded(seed);
    EXPECT_EQ(Chosen(true), Chosen(false)) << "seed " << seed;
  }
}

// Heard accepts everything that a child has said, and keeps it.
class Heard {
 public:
  using is_gtest_matcher = void;
  explicit Heard(std::set<std::string>* all) : all_(all) {}
  bool MatchAndExplain(const std::string& said, std::ostream*) const {
    all_->insert(said);
    return true;
  }
  void DescribeTo(std::ostream*) const {}
  void DescribeNegationTo(std::ostream*) const {}

 private:
  std::set<std::string>* all_;
};

class ProgramDeathTest : public FreshDeathTest {
 protected:
  void TearDown() override {
    ::unsetenv("GOSLING_SCHED");
    ::unsetenv("GOMAXPROCS");
  }
};

void TellAndExit() {
  std::fputs(Story().c_str(), stderr);
  std::exit(0);
}

TEST_F(ProgramDeathTest, GomaxprocsIsNoPartOfIt) {
  std::set<std::string> all;
  for (const char* seed : {"deterministic:1", "deterministic:2"}) {
    std::set<std::string> heard;
    ::setenv("GOSLING_SCHED", seed, 1);
    for (const char* procs : {"1", "2", "8"}) {
      ::setenv("GOMAXPROCS", procs, 1);
      for (int i = 0; i < (kSanitized ? 1 : 3); i++) {
        EXPECT_EXIT(TellAndExit(), ::testing::ExitedWithCode(0), Heard(&heard));
      }
    }
    EXPECT_EQ(heard.size(), 1U) << seed;
    all.insert(heard.begin(), heard.end());
  }
  EXPECT_EQ(all.size(), 2U);
}

TEST_F(ProgramDeathTest, WrongValuesAreRefused) {
  for (const char* wrong :
       {"deterministic", "deterministic:", "deterministic:-1", "random:1",
        "deterministic:1x", "deterministic:18446744073709551616"}) {
    ::setenv("GOSLING_SCHED", wrong, 1);
    EXPECT_EXIT(TellAndExit(), ::testing::ExitedWithCode(2),
                std::string("^fatal error: GOSLING_SCHED=") + wrong +
                    ": must be deterministic: and a whole number from 0 to "
                    "18446744073709551615\n");
  }
}

TEST_F(ProgramDeathTest, ADeadlockIsReportedAsEver) {
  const auto child = [] {
    ::alarm(60);
    gosling::Run([] {
      Chan<int> ch = MakeChan<int>();
      Go([ch] { ch.Recv(); });
      ch.Recv();
    });
  };
  ::setenv("GOSLING_SCHED", "deterministic:1", 1);
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n\n"
              "goroutine [0-9]+ \\[chan receive\\]:\n");
}

TEST_F(ProgramDeathTest, APanicIsReportedAsEver) {
  const auto child = [] {
    ::alarm(60);
    gosling::Run([] {
      Go([] { throw std::runtime_error("so"); });
      time::Sleep(seconds(1));
    });
  };
  ::setenv("GOSLING_SCHED", "deterministic:1", 1);
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(2),
              "^panic: so \\[std::runtime_error\\]\n");
}

TEST(Program, AnHourPassesAtOnce) {
  const Seeded seeded(3);
  const auto start = std::chrono::steady_clock::now();
  gosling::Run([] {
    const time::Time before = time::Now();
    time::Sleep(hours(1));
    EXPECT_GE(time::Now() - before, hours(1));
    EXPECT_LT(time::Now() - before, hours(1) + seconds(1));
  });
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(60));
}

TEST(Program, ALoopThatWaitsForAMomentEnds) {
  const Seeded seeded(4);
  gosling::Run([] {
    bool fired = false;
    time::AfterFunc(milliseconds(1), [&] { fired = true; });
    while (!fired) runtime::Gosched();
    const time::Time end = time::Now() + milliseconds(1);
    while (time::Now() < end) runtime::Gosched();
  });
}

TEST(Program, TheOthersAreAbandonedWhenMainReturns) {
  const Seeded seeded(5);
  for (int i = 0; i < 10; i++) {
    gosling::Run([] {
      Chan<int> ch = MakeChan<int>();
      Go([ch] { ch.Recv(); });
      Go([] {
        for (;;) runtime::Gosched();
      });
      Go([] { time::Sleep(hours(1)); });
      runtime::Gosched();
    });
  }
  EXPECT_EQ(runtime::NumGoroutine(), 0);
}

TEST(Program, DescriptorsAreWaitedForInRealTime) {
  const Seeded seeded(6);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(20));  // come late
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
  });
  gosling::Run([&] {
    Chan<bool> readable = MakeChan<bool>();
    Go([&, readable] { readable.Send(!runtime::WaitReadable(ends[0])); });
    // The hour does not pass at once, for the pipe may become readable.
    Select(OnRecv(readable, [](auto ok) { EXPECT_TRUE(*ok); }),
           OnRecv(time::After(hours(1)), [](auto) { ADD_FAILURE(); }));
  });
  writer.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Program, AThreadMayTakePart) {
  const Seeded seeded(7);
  gosling::Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> back = MakeChan<int>();
    std::thread other([=] {
      for (int i = 0; i < 100; i++) {
        ch.Send(i);
        back.Recv();
      }
    });
    for (int i = 0; i < 100; i++) {
      EXPECT_EQ(*ch.Recv(), i);
      back.Send(i);
    }
    other.join();
  });
}

TEST(Program, ASignalIsWaitedFor) {
  const Seeded seeded(8);
  gosling::Run([] {
    Chan<signal::Signal> ch = MakeChan<signal::Signal>(1);
    signal::Notify(ch, SIGUSR1);
    // ThreadSanitizer puts off what strikes a thread that sleeps.
    Go([] {
      kThreadSanitizer ? ::raise(SIGUSR1) : ::kill(::getpid(), SIGUSR1);
    });
    Select(OnRecv(ch, [](auto) {}),
           OnRecv(time::After(hours(1)), [](auto) { ADD_FAILURE(); }));
    signal::Stop(ch);
  });
}

TEST(Program, MayHoldBubblesAndExplorations) {
  const Seeded seeded(9);
  gosling::Run([] {
    testing::Bubble([] {
      time::Sleep(hours(1));
      testing::Wait();
    });
    EXPECT_EQ(PanicOf([] { testing::Wait(); }),
              "testing: Wait called outside of a bubble");
    testing::ExploreOptions options;
    options.print = false;
    EXPECT_FALSE(testing::Explore(options, [] {
                   bool first = false;
                   Go([&] { first = true; });
                   runtime::Gosched();
                   if (first) testing::Fail("found");
                 }).ok());
  });
}

}  // namespace
}  // namespace gosling
