// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Everything at once: goroutines and threads that spawn, send, select, lock,
// sleep, block, compute, throw, unwind and change GOMAXPROCS, while signals
// arrive. What can be counted is counted: values sent against values received,
// timers fired against timers stopped, goroutines that are left.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sched/os.h"
#include "tests/go_test.h"
#include "tests/stress/stress.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using stress::Random;

constexpr int kWorkers = 24;
constexpr int kThreads = 3;
constexpr int kChannels = 6;

// errno through functions: the compiler may keep its address over a switch.
[[gnu::noinline]] int ReadErrno() {
  asm volatile("" : : : "memory");
  return errno;
}
[[gnu::noinline]] void WriteErrno(int value) {
  asm volatile("" : : : "memory");
  errno = value;
}

// Signals that arrive all the while, at whichever thread.
std::atomic<std::uint64_t> signals{0};
class SignalRain {
 public:
  SignalRain() {
    struct sigaction action = {};
    action.sa_handler = [](int) {
      signals.fetch_add(1, std::memory_order_relaxed);
    };
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigaction(SIGALRM, &action, &former_);
    Set(500);
  }
  ~SignalRain() {
    Set(0);
    ::sigaction(SIGALRM, &former_, nullptr);
  }

 private:
  static void Set(long us) {
    const itimerval every{{0, us}, {0, us}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  struct sigaction former_ = {};
};

class Everything {
 public:
  explicit Everything(std::uint64_t seed) : seed_(seed) {
    for (int i = 0; i < kChannels; i++) {
      channels_[i] = MakeChan<std::int64_t>(i % 3 == 0 ? 0 : i * i);
    }
  }

  void Run() {
    std::vector<std::thread> threads;
    sync::WaitGroup done;
    done.Add(kWorkers + kThreads);
    for (int i = 0; i < kThreads; i++) {
      threads.emplace_back([&, i] { Work(Random(seed_, 1000 + i), &done); });
    }
    for (int i = 0; i < kWorkers; i++) {
      Go(GoOptions{.name = "worker", .stack_size = 0},
         [&, i] { Work(Random(seed_, i), &done); });
    }
    time::Sleep(stress::Duration());
    stop_ = true;
    done.Wait();
    runtime::Blocking([&] {
      for (std::thread& t : threads) t.join();
    });
    children_.Wait();
    // Timers that were neither stopped nor have fired yet are due soon.
    while (fired_ + stopped_ != armed_) time::Sleep(1ms);
    for (auto& c : channels_) {
      std::optional<std::int64_t> left;
      while (c.TryRecv(left)) received_ += left.value_or(0);
    }
    EXPECT_EQ(sent_, received_);
    EXPECT_EQ(first_, second_);
    std::printf("%llu steps, %llu values, %lld timers, %llu signals\n",
                static_cast<unsigned long long>(dog_.Moves()),
                static_cast<unsigned long long>(values_.load()),
                static_cast<long long>(armed_.load()),
                static_cast<unsigned long long>(signals.load()));
  }

 private:
  void Work(Random random, sync::WaitGroup* done) {
    while (!stop_) {
      Step(random, 2);
      dog_.Moved();
    }
    done->Done();
  }

  // Child starts a goroutine that takes one step.
  void Child(Random& random, int depth, sync::WaitGroup* done) {
    done->Add(1);
    const std::uint64_t seed = random.Next();
    Go([this, seed, depth, done] {
      struct Done {
        sync::WaitGroup* done;
        ~Done() { done->Done(); }
      } at_the_end{done};
      Random mine(seed, 0);
      Step(mine, depth);
      if (mine.OneIn(4)) runtime::Goexit();
    });
  }

  void Step(Random& random, int depth) {
    switch (random.Below(20)) {
      case 0:
      case 1:
        return Send(random);
      case 2:
      case 3:
        return Recv(random);
      case 4:
        return Try(random);
      case 5:
        return Spawn(random, depth);
      case 6:
        return Lock(random);
      case 7:
        return ReadOrWrite(random);
      case 8:
        return time::Sleep(std::chrono::microseconds(random.Below(400)));
      case 9:
        for (int i = random.Below(10); i >= 0; i--) runtime::Gosched();
        return;
      case 10:
        return Locked(random, depth);
      case 11:
        return runtime::Blocking([&] { ::usleep(random.Below(300)); });
      case 12:
        return Silent(random);
      case 13:
      case 14:
        return ThrowAndYield(random, depth);
      case 15:
        return Arm(random);
      case 16:
        return SystemStack(random);
      case 17:
        runtime::EnterSyscall();
        if (random.OneIn(3)) ::usleep(random.Below(100));
        if (random.OneIn(3)) Try(random);
        runtime::ExitSyscall();
        return;
      case 18:
        if (random.OneIn(20)) runtime::GOMAXPROCS(1 + random.Below(8));
        if (random.OneIn(100)) runtime::Stack(true);
        return;
      default:
        return Errno(random);
    }
  }

  Chan<std::int64_t>& AnyChannel(Random& random) {
    return channels_[random.Below(kChannels)];
  }

  void Send(Random& random) {
    const auto v = static_cast<std::int64_t>(random.Below(1000));
    sent_ += v;  // taken back if it is not sent
    if (Select(OnSend(AnyChannel(random), v), OnSend(AnyChannel(random), v),
               OnRecv(time::After(200us))) == 2) {
      sent_ -= v;
    } else {
      values_.fetch_add(1);
    }
  }

  void Recv(Random& random) {
    auto take = [this](std::optional<std::int64_t> v) { received_ += *v; };
    Select(OnRecv(AnyChannel(random), take), OnRecv(AnyChannel(random), take),
           OnRecv(AnyChannel(random), take), OnRecv(time::After(200us)));
  }

  void Try(Random& random) {
    std::optional<std::int64_t> v;
    if (AnyChannel(random).TryRecv(v)) received_ += v.value_or(0);
    sent_ += 7;
    if (!AnyChannel(random).TrySend(7)) sent_ -= 7;
  }

  void Spawn(Random& random, int depth) {
    if (depth == 0) return;
    if (random.OneIn(3)) {
      Child(random, depth - 1, &children_);  // nobody waits for it here
      return;
    }
    sync::WaitGroup done;
    for (int i = random.Below(6); i >= 0; i--) Child(random, depth - 1, &done);
    done.Wait();
  }

  void Lock(Random& random) {
    mutex_.Lock();
    first_++;
    if (random.OneIn(4)) runtime::Gosched();
    second_++;
    EXPECT_EQ(first_, second_);
    mutex_.Unlock();
  }

  void ReadOrWrite(Random& random) {
    if (random.OneIn(4)) {
      rw_.Lock();
      left_++;
      if (random.OneIn(4)) runtime::Gosched();
      right_++;
      rw_.Unlock();
    } else {
      rw_.RLock();
      const std::int64_t left = left_;
      if (random.OneIn(4)) runtime::Gosched();
      EXPECT_EQ(left, right_);
      rw_.RUnlock();
    }
  }

  void Locked(Random& random, int depth) {
    runtime::LockOSThread();
    const std::int64_t tid = sched::os::ThreadId();
    Step(random, depth);
    EXPECT_EQ(sched::os::ThreadId(), tid);
    runtime::UnlockOSThread();
  }

  // What the runtime is told nothing of.
  static void Silent(Random& random) {
    if (random.OneIn(20)) {
      ::usleep(15'000);
    } else if (random.OneIn(10)) {
      const auto end = std::chrono::steady_clock::now() + 11ms;
      while (std::chrono::steady_clock::now() < end) {
      }
    } else {
      ::usleep(random.Below(200));
    }
  }

  void ThrowAndYield(Random& random, int depth) {
    const std::string mine = std::to_string(random.Next());
    try {
      struct AtTheEnd {
        Everything* all;
        Random& random;
        ~AtTheEnd() {
          EXPECT_EQ(std::uncaught_exceptions(), 1);
          all->Recv(random);
          EXPECT_EQ(std::uncaught_exceptions(), 1);
        }
      } at_the_end{this, random};
      throw std::runtime_error(mine);
    } catch (const std::runtime_error& e) {
      if (depth > 0) Step(random, depth - 1);
      EXPECT_EQ(e.what(), mine);
      try {
        throw;
      } catch (const std::exception& again) {
        runtime::Gosched();
        EXPECT_EQ(again.what(), mine);
      }
    }
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  }

  void Arm(Random& random) {
    armed_.fetch_add(1);
    const time::Timer timer =
        time::AfterFunc(std::chrono::microseconds(random.Below(1000)),
                        [this] { fired_.fetch_add(1); });
    for (int i = random.Below(3); i > 0; i--) {
      runtime::Gosched();
      // Armed once more: either it had not fired, or it will again.
      if (!timer.Reset(std::chrono::microseconds(random.Below(1000)))) {
        armed_.fetch_add(1);
      }
    }
    if (random.OneIn(2)) {
      if (random.OneIn(2)) time::Sleep(500us);
      if (timer.Stop()) stopped_.fetch_add(1);
    }
  }

  static void SystemStack(Random& random) {
    const int v = random.Below(1000);
    try {
      const int got = runtime::OnSystemStack([v] {
        if (v % 10 == 0) throw v;
        if (v % 10 == 1) return runtime::OnSystemStack([v] { return v; });
        return v;
      });
      EXPECT_EQ(got, v);
    } catch (int caught) {
      EXPECT_EQ(caught, v);
    }
  }

  static void Errno(Random& random) {
    const int mine = 1000 + random.Below(1000);
    WriteErrno(mine);
    runtime::Gosched();
    EXPECT_EQ(ReadErrno(), mine);
  }

  const std::uint64_t seed_;
  stress::Watchdog dog_;
  std::atomic<bool> stop_{false};
  std::array<Chan<std::int64_t>, kChannels> channels_;
  std::atomic<std::int64_t> sent_{0};
  std::atomic<std::int64_t> received_{0};
  std::atomic<std::uint64_t> values_{0};
  std::atomic<std::int64_t> armed_{0};
  std::atomic<std::int64_t> fired_{0};
  std::atomic<std::int64_t> stopped_{0};
  sync::WaitGroup children_;
  sync::Mutex mutex_;
  std::int64_t first_ = 0;  // under mutex_
  std::int64_t second_ = 0;
  sync::RWMutex rw_;
  std::int64_t left_ = 0;  // under rw_
  std::int64_t right_ = 0;
};

class SchedStress : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Procs, SchedStress, kProcs, ProcsName);

TEST_P(SchedStress, EverythingAtOnce) {
  const std::uint64_t seed = stress::Seed();
  const int former = runtime::GOMAXPROCS(GetParam());
  {
    SignalRain rain;
    gosling::Run([&] {
      Everything(seed).Run();
      EXPECT_EQ(AwaitGoroutines(1), 1);
    });
  }
  runtime::GOMAXPROCS(former);
}

// --- Wake-ups ---

// Tokens go round in rings of goroutines, threads and sleeps, so few that
// mostly everybody is asleep: one forgotten wake-up stops a ring for good.
TEST_P(SchedStress, NoWakeUpIsLost) {
  const std::uint64_t seed = stress::Seed();
  const int former = runtime::GOMAXPROCS(GetParam());
  stress::Watchdog dog;
  constexpr int kRings = 3;
  constexpr int kNodes = 6;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  sync::WaitGroup done;
  for (int r = 0; r < kRings; r++) {
    std::vector<Chan<int>> ring;
    for (int i = 0; i < kNodes; i++) ring.push_back(MakeChan<int>(i % 2));
    for (int i = 0; i < kNodes; i++) {
      auto node = [&, in = ring[i], out = ring[(i + 1) % kNodes],
                   random = Random(seed, 100 * r + i)]() mutable {
        for (int hop : in) {
          dog.Moved();
          if (random.OneIn(8)) time::Sleep(std::chrono::microseconds(30));
          if (random.OneIn(16)) {
            ::usleep(random.Below(60));
          } else if (random.OneIn(16)) {
            runtime::Blocking([&] { ::usleep(random.Below(60)); });
          }
          if (stop) break;
          out.Send(hop + 1);
        }
        out.Close();
        done.Done();
      };
      done.Add(1);
      if (i % 3 == r) {
        threads.emplace_back(std::move(node));
      } else {
        Go(std::move(node));
      }
    }
    Go([c = ring[0]] { c.Send(0); });
  }
  std::this_thread::sleep_for(stress::Duration());
  stop = true;
  done.Wait();
  for (std::thread& t : threads) t.join();
  std::printf("%llu hops\n", static_cast<unsigned long long>(dog.Moves()));
  runtime::GOMAXPROCS(former);
}

// --- Runs ---

// Runs come and go with goroutines in every state, while threads and
// goroutines of the process go on with their own business.
TEST_P(SchedStress, RunsComeAndGo) {
  Random random(stress::Seed(), 0);
  const int former = runtime::GOMAXPROCS(GetParam());
  stress::Watchdog dog;
  std::atomic<bool> stop{false};
  Chan<int> ping = MakeChan<int>();
  Chan<int> pong = MakeChan<int>();
  Go([=] {
    for (int v : ping) pong.Send(v);
    pong.Close();
  });
  std::thread outside([&] {
    for (int i = 0; !stop; i++) {
      ping.Send(i);
      EXPECT_EQ(*pong.Recv(), i);
      if (i % 100 == 0) time::Sleep(100us);
      if (i % 64 == 0) runtime::GOMAXPROCS(1 + i / 64 % 4);
    }
    ping.Close();
  });
  const auto end = std::chrono::steady_clock::now() + stress::Duration();
  int runs = 0;
  // What is abandoned stays in memory: there is a limit to it.
  for (; runs < 4000 && std::chrono::steady_clock::now() < end; runs++) {
    dog.Moved();
    const int children = random.Below(12);
    const int expected = random.Below(1000);
    auto held = std::make_shared<std::atomic<bool>>(false);
    const int got = gosling::Run([&, held] {
      for (int i = 0; i < children; i++) {
        Go([kind = random.Below(8), held] {
          switch (kind) {
            case 0:
              Select();
              return;
            case 1:
              for (;;) runtime::Gosched();
            case 2:
              for (;;) time::Sleep(50us);
            case 3:
              while (!*held) std::this_thread::yield();
              for (;;) runtime::Gosched();
            case 4:
              for (;;) runtime::Stack(true);
            case 5:
              for (;;) runtime::Blocking([] { ::usleep(100); });
            case 6: {
              runtime::LockOSThread();
              Chan<int>().Recv();
              return;
            }
            default:
              return;
          }
        });
      }
      for (int i = random.Below(20); i > 0; i--) runtime::Gosched();
      if (random.OneIn(4)) time::Sleep(std::chrono::microseconds(100));
      return expected;
    });
    *held = true;
    ASSERT_EQ(got, expected);
  }
  stop = true;
  outside.join();
  EXPECT_EQ(pong.Recv(), std::nullopt);
  std::printf("%d runs\n", runs);
  runtime::GOMAXPROCS(former);
}

}  // namespace
}  // namespace gosling
