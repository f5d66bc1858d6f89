// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The scheduler (sched/proc.cc, schedule.cc, idle.cc, world.cc): which goroutine
// runs next, that none is forgotten, that work spreads over the Ps, and what a
// change of GOMAXPROCS does to that. Some tests open sched/proc.h and park by hand.

#include "sched/proc.h"

#include <dirent.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "sched/p.h"
#include "sched/sched.h"
#include "sched/stack.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/peers.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::Park;
using sched::Pin;
using sched::Pinned;
using sched::Ready;
using sched::Unpin;
using sched::WaitReason;

class ProcTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ProcTest, kProcs, ProcsName);

// Some tests are about one P.
class OneProcTest : public ::testing::Test {
 protected:
  template <class F>
  void Run(F&& body) {
    RunWith(1, std::forward<F>(body));
  }
};

// Behaviour of the order in which goroutines run is tried several times: a
// machine that stops this process for 10 ms at a bad moment has P taken away
// (retake), and the order is another one then.
constexpr int kTries = 20;

bool Forced() {
  const char* text = std::getenv("GOSLING_FORCE_MIGRATE");
  return text != nullptr && std::string(text) == "1";
}

// --- Order ---

// Go: newproc puts the new goroutine into runnext and kicks the former one
// to the queue's tail; go.dev/issue/11372.
TEST_F(OneProcTest, TheNewestGoroutineStartsFirst) {
  if (Forced()) GTEST_SKIP() << "the order is another one by design";
  Run([] {
    const std::vector<int> expected = {5, 1, 2, 3, 4};
    std::vector<int> order;
    for (int i = 0; i < kTries && order != expected; i++) {
      order.clear();
      sync::Mutex mu;
      sync::WaitGroup done;
      done.Add(5);
      {
        Pinned pin;
        for (int k = 1; k <= 5; k++) {
          Go([&, k] {
            mu.Lock();
            order.push_back(k);
            mu.Unlock();
            done.Done();
          });
        }
      }
      done.Wait();
    }
    EXPECT_EQ(order, expected);
  });
}

// To the tail of the own ring, not to the global queue as Go's Gosched does.
TEST_F(OneProcTest, YieldersTakeTurns) {
  if (Forced()) GTEST_SKIP() << "the order is another one by design";
  Run([] {
    const std::vector<int> expected = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
    std::vector<int> order;
    for (int i = 0; i < kTries && order != expected; i++) {
      order.clear();
      sync::Mutex mu;
      sync::WaitGroup done;
      done.Add(3);
      {
        Pinned pin;
        for (int k : {1, 2, 0}) {  // 0 last, so that it is first
          Go([&, k] {
            for (int turn = 0; turn < 4; turn++) {
              mu.Lock();
              order.push_back(k);
              mu.Unlock();
              runtime::Gosched();
            }
            done.Done();
          });
        }
      }
      done.Wait();
    }
    EXPECT_EQ(order, expected);
  });
}

// The one made ready last, then the ring, then the global queue, whose turn
// comes first only every 61 ticks. Timers are another matter: they make
// goroutines ready when g0 looks, or after 8 switches.
TEST_F(OneProcTest, TheOwnQueueComesBeforeTheGlobalOne) {
  if (Forced()) GTEST_SKIP() << "the order is another one by design";
  Run([] {
    std::string order;
    for (int i = 0; i < kTries && order != "n123g"; i++) {
      order.clear();
      sync::Mutex mu;
      sync::WaitGroup done;
      done.Add(5);
      auto go = [&](char c) {
        Go([&, c] {
          mu.Lock();
          order += c;
          mu.Unlock();
          done.Done();
        });
      };
      {
        Pinned pin;
        std::thread([&] { go('g'); }).join();
        for (char c : {'1', '2', '3', 'n'}) go(c);
      }
      done.Wait();
    }
    EXPECT_EQ(order, "n123g");
  });
}

// The successor of one that ends starts on the stack that is free now, unless
// it wants another size.
TEST_F(OneProcTest, TheSuccessorOfADyingOneHasTheStackThatItWants) {
  Run([] {
    constexpr std::size_t kSizes[] = {32 << 10, 1 << 20, 32 << 10, 128 << 10};
    constexpr int kMany = std::size(kSizes);
    for (int i = 0; i < 10; i++) {
      sync::WaitGroup done;
      done.Add(kMany);
      std::size_t had[kMany] = {};
      {
        Pinned pin;
        for (int k = 0; k < kMany; k++) {
          Go(GoOptions{.stack_size = kSizes[k]}, [&, k] {
            had[k] = std::bit_ceil(sched::StackSize(sched::CurrentG()->stack));
            done.Done();
          });
        }
      }
      done.Wait();
      for (int k = 0; k < kMany; k++) EXPECT_EQ(had[k], kSizes[k]);
    }
  });
}

// A goroutine that is made ready runs next, before those that wait longer.
TEST_F(OneProcTest, AReadiedGoroutineRunsNext) {
  if (Forced()) GTEST_SKIP() << "the order is another one by design";
  Run([] {
    std::string order;
    for (int i = 0; i < kTries && order != "wab"; i++) {
      order.clear();
      sync::Mutex mu;
      auto note = [&](char c) {
        mu.Lock();
        order += c;
        mu.Unlock();
      };
      sync::WaitGroup done;
      done.Add(3);
      Chan<Unit> wake = MakeChan<Unit>();
      std::atomic<bool> waits{false};
      Go([&] {
        waits = true;
        wake.Recv();
        note('w');
        done.Done();
      });
      while (!waits) runtime::Gosched();
      for (int k = 0; k < 4; k++) runtime::Gosched();
      {
        Pinned pin;
        Go([&] {
          note('a');
          done.Done();
        });
        Go([&] {
          note('b');
          done.Done();
        });
        // b stands in runnext, a in the ring; the waiter kicks b out.
        EXPECT_TRUE(wake.TrySend({}));
      }
      done.Wait();
    }
    EXPECT_EQ(order, "wab");
  });
}

// --- No goroutine starves ---

// Go: TestPingPongHog: a pair that hands the slice to and fro for ever
// shares it.
TEST_P(ProcTest, APingPongPairDoesNotHogAProc) {
  Run([] {
    std::atomic<bool> stop{false};
    Chan<Unit> ping = MakeChan<Unit>();
    Chan<Unit> pong = MakeChan<Unit>();
    std::atomic<int> others{0};
    sync::WaitGroup done;
    done.Go([&] {
      while (!stop) {
        ping.Send({});
        pong.Recv();
      }
      ping.Close();
    });
    done.Go([&] {
      for (Unit u : ping) pong.Send(u);
    });
    for (int i = 0; i < 4; i++) {
      done.Go([&] {
        for (int k = 0; k < 20; k++) runtime::Gosched();
        others.fetch_add(1);
      });
    }
    while (others != 4) runtime::Gosched();
    stop = true;
    done.Wait();
  });
}

// Go: TestYieldProgress, TestYieldLockedProgress.
void YieldsProgress(bool locked) {
  Chan<bool> c = MakeChan<bool>();
  Chan<bool> stopped = MakeChan<bool>();
  Go([=] {
    if (locked) runtime::LockOSThread();
    bool quit = false;
    while (!quit) {
      std::optional<bool> out;
      if (c.TryRecv(out)) {
        quit = true;
      } else {
        runtime::Gosched();
      }
    }
    stopped.Send(true);
  });
  time::Sleep(5ms);
  c.Send(true);
  stopped.Recv();
}

TEST_P(ProcTest, YieldingLetsOthersGoOn) {
  Run([] { YieldsProgress(false); });
}

TEST_P(ProcTest, YieldingLetsOthersGoOnWhenLocked) {
  Run([] { YieldsProgress(true); });
}

// The global queue gets its turn although the local one never runs dry.
TEST_P(ProcTest, BusyRingsDoNotStarveTheGlobalQueue) {
  Run([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < 20; i++) {
      done.Go([&] {
        while (!stop) runtime::Gosched();
      });
    }
    for (int i = 0; i < 10; i++) {
      Chan<Unit> ran = MakeChan<Unit>(1);
      // From a thread without a P: queued globally.
      std::thread([=] { Go([=] { ran.Send({}); }); }).join();
      ran.Recv();
    }
    stop = true;
    done.Wait();
  });
}

// Nor if the ring's goroutines never yield, but wake each other in turn, each
// behind the others: then the look at the global queue on every 61st tick is all
// that gets it its turn. (In the end sysmon would, after a million wakes.) The
// median, because the thread that queues may lose its core in between.
TEST(Proc, GoroutinesThatWakeEachOtherDoNotStarveTheGlobalQueue) {
  RunWith(1, [] {  // another P would take from that queue
    constexpr int kInRing = 3;
    constexpr int kRounds = 11;
    constexpr std::int64_t kSoon = 50'000;
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> wakes{0};
    std::array<std::atomic<sched::G*>, kInRing> parked{};
    sync::WaitGroup done;
    for (int i = 0; i < kInRing; i++) {
      done.Go([&, i] {
        while (!stop) {
          Pinned pin;
          sched::G* next = parked[(i + 1) % kInRing].exchange(nullptr);
          if (next != nullptr) Ready(next, /*next=*/false);
          wakes.fetch_add(1);
          Park(pin.g(), WaitReason::kNone,
               [&, g = pin.g()] { parked[i].store(g); });
        }
        Pinned pin;
        for (auto& other : parked) {
          if (sched::G* g = other.exchange(nullptr)) Ready(g, /*next=*/false);
        }
      });
    }
    // Main itself would come back through the global queue.
    std::vector<std::int64_t> waited;
    runtime::Blocking([&] {
      for (int i = 0; i < kRounds; i++) {
        // From a thread without a P: queued globally.
        std::promise<std::int64_t> ran;
        std::thread([&] {
          const std::int64_t queued = wakes;
          Go([&, queued] { ran.set_value(wakes - queued); });
        }).join();
        waited.push_back(ran.get_future().get());
      }
      stop = true;
    });
    done.Wait();
    std::sort(waited.begin(), waited.end());
    EXPECT_LT(waited[kRounds / 2], kSoon) << "the global queue starves";
  });
}

// A slice may last as long as all the ticks after which the global queue has its
// turn: where one is over, that queue goes first.
TEST(Proc, TheGlobalQueueGoesFirstWhenASliceIsOver) {
  RunWith(1, [] {
    sync::WaitGroup done;
    std::vector<int> order;
    done.Add(1);
    std::thread([&] {
      Go([&] {  // by a thread without a P: into the global queue
        order.push_back(1);
        done.Done();
      });
    }).join();
    Pin();  // no P is taken from here, and none of them runs before its turn
    done.Go([&] { order.push_back(2); });
    sched::M* m = sched::CurrentM();
    sched::P* p = m->p;
    p->schedtick = 0;  // far from the global queue's turn
    sched::RunqPut(p, p->runnext.exchange(nullptr), false);
    p->slice_up = true;
    p->global_turn = false;
    sched::SetSlow(m, sched::kRetake);  // as sysmon does then
    sched::PinSlow(m);
    Unpin();
    done.Wait();
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
  });
}

// A pair of which one is locked to its thread goes through g0 at each switch. It
// hands its slice on all the same: were each a new slice, sysmon would not find
// one used up for long.
TEST(Proc, APairWithALockedOneHandsItsSliceOn) {
  RunWith(1, [] {
    constexpr std::uint32_t kRounds = 2000;
    Chan<Unit> ping = MakeChan<Unit>();
    Chan<Unit> pong = MakeChan<Unit>();
    sync::WaitGroup done;
    done.Go([&] {
      runtime::LockOSThread();
      for (Unit u : ping) pong.Send(u);
      runtime::UnlockOSThread();
    });
    const auto ticks = [] {
      return sched::scheduler.allp[0]->schedtick.load(
          std::memory_order_relaxed);
    };
    const std::uint32_t before = ticks();
    for (std::uint32_t i = 0; i < kRounds; i++) {
      ping.Send({});
      pong.Recv();
    }
    EXPECT_LT(ticks() - before, kRounds / 2);
    ping.Close();
    done.Wait();
  });
}

// A goroutine that calls the runtime all the time without ever parking shares
// its P once its slice is used up.
TEST_P(ProcTest, OneThatNeverParksYieldsAtARuntimeCall) {
  Run([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    Chan<int> c = MakeChan<int>(1);
    for (int i = 0; i < 8; i++) {
      done.Go([&] {
        std::optional<int> out;
        while (!stop) {
          c.TrySend(1);
          c.TryRecv(out);
        }
      });
    }
    std::atomic<int> ran{0};
    for (int i = 0; i < 10; i++) {
      done.Go([&] { ran.fetch_add(1); });
      while (ran <= i) runtime::Gosched();
    }
    stop = true;
    done.Wait();
  });
}

// --- Spreading ---

// Go: TestGoroutineParallelism2: GOMAXPROCS goroutines run at the same time.
// (More may, since sysmon takes P from those that compute.)
TEST_P(ProcTest, AsManyRunAtOnceAsThereAreProcs) {
  Run([procs = GetParam()] {
    for (int turn = 0; turn < 5; turn++) {
      std::atomic<int> together{0};
      sync::WaitGroup done;
      for (int i = 0; i < procs; i++) {
        done.Go([&] {
          together.fetch_add(1);
          while (together != procs) std::this_thread::yield();
        });
      }
      done.Wait();
    }
  });
}

// One producer's goroutines reach the other Ps. Go: TestStealOrder checks
// the order of visits; here every P must have run something.
TEST_F(OneProcTest, WorkReachesEveryProc) {
  RunWith(4, [] {
    std::array<std::atomic<int>, 4> ran = {};
    auto all = [&] {
      return std::all_of(ran.begin(), ran.end(), [](auto& n) { return n > 0; });
    };
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!all() && std::chrono::steady_clock::now() < limit) {
      sync::WaitGroup done;
      for (int i = 0; i < 64; i++) {
        done.Go([&] {
          {
            Pinned pin;
            ran.at(static_cast<std::size_t>(sched::CurrentM()->p->id))
                .fetch_add(1);
          }
          const auto end = std::chrono::steady_clock::now() + 100us;
          while (std::chrono::steady_clock::now() < end) {
          }
        });
      }
      done.Wait();
    }
    for (int i = 0; i < 4; i++) EXPECT_GT(ran[i], 0) << "P " << i;
  });
}

// More goroutines than a ring holds, made at one go: the overflow goes through
// the global queue and no goroutine is lost.
TEST_P(ProcTest, OverflowOfARingLosesNobody) {
  Run([] {
    constexpr int kGoroutines = 5000;
    std::vector<std::atomic<int>> ran(kGoroutines);
    sync::WaitGroup done;
    done.Add(kGoroutines);
    {
      Pinned pin;  // nothing runs here before all are queued
      for (int i = 0; i < kGoroutines; i++) {
        Go([&, i] {
          ran[i].fetch_add(1);
          done.Done();
        });
      }
    }
    done.Wait();
    EXPECT_TRUE(std::all_of(ran.begin(), ran.end(),
                            [](auto& n) { return n.load() == 1; }));
  });
}

TEST_P(ProcTest, ManyGoroutinesParkAndCome) {
  Run([] {
    constexpr int kGoroutines = kSanitized ? 2000 : 20'000;
    Chan<int> start = MakeChan<int>();
    Chan<int> sum = MakeChan<int>(16);
    for (int i = 0; i < kGoroutines; i++) {
      Go([=] { sum.Send(*start.Recv()); });
    }
    while (runtime::NumGoroutine() != kGoroutines + 1) runtime::Gosched();
    Go([=] {
      for (int i = 0; i < kGoroutines; i++) start.Send(i);
    });
    std::int64_t total = 0;
    for (int i = 0; i < kGoroutines; i++) total += *sum.Recv();
    EXPECT_EQ(total, std::int64_t{kGoroutines} * (kGoroutines - 1) / 2);
  });
}

// Goroutines that spawn goroutines that spawn goroutines.
TEST_P(ProcTest, ATreeOfGoroutinesIsComplete) {
  struct Tree {
    static void Grow(int depth, Chan<int> up) {
      if (depth == 0) {
        up.Send(1);
        return;
      }
      Chan<int> mine = MakeChan<int>();
      for (int i = 0; i < 2; i++) {
        Go([depth, mine] { Grow(depth - 1, mine); });
      }
      up.Send(*mine.Recv() + *mine.Recv());
    }
  };
  Run([] {
    Chan<int> root = MakeChan<int>();
    Go([root] { Tree::Grow(10, root); });
    EXPECT_EQ(*root.Recv(), 1024);
  });
}

// --- Counting ---

// Go: TestNumGoroutine.
TEST_P(ProcTest, NumGoroutineIsExact) {
  Run([] {
    for (int n : {0, 1, 7, 100, 300}) {
      Chan<Unit> end = MakeChan<Unit>();
      Chan<Unit> started = MakeChan<Unit>();
      for (int i = 0; i < n; i++) {
        Go([=] {
          started.Send({});
          end.Recv();
        });
      }
      for (int i = 0; i < n; i++) started.Recv();
      EXPECT_EQ(runtime::NumGoroutine(), n + 1);
      end.Close();
      EXPECT_EQ(AwaitGoroutines(1), 1);
    }
  });
}

TEST_P(ProcTest, NumGoroutineDoesNotCountThoseOfEndedRuns) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 10; i++) {
    gosling::Run([] {
      EXPECT_EQ(runtime::NumGoroutine(), 1);
      Chan<Unit> started = MakeChan<Unit>();
      for (int k = 0; k < 10; k++) {
        Go([=] {
          started.Send({});
          Select();
        });
      }
      for (int k = 0; k < 10; k++) started.Recv();
      EXPECT_EQ(runtime::NumGoroutine(), 11);
    });
  }
  runtime::GOMAXPROCS(former);
}

// Go: TestNoHelperGoroutines: what the runtime has of its own is not
// counted.
TEST_P(ProcTest, OnlyTheProgramsGoroutinesAreCounted) {
  Run([] {
    EXPECT_EQ(runtime::NumGoroutine(), 1);
    const time::Timer timer = time::NewTimer(1h);
    const time::Timer call = time::AfterFunc(1h, [] {});
    const time::Ticker ticker = time::NewTicker(1ms);
    Chan<signal::Signal> c = MakeChan<signal::Signal>(1);
    signal::Notify(c, SIGUSR2);
    ticker.C().Recv();
    EXPECT_EQ(runtime::NumGoroutine(), 1);
    EXPECT_EQ(runtime::Stats().goroutines, 1);
    signal::Stop(c);
    ticker.Stop();
    timer.Stop();
    call.Stop();
  });
}

// --- GOMAXPROCS ---

TEST_P(ProcTest, GomaxprocsSaysWhatItWas) {
  Run([procs = GetParam()] {
    EXPECT_EQ(runtime::GOMAXPROCS(0), procs);
    EXPECT_EQ(runtime::GOMAXPROCS(-5), procs);
    EXPECT_EQ(runtime::GOMAXPROCS(3), procs);
    EXPECT_EQ(runtime::GOMAXPROCS(procs), 3);
  });
}

// Go: TestBigGOMAXPROCS.
TEST_P(ProcTest, HugeGomaxprocsIsCutDown) {
  Run([procs = GetParam()] {
    runtime::GOMAXPROCS(1'000'000);
    Chan<int> c = MakeChan<int>();
    for (int i = 0; i < 100; i++) Go([=] { c.Send(i); });
    for (int i = 0; i < 100; i++) c.Recv();
    EXPECT_EQ(runtime::GOMAXPROCS(procs), 1024);
  });
}

// Go: procresize under load: no goroutine and no timer is lost.
TEST_P(ProcTest, ChangesOfGomaxprocsUnderLoadLoseNobody) {
  Run([procs = GetParam()] {
    constexpr int kWorkers = 16;
    constexpr int kTurns = kSanitized ? 20 : 60;
    sync::WaitGroup done;
    std::atomic<bool> stop{false};
    std::array<std::atomic<int>, kWorkers> turns = {};
    for (int i = 0; i < kWorkers; i++) {
      done.Go([&, i] {
        Chan<int> c = MakeChan<int>();
        while (!stop) {
          Go([=] { c.Send(1); });
          c.Recv();
          if (i % 4 == 0) time::Sleep(100us);
          if (i % 4 == 1) runtime::Gosched();
          turns[i].fetch_add(1);
        }
      });
    }
    for (int i = 0; i < kTurns; i++) {
      runtime::GOMAXPROCS(1 + i * 7 % 9);
      runtime::Gosched();
    }
    runtime::GOMAXPROCS(procs);
    for (auto& n : turns) {
      const int before = n;  // each goes on
      while (n == before) runtime::Gosched();
    }
    stop = true;
    done.Wait();
  });
}

// Go: TestStopTheWorldDeadlock.
TEST_P(ProcTest, StopTheWorldFromManySides) {
  Run([procs = GetParam()] {
    sync::WaitGroup done;
    for (int i = 0; i < 4; i++) {
      done.Go([&, i] {
        for (int k = 0; k < (kSanitized ? 10 : 50); k++) {
          runtime::GOMAXPROCS(1 + (i + k) % 4);
        }
      });
      done.Go([] {
        for (int k = 0; k < (kSanitized ? 10 : 50); k++) {
          EXPECT_NE(runtime::Stack(true).find("goroutine"), std::string::npos);
        }
      });
    }
    std::thread outside([] {
      for (int k = 0; k < (kSanitized ? 10 : 50); k++) {
        runtime::GOMAXPROCS(1 + k % 5);
      }
    });
    done.Wait();
    runtime::Blocking([&] { outside.join(); });
    runtime::GOMAXPROCS(procs);
  });
}

// --- Park and Ready by hand ---

// Ready may be called as soon as commit has run: even by commit itself.
TEST_P(ProcTest, ReadyMayComeBeforeTheSwitch) {
  Run([] {
    for (int i = 0; i < 1000; i++) {
      Pin();
      sched::G* g = sched::CurrentG();
      Park(g, WaitReason::kNone, [g] { Ready(g, /*next=*/true); });
      Unpin();
      Pin();
      Park(g, WaitReason::kNone, [g] { Ready(g, /*next=*/false); });
      Unpin();
    }
  });
}

// Two goroutines publish themselves in turn and are woken by the other, mostly
// while they still stand on their stacks: neither may run twice or never.
TEST_P(ProcTest, WakersMeetParkersInTheAct) {
  Run([] {
    constexpr int kTurns = kSanitized ? 2000 : 20'000;
    constexpr int kPairs = 4;
    struct Pair {
      std::atomic<sched::G*> waiter{nullptr};
      int inside = 0;
    };
    std::array<Pair, kPairs> pairs;
    sync::WaitGroup done;
    std::atomic<int> waits{0};
    for (Pair& pair : pairs) {
      done.Go([&] {
        for (int i = 0; i < kTurns; i++) {
          Pinned pin;
          sched::G* g = pin.g();
          waits.fetch_add(1);
          Park(g, WaitReason::kNone,
               [&] { pair.waiter.store(g, std::memory_order_release); });
        }
      });
      done.Go([&] {
        for (int woken = 0; woken < kTurns;) {
          sched::G* g = pair.waiter.exchange(nullptr);
          if (g == nullptr) {
            runtime::Gosched();
            continue;
          }
          Pinned pin;
          Ready(g, woken++ % 2 == 0);
        }
      });
    }
    done.Wait();
    EXPECT_EQ(waits, kTurns * kPairs);
  });
}

// HandoffYield runs the other at once and the caller later.
TEST_P(ProcTest, HandoffYieldRunsTheOtherAndThenTheCaller) {
  Run([] {
    constexpr int kTurns = kSanitized ? 500 : 5000;
    std::atomic<sched::G*> waiter{nullptr};
    std::atomic<int> woken{0};
    sync::WaitGroup done;
    done.Go([&] {
      for (int i = 0; i < kTurns; i++) {
        Pinned pin;
        sched::G* g = pin.g();
        Park(g, WaitReason::kNone,
             [&] { waiter.store(g, std::memory_order_release); });
        woken.fetch_add(1);
      }
    });
    for (int i = 0; i < kTurns; i++) {
      sched::G* g;
      while ((g = waiter.exchange(nullptr)) == nullptr) runtime::Gosched();
      Pinned pin;
      sched::HandoffYield(g);
    }
    done.Wait();
    EXPECT_EQ(woken, kTurns);
  });
}

class ParkDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ParkDeathTest, InsideANestedPinIsFatal) {
  EXPECT_EXIT(gosling::Run([] {
                Pinned outer;
                Pinned inner;
                Park(inner.g(), WaitReason::kNone, [] {});
              }),
              ::testing::ExitedWithCode(2),
              "^fatal error: park while pinned 2 times\n\n");
}

TEST_F(ParkDeathTest, ReadyOfOneThatDoesNotWaitIsFatal) {
  EXPECT_EXIT(gosling::Run([] {
                Pinned pin;
                Ready(pin.g());
              }),
              ::testing::ExitedWithCode(2),
              "^fatal error: bad g->status in ready\n\n");
}

// --- Stacks of ended goroutines ---

// Short goroutines reuse stacks and Gs: memory stays where it is.
TEST_P(ProcTest, EndedGoroutinesLeaveNoMemoryBehind) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep memory of their own";
  auto resident_pages = [] {
    std::ifstream file("/proc/self/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    file >> size >> resident;
    return resident;
  };
  Run([&] {
    auto spawn = [](int n) {
      sync::WaitGroup done;
      for (int i = 0; i < n; i++) {
        done.Go([] {});
        if (i % 100 == 0) runtime::Gosched();
      }
      done.Wait();
    };
    spawn(50'000);
    const std::int64_t before = resident_pages();
    for (int i = 0; i < 5; i++) spawn(50'000);
    EXPECT_LT(resident_pages() - before, 4096) << "pages";
  });
}

// --- Stack dumps ---

// Reading the stack of a parked goroutine leaves nothing on it, however often
// it is done, and the goroutine goes on as if nothing had been. (Each reading
// left a frame there, until it overflowed.)
TEST_P(ProcTest, StacksMayBeReadAgainAndAgain) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Chan<int> back = MakeChan<int>();
    for (int i = 0; i < 3; i++) {
      Go(GoOptions{.name = "reader", .stack_size = kSanitized ? 0 : 16 * 1024},
         [=] {
           for (int v : c) back.Send(v);
         });
    }
    for (int turn = 0; turn < 3; turn++) {
      for (int i = 0; i < 10; i++) {
        c.Send(i);
        EXPECT_EQ(*back.Recv(), i);
      }
      for (int i = 0; i < 10; i++) runtime::Gosched();
      std::string text;
      for (int i = 0; i < (kSanitized ? 100 : 300); i++) {
        text = runtime::Stack(true);
      }
      EXPECT_NE(text.find("[chan receive] \"reader\""), std::string::npos);
      EXPECT_NE(text.find("RunClosure"), std::string::npos)
          << "the stack is read to its end";
    }
    c.Close();
  });
}

// Go: goschedImpl wakes a P as well. The goroutine that runs next is in
// runnext, where it waked no M, and stays pinned, so that sysmon cannot help.
TEST(Proc, WhoIsAskedToYieldIsRunByAnIdleP) {
  RunWith(2, [] {
    std::atomic<sched::G*> next{nullptr};
    std::atomic<bool> continued{false};
    bool seen = false;
    sync::WaitGroup done;
    done.Go([&] {
      Pinned pin;
      Park(pin.g(), WaitReason::kSleep, [&] { next.store(pin.g()); });
      const auto limit = std::chrono::steady_clock::now() + 10s;
      while (!seen && std::chrono::steady_clock::now() < limit) {
        seen = continued.load();
      }
    });
    while (next.load() == nullptr) runtime::Gosched();
    while (sched::scheduler.npidle.load() != 1) runtime::Gosched();
    // Nor can an M on its way to sleep, which would look once more.
    std::vector<std::int64_t> idle;
    {
      sched::MutexLock l(&sched::scheduler.lock);
      for (const sched::M* m = sched::scheduler.midle_head; m != nullptr;
           m = m->idle_next) {
        idle.push_back(m->tid);
      }
    }
    for (std::int64_t tid : idle) WaitUntilAsleep(tid);
    Pin();
    sched::M* m = sched::CurrentM();
    sched::WakePolicyTestPeer::BecomeLazy(m->p->wake);
    Ready(next.load());
    sched::SetSlow(m, sched::kRetake);
    sched::PinSlow(m);
    continued.store(true);
    Unpin();
    done.Wait();
    EXPECT_TRUE(seen) << "it waited for the other to end";
  });
}

// --- Forced migration ---

class MigrationDeathTest : public FreshDeathTest {};

// An M that hands its P on is idle at once, and the next P that is handed on
// goes to it, although it has not had a core since: two threads take turns. But
// one from which sysmon has taken its P, because it has lost its core for long,
// is not idle before it comes back: then the other may need a third.
TEST_F(MigrationDeathTest, TakesTwoThreads) {
  EXPECT_EXIT(
      {
        ::alarm(kSanitized ? 120 : 30);
        ::setenv("GOMAXPROCS", "1", 1);
        ::setenv("GOSLING_FORCE_MIGRATE", "1", 1);
        static_cast<void>(
            StayOnOneProcessor());  // if it can; threads inherit that
        std::_Exit(gosling::Run([] {
          sync::WaitGroup done;
          for (int i = 0; i < 4; i++) {
            done.Go([] {
              for (int n = 0; n < 1000; n++) runtime::Gosched();
            });
          }
          done.Wait();
          const runtime::Counters all = runtime::Stats();
          if (all.threads_started >= 2 &&
              all.threads_started <= 2 + all.retakes) {
            return 0;
          }
          std::fprintf(stderr, "%d threads",
                       static_cast<int>(all.threads_started));
          return 1;
        }));
      },
      ::testing::ExitedWithCode(0), "^$");
}

// --- Idleness ---

// Sum of how often the kernel has put this process's threads to sleep.
std::int64_t ContextSwitches() {
  std::int64_t sum = 0;
  DIR* tasks = ::opendir("/proc/self/task");
  if (tasks == nullptr) return -1;
  while (const dirent* entry = ::readdir(tasks)) {
    std::ifstream file("/proc/self/task/" + std::string(entry->d_name) +
                       "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("voluntary_ctxt_switches:", 0) == 0) {
        sum += std::stoll(line.substr(line.find(':') + 1));
      }
    }
  }
  ::closedir(tasks);
  return sum;
}

// Go: sysmon sleeps deeply when all Ps are idle; idle Ms do not spin.
TEST_P(ProcTest, AnIdleProgramHasNoWakeUps) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "under TSan sleeps are cut short";
#endif
  const int former = runtime::GOMAXPROCS(GetParam());
  const TimeLimit limit(60s);
  std::int64_t quiet = -1;
  Chan<Unit> end = MakeChan<Unit>();
  std::thread outside([&] {
    // 300 ms without a wake-up, seen within 30 s. This thread's own sleep and
    // what it reads are one.
    for (int i = 0; i < 100 && (quiet < 0 || quiet > 2); i++) {
      const std::int64_t before = ContextSwitches();
      ::usleep(300'000);
      quiet = ContextSwitches() - before;
    }
    end.Send({});
  });
  gosling::Run([&] {
    sync::WaitGroup done;
    for (int i = 0; i < 20; i++) done.Go([] { time::Sleep(1ms); });
    done.Wait();
    end.Recv();
  });
  outside.join();
  EXPECT_LE(quiet, 2) << "wake-ups in 300 ms";
  runtime::GOMAXPROCS(former);
}

// sysmon, which expects the first use of a P to be by code that blocks, because
// it took Ps from such code last, gives up waiting for it.
TEST(IdleTest, ATimeAfterCodeThatBlockedThereAreNoWakeUps) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "under TSan sleeps are cut short";
#endif
  const int former = runtime::GOMAXPROCS(2);
  const TimeLimit limit(60s);
  std::int64_t quiet = -1;
  Chan<Unit> end = MakeChan<Unit>();
  std::thread outside([&] {
    // More than two of the seconds after which it gives up. This thread's own
    // sleep and what it reads are one wake-up.
    for (int i = 0; i < 10 && (quiet < 0 || quiet > 2); i++) {
      const std::int64_t before = ContextSwitches();
      ::usleep(2'200'000);
      quiet = ContextSwitches() - before;
    }
    end.Send({});
  });
  gosling::Run([&] {
    const std::uint64_t before = runtime::Stats().retakes;
    while (runtime::Stats().retakes < before + 10) {
      sync::WaitGroup done;
      for (int i = 0; i < 4; i++) done.Go([] { ::usleep(1000); });
      done.Wait();
    }
    end.Recv();
  });
  outside.join();
  EXPECT_LE(quiet, 2) << "wake-ups in 2.2 s";
  runtime::GOMAXPROCS(former);
}

}  // namespace
}  // namespace gosling
