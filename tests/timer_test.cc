// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The heaps of timers (sched/timer.h) by themselves, at times made up by the
// test; and that timers of the real clock are looked after whatever becomes of
// the P that they stand with.

#include "sched/timer.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::Pinned;
using sched::Timer;
using sched::TimerAdd;
using sched::TimerHeap;
using sched::TimerStop;

constexpr std::int64_t kHour = 3600 * std::int64_t{1'000'000'000};

// --- The heap ---

// A heap that no scheduler knows: timers come into it by way of the P's heap,
// hours before they would fire.
class TimerHeapTest : public ::testing::Test {
 protected:
  struct Fired {
    std::int64_t at;    // the time given to Run
    std::int64_t when;  // the timer's, as an offset
    std::uint64_t seq;
    friend bool operator==(const Fired&, const Fired&) = default;
  };
  struct Alarm : Timer {
    TimerHeapTest* test = nullptr;
    std::int64_t offset = 0;
  };

  void SetUp() override { base_ = sched::os::Nanotime() + kHour; }

  // Make prepares a timer for base_ + offset.
  Alarm* Make(std::int64_t offset) {
    alarms_.push_back(std::make_unique<Alarm>());
    Alarm* a = alarms_.back().get();
    a->test = this;
    a->offset = offset;
    a->when = base_ + offset;
    a->seq = alarms_.size();
    a->arg = a;
    a->fire = [](void* arg, std::uint64_t seq, std::int64_t now) {
      auto* alarm = static_cast<Alarm*>(arg);
      TimerHeapTest* test = alarm->test;
      test->fired_.push_back({now - test->base_, alarm->offset, seq});
    };
    return a;
  }
  // Add puts it into heap_.
  void Add(Timer* t) {
    Pinned pin;
    TimerAdd(t);
    TakeAll();
  }
  void TakeAll() {
    sched::M* m = sched::CurrentM();
    ASSERT_EQ(m->p, nullptr) << "these tests run on a thread";
    // A thread without a P arms its timers in the first P's heap.
    heap_.TakeAll(sched::scheduler.allp[0]->timers);
  }
  int RunAt(std::int64_t offset) {
    Pinned pin;
    return heap_.Run(base_ + offset);
  }
  std::int64_t Next() const {
    return heap_.Next() == 0 ? -1 : heap_.Next() - base_;
  }
  bool Stop(Timer* t) {
    Pinned pin;
    return TimerStop(t);
  }
  std::vector<std::int64_t> Whens() const {
    std::vector<std::int64_t> out;
    for (const Fired& f : fired_) out.push_back(f.when);
    return out;
  }

  std::int64_t base_ = 0;
  std::vector<std::unique_ptr<Alarm>> alarms_;
  std::vector<Fired> fired_;
  TimerHeap heap_;
};

TEST_F(TimerHeapTest, FiresWhatIsDueAndNoMore) {
  for (std::int64_t offset : {30, 10, 20, 40}) Add(Make(offset));
  EXPECT_EQ(Next(), 10);
  EXPECT_EQ(RunAt(9), 0);
  EXPECT_EQ(RunAt(20), 2);
  EXPECT_EQ(Whens(), (std::vector<std::int64_t>{10, 20}));
  EXPECT_EQ(Next(), 30);
  EXPECT_EQ(RunAt(1000), 2);
  EXPECT_EQ(Whens(), (std::vector<std::int64_t>{10, 20, 30, 40}));
  EXPECT_EQ(Next(), -1);
  EXPECT_EQ(heap_.Size(), 0U);
}

TEST_F(TimerHeapTest, FireIsToldTheTimeAndTheArming) {
  Alarm* a = Make(10);
  a->seq = 77;
  Add(a);
  RunAt(13);
  EXPECT_EQ(fired_, (std::vector<Fired>{{13, 10, 77}}));
}

TEST_F(TimerHeapTest, FiresInOrderOfTimeWhateverTheOrderOfArming) {
  for (unsigned seed = 1; seed <= 20; seed++) {
    std::mt19937 random(seed);
    fired_.clear();
    std::vector<std::int64_t> offsets(1000);
    for (auto& o : offsets) o = static_cast<std::int64_t>(random() % 500);
    for (std::int64_t o : offsets) Add(Make(o));
    EXPECT_EQ(heap_.Size(), 1000U);
    for (std::int64_t now = 0; now < 500; now += 1 + random() % 50) RunAt(now);
    RunAt(500);
    std::sort(offsets.begin(), offsets.end());
    ASSERT_EQ(Whens(), offsets) << "seed " << seed;
  }
}

TEST_F(TimerHeapTest, StopTakesOutWhatIsArmed) {
  Alarm* a = Make(10);
  Alarm* b = Make(20);
  Alarm* c = Make(30);
  for (Timer* t : {a, b, c}) Add(t);
  EXPECT_TRUE(Stop(b));
  EXPECT_FALSE(Stop(b)) << "stopped already";
  EXPECT_TRUE(Stop(a));
  EXPECT_EQ(Next(), 30);
  EXPECT_EQ(RunAt(100), 1);
  EXPECT_EQ(Whens(), (std::vector<std::int64_t>{30}));
  EXPECT_FALSE(Stop(c)) << "fired already";
  EXPECT_FALSE(Stop(Make(5))) << "never armed";
}

TEST_F(TimerHeapTest, AStoppedTimerMayBeArmedAnew) {
  Alarm* a = Make(10);
  Add(a);
  EXPECT_TRUE(Stop(a));
  a->when = base_ + 50;
  a->seq++;
  Add(a);
  EXPECT_EQ(RunAt(49), 0);
  EXPECT_EQ(RunAt(50), 1);
}

// Against a model: any order of arming, stopping and running.
TEST_F(TimerHeapTest, AgreesWithASortedList) {
  for (unsigned seed = 1; seed <= 10; seed++) {
    std::mt19937 random(seed);
    std::multiset<std::int64_t> model;
    std::vector<Alarm*> armed;
    std::int64_t now = 0;
    for (int step = 0; step < 3000; step++) {
      switch (random() % 4) {
        case 0:
        case 1: {
          Alarm* a = Make(now + static_cast<std::int64_t>(random() % 1000));
          Add(a);
          armed.push_back(a);
          model.insert(a->offset);
          break;
        }
        case 2: {
          if (armed.empty()) break;
          const std::size_t i = random() % armed.size();
          Alarm* a = armed[i];
          armed[i] = armed.back();
          armed.pop_back();
          if (Stop(a)) {
            model.erase(model.find(a->offset));
          } else {
            ASSERT_LE(a->offset, now);
          }
          break;
        }
        default: {
          now += static_cast<std::int64_t>(random() % 30);
          fired_.clear();
          RunAt(now);
          std::vector<std::int64_t> expected;
          while (!model.empty() && *model.begin() <= now) {
            expected.push_back(*model.begin());
            model.erase(model.begin());
          }
          ASSERT_EQ(Whens(), expected) << "seed " << seed << " step " << step;
        }
      }
      ASSERT_EQ(Next(), model.empty() ? -1 : *model.begin());
      ASSERT_EQ(heap_.Size(), model.size());
    }
    for (Alarm* a : armed) Stop(a);
    ASSERT_EQ(heap_.Size(), 0U);
  }
}

TEST_F(TimerHeapTest, FireMayArmTheSameTimerAnew) {
  struct Again : Timer {
    TimerHeapTest* test;
    int left = 3;
  } again;
  again.test = this;
  again.when = base_ + 10;
  again.arg = &again;
  again.fire = [](void* arg, std::uint64_t, std::int64_t) {
    auto* t = static_cast<Again*>(arg);
    EXPECT_EQ(t->heap.load(), nullptr) << "it has left the heap";
    if (--t->left == 0) return;
    t->when += 10;
    TimerAdd(t);
  };
  Add(&again);
  EXPECT_EQ(RunAt(10), 1);
  {
    Pinned pin;
    TakeAll();
  }
  EXPECT_EQ(Next(), 20);
  RunAt(20);
  {
    Pinned pin;
    TakeAll();
  }
  RunAt(30);
  EXPECT_EQ(again.left, 0);
}

TEST_F(TimerHeapTest, FireMayStopOthers) {
  Alarm* victim = Make(10);
  struct Stopper : Timer {
    Timer* victim;
    bool stopped = false;
  } stopper;
  stopper.victim = victim;
  stopper.when = base_ + 5;
  stopper.arg = &stopper;
  stopper.fire = [](void* arg, std::uint64_t, std::int64_t) {
    auto* s = static_cast<Stopper*>(arg);
    s->stopped = TimerStop(s->victim);
  };
  Add(victim);
  Add(&stopper);
  EXPECT_EQ(RunAt(100), 1);
  EXPECT_TRUE(stopper.stopped);
  EXPECT_TRUE(fired_.empty());
}

TEST_F(TimerHeapTest, TakeAllMovesEverything) {
  for (int i = 0; i < 300; i++) Add(Make(300 - i));
  TimerHeap other;
  other.TakeAll(heap_);
  EXPECT_EQ(heap_.Size(), 0U);
  EXPECT_EQ(Next(), -1);
  EXPECT_EQ(other.Size(), 300U);
  EXPECT_EQ(other.Next() - base_, 1);
  EXPECT_TRUE(Stop(alarms_[299].get())) << "it knows where it stands now";
  {
    Pinned pin;
    EXPECT_EQ(other.Run(base_ + 300), 299);
  }
  std::vector<std::int64_t> expected(299);
  std::iota(expected.begin(), expected.end(), 2);
  EXPECT_EQ(Whens(), expected);
}

TEST(Timer, TimesAreClampedToTheLargest) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(sched::WhenAfter(100, 5), 105);
  EXPECT_EQ(sched::WhenAfter(100, 1), 101);
  EXPECT_EQ(sched::WhenAfter(100, 0), 100);
  EXPECT_EQ(sched::WhenAfter(100, -5), 100);
  EXPECT_EQ(sched::WhenAfter(100, kMax), kMax);
  EXPECT_EQ(sched::WhenAfter(100, kMax - 100), kMax);
  EXPECT_EQ(sched::WhenAfter(kMax, 1), kMax);
}

// A thread stops timers that another one runs: each fires, or Stop says true.
TEST_F(TimerHeapTest, StopAndFireExcludeEachOther) {
  constexpr int kTurns = kSanitized ? 100 : 300;
  constexpr int kTimers = 16;
  struct Shared : Timer {
    std::atomic<int> fires{0};
  };
  for (int turn = 0; turn < kTurns; turn++) {
    std::vector<std::unique_ptr<Shared>> timers;
    {
      Pinned pin;
      for (int i = 0; i < kTimers; i++) {
        timers.push_back(std::make_unique<Shared>());
        Shared* t = timers.back().get();
        t->when = base_ + i;
        t->arg = t;
        t->fire = [](void* arg, std::uint64_t, std::int64_t) {
          static_cast<Shared*>(arg)->fires.fetch_add(1);
        };
        TimerAdd(t);
      }
      TakeAll();
    }
    std::atomic<int> ready{0};
    int stopped = 0;
    std::thread stopper([&] {
      ready.fetch_add(1);
      while (ready < 2) std::this_thread::yield();
      for (int i = kTimers - 1; i >= 0; i--) {
        Pinned pin;
        if (TimerStop(timers[i].get())) {
          stopped++;
          EXPECT_EQ(timers[i]->fires, 0);
        }
      }
    });
    ready.fetch_add(1);
    while (ready < 2) std::this_thread::yield();
    RunAt(kTimers);
    stopper.join();
    int fires = 0;
    for (auto& t : timers) {
      ASSERT_LE(t->fires, 1);
      fires += t->fires;
    }
    ASSERT_EQ(fires + stopped, kTimers);
  }
}

// --- The order of the woken ---

// On one P, whose timers the test fires itself, pinned, so that the P stays
// here: what is runnable then, and in which order, is certain.
class WakeOrderTest : public GoTest {
 protected:
  static constexpr int kSleepers = 40;
  using Who = std::atomic<const sched::G*>;

  // Body is called with all of them asleep, sleeper i for an hour and i
  // minutes; they have begun in another order.
  template <class Body>
  void WithSleepers(Body body) {
    Run([this, body] {
      sync::WaitGroup done;
      const std::int64_t begin = sched::os::Nanotime() + kHour;
      for (int i = 0; i < kSleepers; i++) {
        const int place = (i * 7) % kSleepers;
        when_[place] = begin + place * kHour / 60;
        done.Go([this, place] {
          sleeper_[place] = Pinned().g();
          time::Sleep(
              std::chrono::nanoseconds(when_[place] - sched::os::Nanotime()));
        });
      }
      for (const Who& who : sleeper_) WaitUntilParked(who);
      body();
      done.Wait();
    });
  }

  // WaitUntilParked lets others run until the goroutine that stores itself in
  // `who` has parked. It has armed its timer then: it was pinned meanwhile.
  static void WaitUntilParked(const Who& who) {
    while (who == nullptr || who.load()->status != sched::GStatus::kWaiting) {
      runtime::Gosched();
    }
  }

  // FireUpTo fires the timers of sleepers up to `last`.
  void FireUpTo(int last) {
    sched::CurrentM()->p->timers.Run(when_[last] + kHour / 120);
  }

  int PlaceOf(const sched::G* g) const {
    const auto it = std::find(sleeper_.begin(), sleeper_.end(), g);
    return it == sleeper_.end() ? -1 : static_cast<int>(it - sleeper_.begin());
  }

  // Queued returns which sleepers will run next, in order. -1: another
  // goroutine.
  std::vector<int> Queued() const {
    sched::P* p = sched::CurrentM()->p;
    std::vector<int> places;
    if (const sched::G* next = p->runnext) places.push_back(PlaceOf(next));
    for (std::uint32_t n = p->runq.Size(); n > 0; n--) {
      sched::G* g = p->runq.Get();
      places.push_back(PlaceOf(g));
      p->runq.Put(g);
    }
    return places;
  }

  static std::vector<int> UpTo(int last) {
    std::vector<int> places(static_cast<std::size_t>(last) + 1);
    std::iota(places.begin(), places.end(), 0);
    return places;
  }

  std::array<std::int64_t, kSleepers> when_{};
  std::array<Who, kSleepers> sleeper_{};
};
INSTANTIATE_TEST_SUITE_P(Procs, WakeOrderTest, ::testing::Values(1), ProcsName);

TEST_P(WakeOrderTest, SleepersThatAreDueTogetherWakeInOrder) {
  WithSleepers([this] {
    Pinned pin;
    FireUpTo(kSleepers - 1);
    EXPECT_EQ(Queued(), UpTo(kSleepers - 1));
  });
}

TEST_P(WakeOrderTest, LaterSleepersWakeBehindThoseThatWaitAlready) {
  WithSleepers([this] {
    Pinned pin;
    FireUpTo(2);
    FireUpTo(3);  // one by itself
    FireUpTo(9);
    EXPECT_EQ(Queued(), UpTo(9));
    FireUpTo(kSleepers - 1);
  });
}

TEST_P(WakeOrderTest, ALoneSleeperGoesBeforeOtherGoroutines) {
  WithSleepers([this] {
    std::array<std::atomic<sched::G*>, 3> others{};
    sync::WaitGroup done;
    for (auto& other : others) {
      done.Go([&other] {
        Pinned pin;
        other = pin.g();
        sched::Park(pin.g(), sched::WaitReason::kSleep, [] {});
      });
    }
    const auto parked = [](const auto& other) {
      return other != nullptr &&
             other.load()->status == sched::GStatus::kWaiting;
    };
    while (!std::all_of(others.begin(), others.end(), parked)) {
      runtime::Gosched();
    }
    {
      Pinned pin;
      for (auto& other : others) sched::Ready(other, /*next=*/false);
      // Nothing is due: that does not make them ones that timers woke.
      sched::CurrentM()->p->timers.Run(sched::os::Nanotime());
      FireUpTo(0);
      EXPECT_EQ(Queued(), (std::vector<int>{0, -1, -1, -1}));
      FireUpTo(1);
      EXPECT_EQ(Queued(), (std::vector<int>{-1, -1, -1, 0, 1}));
      FireUpTo(kSleepers - 1);
    }
    done.Wait();
  });
}

// A goroutine that a lone sleeper has displaced from runnext was not woken by a
// timer: the next sleeper need not wait behind it.
TEST_P(WakeOrderTest, ALoneSleeperGoesBeforeWhatTheLastOneDisplaced) {
  WithSleepers([this] {
    sync::WaitGroup done;
    {
      Pinned pin;
      done.Go([] {});  // into runnext
      FireUpTo(0);
      EXPECT_EQ(Queued(), (std::vector<int>{0, -1}));
      sched::P* p = sched::CurrentM()->p;
      sched::G* first = p->runnext;
      p->runnext = nullptr;  // it has run
      FireUpTo(1);
      EXPECT_EQ(Queued(), (std::vector<int>{1, -1}));
      sched::RunqPut(p, first, false);
      FireUpTo(kSleepers - 1);
    }
    done.Wait();
  });
}

// At every eighth switch a sleeper that waits in the ring ends the slice. A Gosched
// of that number lets others run, as any other does, also when no timer is left.
TEST_P(WakeOrderTest, AGoschedThatEndsTheSliceLetsSleepersRun) {
  WithSleepers([this] {
    const auto yields = [] {
      return std::uint64_t{sched::CurrentM()->p->yields};
    };
    while (yields() % 8 != 7) runtime::Gosched();
    {
      Pinned pin;
      FireUpTo(kSleepers - 1);
      EXPECT_EQ(sched::CurrentM()->p->timers.Next(), 0);
    }
    runtime::Gosched();
    EXPECT_NE(sleeper_[0].load()->status, sched::GStatus::kRunnable);
  });
}

// Goroutines that make each other ready over and over stay in runnext for a slice of
// 10 ms, but not while a sleeper that is due waits in the ring.
TEST_P(WakeOrderTest, SleepersDoNotWaitForTheSliceOfAPair) {
  WithSleepers([this] {
    for (int i = 0; i < 20; i += 2) {
      std::atomic<bool> stop{false};
      std::atomic<int> turns{0};
      sync::WaitGroup done;
      {
        Pinned pin;
        done.Go([&] {  // into runnext
          auto c = MakeChan<int>();
          while (!stop) {
            Go([c] { c.Send(1); });
            c.Recv();
            turns++;
          }
        });
        FireUpTo(i + 1);  // two at once: to the ring's tail
      }
      runtime::Gosched();      // behind them
      EXPECT_LT(turns, 1000);  // a slice has some ten thousand
      stop = true;
      done.Wait();
    }
    {
      Pinned pin;
      FireUpTo(kSleepers - 1);
    }
  });
}

// Goroutines that receive from a timer's channel, and those that a timer
// starts, too.
TEST_P(WakeOrderTest, AllThatTimersWakeKeepsTheirOrder) {
  Run([this] {
    sync::WaitGroup done;
    done.Add(1);
    const auto function = time::AfterFunc(2h, [done = &done] { done->Done(); });
    done.Go([this] {
      sleeper_[2] = Pinned().g();
      time::Sleep(3h);
    });
    done.Go([this, channel = time::After(1h)] {
      sleeper_[0] = Pinned().g();
      channel.Recv();
    });
    WaitUntilParked(sleeper_[0]);
    WaitUntilParked(sleeper_[2]);
    {
      Pinned pin;
      sched::CurrentM()->p->timers.Run(sched::os::Nanotime() + 4 * kHour);
      EXPECT_EQ(Queued(), (std::vector<int>{0, -1, 2}));
    }
    done.Wait();
  });
}

// --- Looked after ---

class TimerTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, TimerTest, kProcs, ProcsName);

TEST_P(TimerTest, SleepIsNeverShort) {
  Run([] {
    for (auto d : {0us, 1us, 100us, 1000us, 5000us}) {
      const auto before = std::chrono::steady_clock::now();
      time::Sleep(d);
      EXPECT_GE(std::chrono::steady_clock::now() - before, d);
    }
    time::Sleep(-1h);
  });
}

TEST_P(TimerTest, ManySleepersAllWake) {
  Run([] {
    constexpr int kSleepers = kSanitized ? 500 : 5000;
    sync::WaitGroup done;
    for (int i = 0; i < kSleepers; i++) {
      done.Go([i] { time::Sleep(std::chrono::microseconds(i * 37 % 20'000)); });
    }
    done.Wait();
  });
}

// A goroutine sleeps while all the others sleep too: again and again the last M
// to go idle is another one than the one that keeps the time.
TEST_P(TimerTest, SleepersAreNotForgottenByIdleThreads) {
  Run([] {
    for (int turn = 0; turn < (kSanitized ? 30 : 200); turn++) {
      sync::WaitGroup done;
      for (int i = 0; i < 4; i++) {
        done.Go([i, turn] {
          for (int k = 0; k < turn % 5; k++) runtime::Gosched();
          time::Sleep(std::chrono::microseconds(50 * (i + turn % 7)));
        });
      }
      done.Wait();
    }
  });
}

// The only sleeper goes to sleep on an M that is not the timekeeper, whose
// sleep has no end: the timer must not be forgotten. (It was.)
TEST_P(TimerTest, ASleeperOnAnotherThreadThanTheTimekeeper) {
  const int former = runtime::GOMAXPROCS(GetParam());
  const TimeLimit limit(std::chrono::seconds(kSanitized ? 120 : 30));
  for (int turn = 0; turn < 20; turn++) {
    // Threads without P come into being, and go idle at the end.
    gosling::Run([] {
      for (int i = 0; i < 4; i++) {
        Go([] {
          for (;;) {
            ::usleep(200);
            runtime::Gosched();
          }
        });
      }
      time::Sleep(3ms);
    });
    for (int i = 0; i < 5; i++) gosling::Run([] { time::Sleep(1ms); });
  }
  runtime::GOMAXPROCS(former);
}

// Go: TestTimerModifiedEarlier: a timer that is due before the one that the
// timekeeper sleeps for.
TEST_P(TimerTest, AnEarlierTimerIsNotHeldUpByALaterOne) {
  Run([] {
    std::atomic<bool> late{false};
    Chan<Unit> end = MakeChan<Unit>();
    Go([&, end] {
      Select(OnRecv(time::After(20s), [&] { late = true; }), OnRecv(end));
    });
    for (int i = 0; i < 20; i++) {
      runtime::Gosched();
      const auto before = std::chrono::steady_clock::now();
      time::Sleep(2ms);
      EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
    }
    EXPECT_FALSE(late);
    end.Close();
  });
}

// The same from a thread, whose timers stand in a heap that may have no owner.
TEST_P(TimerTest, TimersOfThreadsFire) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 20; i++) {
    std::thread([] {
      const auto before = std::chrono::steady_clock::now();
      time::Sleep(1ms);
      EXPECT_GE(std::chrono::steady_clock::now() - before, 1ms);
      EXPECT_NE(time::After(1ms).Recv(), std::nullopt);
    }).join();
  }
  runtime::GOMAXPROCS(former);
}

// A P whose goroutine computes is taken, and its timers fire elsewhere.
TEST_P(TimerTest, TimersFireWhileTheirProcComputes) {
  Run([procs = GetParam()] {
    std::atomic<int> woken{0};
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < 10; i++) {
      done.Go([&] {
        time::Sleep(2ms);
        if (woken.fetch_add(1) == 9) stop = true;
      });
    }
    for (int i = 0; i < 4; i++) runtime::Gosched();
    for (int i = 0; i < procs + 1; i++) {
      done.Go([&] {
        while (!stop) std::this_thread::yield();  // no call of the runtime
      });
    }
    done.Wait();
    EXPECT_EQ(woken, 10);
  });
}

// procresize: the heap of a retired P goes over to another.
TEST_P(TimerTest, TimersOutliveTheirProc) {
  Run([procs = GetParam()] {
    runtime::GOMAXPROCS(8);
    constexpr int kSleepers = 200;
    sync::WaitGroup done;
    for (int i = 0; i < kSleepers; i++) {
      done.Go([i] { time::Sleep(std::chrono::microseconds(500 + i * 50)); });
    }
    for (int n : {7, 1, 4, 2, 8, 1}) {
      runtime::GOMAXPROCS(n);
      runtime::Gosched();
    }
    done.Wait();
    runtime::GOMAXPROCS(procs);
  });
}

// Timers of a P that a change of GOMAXPROCS leaves idle keep firing although
// the goroutine that made the change never comes back to the scheduler.
TEST_P(TimerTest, TimersFireAfterTheWorldWasStopped) {
  Run([] {
    for (int turn = 0; turn < 20; turn++) {
      std::atomic<bool> woken{false};
      sync::WaitGroup done;
      done.Go([&] {
        time::Sleep(1ms);
        woken = true;
      });
      runtime::Gosched();
      runtime::GOMAXPROCS(1 + turn % 3);
      while (!woken) std::this_thread::yield();  // no call of the runtime
      done.Wait();
    }
  });
}

// Every goroutine blocks, without a word, in system calls; only then does the
// timer that would end it fire.
TEST_P(TimerTest, TimersFireWhileEveryThreadBlocks) {
  Run([] {
    for (int turn = 0; turn < 3; turn++) {
      constexpr int kReaders = 3;
      int fds[2];
      ASSERT_EQ(::pipe(fds), 0);
      sync::WaitGroup done;
      for (int i = 0; i < kReaders; i++) {
        done.Go([&] {
          char c;
          EXPECT_EQ(::read(fds[0], &c, 1), 1);
        });
      }
      done.Go([&] {
        time::Sleep(30ms);  // by then all threads sit in read
        EXPECT_EQ(::write(fds[1], "abcd", kReaders + 1), kReaders + 1);
      });
      runtime::Gosched();
      char c;
      EXPECT_EQ(::read(fds[0], &c, 1), 1);
      done.Wait();
      ::close(fds[0]);
      ::close(fds[1]);
    }
  });
}

}  // namespace
}  // namespace gosling
