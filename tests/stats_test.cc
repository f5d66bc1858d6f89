// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// runtime::Stats: each number goes up when what it counts happens, and none
// goes down when GOMAXPROCS does. A test waits for events that come by the
// clock (retakes, steals).

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "sched/proc.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using runtime::Counters;
using runtime::Stats;

class StatsTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, StatsTest, kProcs, ProcsName);

// Repeats `work` until the number has grown, for twenty seconds at most.
template <class F>
bool Grows(std::uint64_t Counters::*number, F work) {
  const std::uint64_t before = Stats().*number;
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (Stats().*number == before) {
    if (std::chrono::steady_clock::now() > limit) return false;
    work();
  }
  return true;
}

TEST_P(StatsTest, CountStartedGoroutines) {
  Run([] {
    const Counters before = Stats();
    Chan<Unit> end = MakeChan<Unit>();
    for (int i = 0; i < 300; i++) Go([=] { end.Recv(); });
    // Started by a thread without a P.
    std::thread([=] { Go([=] { end.Recv(); }); }).join();
    EXPECT_EQ(Stats().started - before.started, 301u);
    EXPECT_EQ(Stats().goroutines, before.goroutines + 301);
    end.Close();
    AwaitGoroutines(1);
    EXPECT_EQ(Stats().started - before.started, 301u);
    EXPECT_EQ(Stats().goroutines, before.goroutines);
  });
}

TEST_P(StatsTest, CountYields) {
  Run([] {
    const Counters before = Stats();
    for (int i = 0; i < 1000; i++) runtime::Gosched();
    EXPECT_EQ(Stats().yields - before.yields, 1000u);
    EXPECT_LT(Stats().parks - before.parks, 100u);
  });
}

TEST_P(StatsTest, CountParks) {
  Run([] {
    constexpr std::uint64_t kTurns = 1000;
    Chan<Unit> ping = MakeChan<Unit>();
    Chan<Unit> pong = MakeChan<Unit>();
    Go([=] {
      for (Unit u : ping) pong.Send(u);
    });
    ping.Send({});
    pong.Recv();
    const Counters before = Stats();
    for (std::uint64_t i = 0; i < kTurns; i++) {
      ping.Send({});
      pong.Recv();
    }
    const Counters after = Stats();
    ping.Close();
    // One receives when the other has sent: a goroutine has waited, once a
    // turn, and none can wait twice for one value.
    EXPECT_GE(after.parks - before.parks, kTurns);
    EXPECT_LE(after.parks - before.parks, 4 * kTurns + 100);
    EXPECT_EQ(after.started, before.started);
  });
}

TEST_P(StatsTest, EndingIsNoParking) {
  Run([] {
    const Counters before = Stats();
    for (int i = 0; i < 100; i++) {
      std::atomic<bool> over{false};
      Go([&] { over = true; });
      while (!over) runtime::Gosched();
    }
    AwaitGoroutines(1);
    EXPECT_LT(Stats().parks - before.parks, 50u);
  });
}

// Whatever ends and yields while they are read.
TEST_P(StatsTest, NeverGoDown) {
  Run([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < 4; i++) {
      done.Go([&] {
        while (!stop) {
          sync::WaitGroup one;
          one.Go([] {});
          runtime::Gosched();
          one.Wait();
        }
      });
    }
    std::uint64_t former = 0;
    for (int i = 0; i < (kSanitized ? 2'000 : 20'000); i++) {
      const std::uint64_t parks = Stats().parks;
      ASSERT_GE(parks, former);
      ASSERT_LT(parks, std::uint64_t{1} << 60);
      former = parks;
      if (i % 16 == 0) runtime::Gosched();
    }
    stop = true;
    done.Wait();
  });
}

TEST_P(StatsTest, CountWhatIsTakenFromThoseWhoCompute) {
  Run([procs = GetParam()] {
    EXPECT_TRUE(Grows(&Counters::retakes, [&] {
      std::atomic<bool> stop{false};
      sync::WaitGroup done;
      for (int i = 0; i < procs; i++) {
        done.Go([&] {
          while (!stop) {
          }
        });
      }
      runtime::Gosched();
      stop = true;
      done.Wait();
    }));
  });
}

TEST_P(StatsTest, CountHandoffs) {
  Run([] {
    const Counters before = Stats();
    for (int i = 0; i < 10; i++) runtime::Blocking([] {});
    EXPECT_GE(Stats().handoffs - before.handoffs, 10u);
  });
}

TEST_P(StatsTest, CountPreemptions) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    Chan<int> c = MakeChan<int>(1);
    for (int i = 0; i < procs + 1; i++) {
      done.Go([&] {
        std::optional<int> out;
        while (!stop) {
          c.TrySend(1);
          c.TryRecv(out);
        }
      });
    }
    EXPECT_TRUE(Grows(&Counters::preemptions, [] { time::Sleep(1ms); }));
    stop = true;
    done.Wait();
  });
}

TEST_P(StatsTest, CountOverflowsOfARing) {
  Run([] {
    const Counters before = Stats();
    sync::WaitGroup done;
    done.Add(2000);
    {
      sched::Pinned pin;
      for (int i = 0; i < 2000; i++) Go([&] { done.Done(); });
    }
    done.Wait();
    // 257 are there before the first; each takes 129 away. Thieves may.
    if (GetParam() == 1) {
      EXPECT_EQ(Stats().overflows - before.overflows, 14u);
    }
  });
}

TEST(Stats, CountSteals) {
  RunWith(4, [] {
    EXPECT_TRUE(Grows(&Counters::steals, [] {
      sync::WaitGroup done;
      for (int i = 0; i < 64; i++) {
        done.Go([] {
          const auto end = std::chrono::steady_clock::now() + 100us;
          while (std::chrono::steady_clock::now() < end) {
          }
        });
      }
      done.Wait();
    }));
    EXPECT_GE(Stats().wakeups + Stats().threads_started, 1u);
  });
}

TEST_P(StatsTest, CountTimers) {
  Run([] {
    const Counters before = Stats();
    for (int i = 0; i < 5; i++) time::Sleep(100us);
    EXPECT_GE(Stats().timers_fired - before.timers_fired, 5u);
    const time::Timer timer = time::NewTimer(1h);
    EXPECT_EQ(Stats().timers, before.timers + 1);
    timer.Stop();
    EXPECT_EQ(Stats().timers, before.timers);
  });
}

TEST_P(StatsTest, CountRunnableGoroutines) {
  Run([] {
    sync::WaitGroup done;
    done.Add(100);
    {
      sched::Pinned pin;
      for (int i = 0; i < 100; i++) Go([&] { done.Done(); });
      if (GetParam() == 1) {
        EXPECT_EQ(Stats().runnable, 100);
      }
    }
    done.Wait();
  });
}

TEST_P(StatsTest, KnowThreads) {
  Run([procs = GetParam()] {
    const Counters c = Stats();
    EXPECT_EQ(c.procs, procs);
    EXPECT_GE(c.threads, 1);
    EXPECT_GE(c.threads, c.idle_threads);
    EXPECT_GE(c.threads_started, static_cast<std::uint64_t>(c.threads));
    EXPECT_GE(c.foreign_threads, 1) << "the one that called Run";
    Chan<Unit> ready = MakeChan<Unit>();
    Chan<Unit> end = MakeChan<Unit>();
    std::thread outside([=] {
      ready.Send({});
      end.Recv();
    });
    ready.Recv();
    EXPECT_EQ(Stats().foreign_threads, c.foreign_threads + 1);
    end.Send({});
    runtime::Blocking([&] { outside.join(); });
    EXPECT_EQ(Stats().foreign_threads, c.foreign_threads);
  });
}

TEST_P(StatsTest, KnowStacks) {
  Run([] {
    Chan<Unit> end = MakeChan<Unit>();
    sync::WaitGroup done;
    Chan<Unit> started = MakeChan<Unit>();
    for (int i = 0; i < 200; i++) {
      done.Go([=] {
        started.Send({});
        end.Recv();
      });
    }
    for (int i = 0; i < 200; i++) started.Recv();
    const Counters c = Stats();
    EXPECT_GE(c.stacks_made, 201 + c.stacks_warm + c.stacks_cold);
    end.Close();
    done.Wait();
    const std::string guard = c.stack_guard;
    EXPECT_TRUE(guard == "madvise" || guard == "mprotect" || guard == "canary")
        << guard;
  });
}

std::uint64_t Sum(const Counters& c) {
  return c.started + c.parks + c.yields + c.preemptions + c.steals +
         c.overflows + c.retakes + c.handoffs + c.wakeups + c.threads_started +
         c.timers_fired;
}

// A P that is no longer used keeps its numbers.
TEST(Stats, OutliveTheirProcs) {
  RunWith(8, [] {
    sync::WaitGroup done;
    for (int i = 0; i < 500; i++) {
      done.Go([] {
        runtime::Gosched();
        time::Sleep(100us);
      });
    }
    done.Wait();
    const Counters before = Stats();
    for (int n : {3, 1, 5, 8}) {
      const std::uint64_t stops = Stats().world_stops;
      runtime::GOMAXPROCS(n);
      const Counters now = Stats();
      EXPECT_EQ(now.world_stops, stops + 1);
      EXPECT_EQ(now.procs, n);
      EXPECT_EQ(now.started, before.started);
      EXPECT_GE(now.parks, before.parks);
      EXPECT_GE(now.yields, before.yields);
      EXPECT_GE(now.timers_fired, before.timers_fired);
    }
  });
}

// Any thread may look while all goes on, and what only grows never shrinks.
TEST_P(StatsTest, MayBeReadAtAnyTime) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    auto watch = [&stop] {
      Counters last;
      while (!stop) {
        const Counters now = Stats();
        EXPECT_GE(now.started, last.started);
        EXPECT_GE(Sum(now) - now.parks, Sum(last) - last.parks);
        EXPECT_LT(now.parks, std::uint64_t{1} << 60) << "below zero";
        last = now;
        std::this_thread::yield();
      }
    };
    std::thread outside(watch);
    sync::WaitGroup done;
    done.Go(watch);
    for (int i = 0; i < 4; i++) {
      done.Go([&, i] {
        for (int k = 0; k < 50; k++) {
          Chan<int> c = MakeChan<int>();
          Go([=] { c.Send(1); });
          c.Recv();
          if (i == 0) time::Sleep(50us);
          if (i == 1) runtime::GOMAXPROCS(1 + k % 4);
        }
        if (i == 0) stop = true;
      });
    }
    done.Wait();
    runtime::GOMAXPROCS(procs);
    runtime::Blocking([&] { outside.join(); });
  });
}

}  // namespace
}  // namespace gosling
