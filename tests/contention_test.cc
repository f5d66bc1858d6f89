// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The block profile, the mutex profile, and the metric of waits for locks: what is
// counted, and for how long. What is written of it, go_trace_test.py reads.

#include "sched/contention.h"

#include <gosling/chan.h>
#include <gosling/debug.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sched/proc.h"
#include "sched/report/contention_profile.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::ContentionKind;

constexpr double kMs = 1e6;

struct Sum {
  double count = 0;
  double ns = 0;
};

// Counted is all that a profile has by now.
Sum Counted(ContentionKind kind) {
  Sum sum;
  sched::ContentionStack stack;
  for (std::uint32_t i = 0; sched::ReadContention(kind, i, &stack); i++) {
    EXPECT_GT(stack.depth, 0U);
    sum.count += stack.count;
    sum.ns += stack.ns;
  }
  return sum;
}

// CountedBy is what f adds to it.
template <class F>
Sum CountedBy(ContentionKind kind, F&& f) {
  const Sum before = Counted(kind);
  std::forward<F>(f)();
  const Sum after = Counted(kind);
  return {after.count - before.count, after.ns - before.ns};
}

// Waits says whether so many goroutines are parked for that reason.
bool Waits(const std::string& state, std::size_t n = 1) {
  const std::string stacks = runtime::Stack(true);
  std::size_t found = 0;
  for (std::size_t at = 0;
       (at = stacks.find('[' + state, at)) != std::string::npos; at++) {
    found++;
  }
  return found >= n;
}

class BlockProfileTest : public GoTest {
 protected:
  void SetUp() override { runtime::SetBlockProfileRate(1); }
  void TearDown() override { runtime::SetBlockProfileRate(0); }

  // BlocksFor is the profile of one goroutine that calls `wait`, which parks in
  // that state, and is woken by `wake` 50 ms later.
  template <class Wait, class Wake>
  static Sum BlocksFor(const char* state, Wait wait, Wake wake) {
    const auto done = std::make_shared<std::atomic<bool>>(false);
    const Sum sum = CountedBy(ContentionKind::kBlock, [&] {
      Go([wait, done] {
        wait();
        done->store(true);
      });
      EXPECT_TRUE(YieldUntil([state] { return Waits(state); }));
      time::Sleep(50ms);
      wake();
      EXPECT_TRUE(YieldUntil([&] { return done->load(); }));
    });
    return sum;
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, BlockProfileTest, kProcs, ProcsName);

TEST_P(BlockProfileTest, CountsWaitsForChannelsLocksAndGroups) {
  Run([] {
    const auto expect = [](const char* what, Sum sum) {
      EXPECT_EQ(sum.count, 1) << what;
      EXPECT_GE(sum.ns, 50 * kMs) << what;
      EXPECT_LT(sum.ns, 20'000 * kMs) << what;
    };
    const auto c = MakeChan<int>();
    expect("receive",
           BlocksFor(
               "chan receive", [c] { c.Recv(); }, [c] { c.Send(1); }));
    expect("send", BlocksFor(
                       "chan send", [c] { c.Send(1); }, [c] { c.Recv(); }));
    expect("select", BlocksFor(
                         "select", [c] { Select(OnRecv(c, [](auto&&) {})); },
                         [c] { c.Send(1); }));
    sync::Mutex mutex;
    mutex.Lock();
    expect("mutex", BlocksFor(
                        "sync.Mutex.Lock",
                        [&mutex] { const std::lock_guard lock(mutex); },
                        [&mutex] { mutex.Unlock(); }));
    sync::RWMutex rw;
    rw.Lock();
    expect("RLock", BlocksFor(
                        "sync.RWMutex.RLock",
                        [&rw] {
                          rw.RLock();
                          rw.RUnlock();
                        },
                        [&rw] { rw.Unlock(); }));
    sync::WaitGroup group;
    group.Add(1);
    expect("group", BlocksFor(
                        "sync.WaitGroup.Wait", [&group] { group.Wait(); },
                        [&group] { group.Done(); }));
    sync::Cond cond(mutex);
    expect("cond", BlocksFor(
                       "sync.Cond.Wait",
                       [&] {
                         const std::lock_guard lock(mutex);
                         cond.Wait();
                       },
                       [&cond] { cond.Signal(); }));
  });
}

TEST_P(BlockProfileTest, LeavesSleepsAndDescriptorsOut) {
  Run([] {
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    const Sum sum = BlocksFor(
        "IO wait", [fd = fds[0]] { EXPECT_FALSE(runtime::WaitReadable(fd)); },
        [fd = fds[1]] { EXPECT_EQ(::write(fd, "x", 1), 1); });
    for (const int fd : fds) ::close(fd);
    EXPECT_EQ(sum.count, 0);
    EXPECT_EQ(CountedBy(ContentionKind::kBlock, [] { time::Sleep(5ms); }).count,
              0);
  });
}

TEST_P(BlockProfileTest, IsOffAtRateZero) {
  Run([] {
    runtime::SetBlockProfileRate(0);
    const auto c = MakeChan<int>();
    const auto wait = [c] {
      return BlocksFor(
          "chan receive", [c] { c.Recv(); }, [c] { c.Send(1); });
    };
    EXPECT_EQ(wait().count, 0);
    runtime::SetBlockProfileRate(1);
    EXPECT_EQ(wait().count, 1);
    runtime::SetBlockProfileRate(-1);
    EXPECT_EQ(wait().count, 0);
    EXPECT_EQ(wait().count, 0);
  });
}

// A goroutine that is runnable waits for a P, which is not what is asked.
TEST(BlockProfile, EndsWhenTheGoroutineIsWoken) {
  runtime::SetBlockProfileRate(1);
  RunWith(1, [] {
    const auto c = MakeChan<int>(1);
    std::atomic<bool> done{false};
    const auto begin = std::chrono::steady_clock::now();
    auto woken = begin;
    Go([&] {
      c.Recv();
      done = true;
    });
    EXPECT_TRUE(YieldUntil([&] { return Waits("chan receive"); }));
    const Sum sum = CountedBy(ContentionKind::kBlock, [&] {
      c.Send(1);
      woken = std::chrono::steady_clock::now();
      // It runs when this goroutine gives way.
      while (std::chrono::steady_clock::now() < woken + 5ms) {
      }
      EXPECT_TRUE(YieldUntil([&] { return done.load(); }));
    });
    EXPECT_EQ(sum.count, 1);
    EXPECT_LE(sum.ns, static_cast<double>(
                          std::chrono::nanoseconds(woken - begin).count()));
  });
  runtime::SetBlockProfileRate(0);
}

TEST(BlockProfile, DrawsShortWaitsFairly) {
  RunWith(1, [] {
    runtime::SetBlockProfileRate(1000);
    constexpr int kWaits = 200'000;
    const Sum sum = CountedBy(ContentionKind::kBlock, [] {
      sched::Pinned pin;
      for (int i = 0; i < kWaits; i++) sched::CountBlock(10);
    });
    runtime::SetBlockProfileRate(0);
    EXPECT_NEAR(sum.count, kWaits, 0.2 * kWaits);
    EXPECT_NEAR(sum.ns, 10.0 * kWaits, 2.0 * kWaits);
  });
}

class MutexProfileTest : public GoTest {
 protected:
  void TearDown() override { runtime::SetMutexProfileFraction(0); }
};
INSTANTIATE_TEST_SUITE_P(Procs, MutexProfileTest, kProcs, ProcsName);

TEST_P(MutexProfileTest, ReturnsTheFormerFraction) {
  Run([] {
    EXPECT_EQ(runtime::SetMutexProfileFraction(-1), 0);
    EXPECT_EQ(runtime::SetMutexProfileFraction(5), 0);
    EXPECT_EQ(runtime::SetMutexProfileFraction(-1), 5);
    EXPECT_EQ(runtime::SetMutexProfileFraction(0), 5);
    EXPECT_EQ(runtime::SetMutexProfileFraction(-7), 0);
  });
}

// The one that has held the lock is charged with what all of them have waited; the
// next ones with next to nothing.
TEST_P(MutexProfileTest, ChargesTheHolderWithWhatAllHaveWaited) {
  Run([] {
    runtime::SetMutexProfileFraction(1);
    const auto begin = std::chrono::steady_clock::now();
    const Sum before = Counted(ContentionKind::kMutex);
    sync::Mutex mutex;
    sync::WaitGroup group;
    mutex.Lock();
    for (int i = 0; i < 3; i++) {
      group.Go([&mutex] { const std::lock_guard lock(mutex); });
    }
    EXPECT_TRUE(YieldUntil([] { return Waits("sync.Mutex.Lock", 3); }));
    time::Sleep(100ms);
    const Sum first =
        CountedBy(ContentionKind::kMutex, [&mutex] { mutex.Unlock(); });
    EXPECT_GE(first.count, 1);
    EXPECT_GE(first.ns, 3 * 90 * kMs);
    group.Wait();
    const auto took =
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin);
    EXPECT_LE(Counted(ContentionKind::kMutex).ns - before.ns,
              3.0 * static_cast<double>(took.count()));
  });
}

TEST_P(MutexProfileTest, CountsRWMutexesOfBothKinds) {
  Run([] {
    runtime::SetMutexProfileFraction(1);
    sync::RWMutex rw;
    sync::WaitGroup group;
    rw.Lock();
    for (int i = 0; i < 2; i++) {
      group.Go([&rw] {
        rw.RLock();
        rw.RUnlock();
      });
    }
    EXPECT_TRUE(YieldUntil([] { return Waits("sync.RWMutex.RLock", 2); }));
    time::Sleep(50ms);
    EXPECT_GE(CountedBy(ContentionKind::kMutex, [&rw] { rw.Unlock(); }).ns,
              2 * 45 * kMs);
    group.Wait();
    rw.RLock();
    group.Go([&rw] {
      rw.Lock();
      rw.Unlock();
    });
    EXPECT_TRUE(YieldUntil([] { return Waits("sync.RWMutex.Lock"); }));
    time::Sleep(50ms);
    EXPECT_GE(CountedBy(ContentionKind::kMutex, [&rw] { rw.RUnlock(); }).ns,
              45 * kMs);
    group.Wait();
  });
}

TEST_P(MutexProfileTest, LeavesOtherWaitsOut) {
  Run([] {
    runtime::SetMutexProfileFraction(1);
    const Sum sum = CountedBy(ContentionKind::kMutex, [] {
      const auto c = MakeChan<int>();
      sync::WaitGroup group;
      group.Go([c] { c.Recv(); });
      EXPECT_TRUE(YieldUntil([] { return Waits("chan receive"); }));
      c.Send(1);
      group.Wait();
    });
    EXPECT_EQ(sum.count, 0);
  });
}

TEST(MutexProfile, DrawsOneInSoMany) {
  RunWith(1, [] {
    runtime::SetMutexProfileFraction(10);
    int drawn = 0;
    {
      sched::Pinned pin;
      for (int i = 0; i < 100'000; i++) drawn += sched::DrawsMutex() ? 1 : 0;
      const Sum sum =
          CountedBy(ContentionKind::kMutex, [] { sched::CountMutex(7); });
      EXPECT_EQ(sum.count, 10);
      EXPECT_EQ(sum.ns, 70);
    }
    runtime::SetMutexProfileFraction(0);
    EXPECT_NEAR(drawn, 10'000, 1000);
  });
}

// --- The sum of all waits for locks ---

double MutexWait() {
  for (const runtime::Metric& m : runtime::ReadMetrics()) {
    if (m.name == "/sync/mutex/wait/total:seconds") return m.seconds;
  }
  ADD_FAILURE() << "no such metric";
  return 0;
}

class MutexWaitTest : public GoTest {
 protected:
  // So many that an estimate from each eighth is right to 8 % in the mean.
  static constexpr int kWaiters = 1200;

  // What the metric says, as a part of the time until those that wait were
  // woken, and of the time until they ran again.
  struct Part {
    double until_woken;
    double until_run;
  };

  // Waited is what the metric says of that many goroutines that call `wait`, each
  // with its number, and are woken by `wake`. Of the waits one in `period` is
  // timed.
  template <class Wait, class Wake>
  static Part Waited(std::uint32_t period, Wait wait, Wake wake) {
    sched::mutex_wait.period = period;
    const double before = MutexWait();
    const auto start = std::chrono::steady_clock::now();
    const auto now = [start] {
      return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start)
          .count();
    };
    std::atomic<int> begun{0};
    std::atomic<std::int64_t> begins{0};
    std::atomic<std::int64_t> ends{0};
    sync::WaitGroup group;
    for (int i = 0; i < kWaiters; i++) {
      group.Go([&, i] {
        begins += now();
        begun++;
        wait(i);
        ends += now();
      });
    }
    EXPECT_TRUE(YieldUntil([&begun] { return begun == kWaiters; }));
    time::Sleep(100ms);
    const std::int64_t woken = kWaiters * now();
    wake();
    group.Wait();
    const double ns = 1e9 * (MutexWait() - before);
    return {ns / static_cast<double>(woken - begins),
            ns / static_cast<double>(ends - begins)};
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, MutexWaitTest, kProcs, ProcsName);

TEST_P(MutexWaitTest, IsAsLongAsTheWaitsForLocks) {
  for (const std::uint32_t period : {1, 8}) {
    Run([period] {
      const auto expect = [period](const char* what, Part part) {
        EXPECT_GT(part.until_woken, 0.6) << what;
        EXPECT_LT(part.until_run, period == 1 ? 1 : 1.4) << what;
      };
      sync::Mutex mutex;
      mutex.Lock();
      expect("Mutex",
             Waited(
                 period, [&mutex](int) { const std::lock_guard lock(mutex); },
                 [&mutex] { mutex.Unlock(); }));
      sync::RWMutex rw;
      rw.Lock();
      expect("RLock", Waited(
                          period,
                          [&rw](int) {
                            rw.RLock();
                            rw.RUnlock();
                          },
                          [&rw] { rw.Unlock(); }));
      std::vector<sync::RWMutex> many(kWaiters);
      for (sync::RWMutex& one : many) one.RLock();
      expect("Lock", Waited(
                         period,
                         [&many](int i) {
                           many[static_cast<std::size_t>(i)].Lock();
                           many[static_cast<std::size_t>(i)].Unlock();
                         },
                         [&many] {
                           for (sync::RWMutex& one : many) one.RUnlock();
                         }));
    });
  }
}

// As long waits are all timed, of short ones few.
TEST_P(MutexWaitTest, TimesAsManyAsItMay) {
  Run([] {
    constexpr std::uint32_t kMost = sched::MutexWait::kMostPeriod;
    sched::mutex_wait.period = 1;
    for (int i = 0; i < 20; i++) sched::AddMutexWait(100, 1);
    EXPECT_EQ(sched::mutex_wait.period, kMost);
    sync::Mutex mutex;
    mutex.Lock();
    Waited(
        kMost / 2, [&mutex](int) { const std::lock_guard lock(mutex); },
        [&mutex] { mutex.Unlock(); });
    EXPECT_LT(sched::mutex_wait.period, kMost / 2);
  });
}

TEST_P(MutexWaitTest, LeavesOtherWaitsOut) {
  Run([] {
    const auto gate = MakeChan<Unit>();
    EXPECT_LT(Waited(
                  1, [gate](int) { gate.Recv(); }, [gate] { gate.Close(); })
                  .until_woken,
              0.01);
    sync::WaitGroup group;
    group.Add(1);
    EXPECT_LT(
        Waited(
            1, [&group](int) { group.Wait(); }, [&group] { group.Done(); })
            .until_woken,
        0.01);
  });
}

// In a bubble time is what the test makes of it.
TEST_P(MutexWaitTest, LeavesBubblesOut) {
  sched::mutex_wait.period = 1;
  const double before = MutexWait();
  testing::Bubble([] {
    sync::Mutex mutex;
    sync::WaitGroup group;
    mutex.Lock();
    for (int i = 0; i < 100; i++) {
      group.Go([&mutex] { const std::lock_guard lock(mutex); });
    }
    time::Sleep(1h);  // all wait
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 20ms) {
    }
    mutex.Unlock();
    group.Wait();
  });
  EXPECT_LT(MutexWait() - before, 1);
}

class ContentionTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ContentionTest, kProcs, ProcsName);

// Both on and off all the time, and goroutines that wait in all ways, on threads
// that come and go.
TEST_P(ContentionTest, IsTurnedOnAndOffAmidARun) {
  Run([] {
    const int rounds = kSanitized || Emulator() != nullptr ? 300 : 3000;
    std::atomic<bool> stop{false};
    sync::WaitGroup group;
    sync::Mutex mutex;
    const auto c = MakeChan<int>();
    group.Go([&] {
      for (int i = 0; !stop; i++) {
        runtime::SetBlockProfileRate(i % 2);
        runtime::SetMutexProfileFraction(i / 2 % 2);
        runtime::Gosched();
      }
    });
    sync::WaitGroup workers;
    for (int i = 0; i < 4; i++) {
      workers.Go([&] {
        for (int n = 0; n < rounds; n++) {
          const std::lock_guard lock(mutex);
          runtime::Gosched();
        }
      });
    }
    workers.Go([&] {
      for (int n = 0; n < rounds; n++) c.Send(n);
    });
    workers.Go([&] {
      for (int n = 0; n < rounds; n++) EXPECT_EQ(*c.Recv(), n);
    });
    workers.Go([&] {
      for (int n = 0; n < 20; n++) {
        EXPECT_NE(debug::BlockProfile().size() + debug::MutexProfile().size(),
                  0U);
        runtime::Gosched();
      }
    });
    // A thread of the program's own waits, and is waited for.
    std::thread foreign([&] {
      for (int n = 0; n < rounds / 10; n++) {
        const std::lock_guard lock(mutex);
      }
    });
    workers.Wait();
    runtime::Blocking([&] { foreign.join(); });
    stop = true;
    group.Wait();
    runtime::SetBlockProfileRate(0);
    runtime::SetMutexProfileFraction(0);
  });
}

class ContentionDeathTest : public FreshDeathTest {};

// Deep calls itself by either of two ways, so that each number has a stack.
[[gnu::noinline]] void Deep(unsigned ways, int depth) {
  if (depth == 0) {
    sched::CountBlock(1);
  } else if ((ways & 1) != 0) {
    Deep(ways >> 1, depth - 1);
  } else {
    Deep(ways >> 1, depth - 1);
    asm volatile("" : : : "memory");  // not the same call
  }
  asm volatile("" : : : "memory");
}

TEST_F(ContentionDeathTest, CountsWhatFindsNoRoom) {
  const auto body = [] {
    RunWith(1, [] {
      runtime::SetBlockProfileRate(1);
      constexpr unsigned kStacks = 1 << 13;
      constexpr unsigned kRoom = 7168;
      for (unsigned i = 0; i < kStacks; i++) {
        sched::Pinned pin;
        Deep(i, 13);
      }
      const std::uint64_t dropped =
          sched::DroppedContention(ContentionKind::kBlock);
      EXPECT_GE(dropped, kStacks - kRoom);
      EXPECT_EQ(Counted(ContentionKind::kBlock).count + dropped, kStacks);
    });
    return ChildStatus();
  };
  EXPECT_EXIT(std::_Exit(body()), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
