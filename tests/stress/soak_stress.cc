// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The soak: everything at once, for ten minutes. Goroutines and threads spawn,
// send, select, lock, sleep, block, compute, throw, panic, unwind, lock their
// threads, raise signals and change GOMAXPROCS, while other signals interrupt
// them.
//
// The soak looks at this. Of each worker: its values arrive, once; each timer
// it armed fires or is stopped; its counts under locks add up; it takes steps
// all the time. Of the whole: each signal that was received is delivered or
// dropped; in the end there is no goroutine, thread or descriptor that was not
// there before.
//
//     GOSLING_STRESS_SECONDS=600 GOSLING_STRESS_SEED=1 build/tests/soak_stress

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "sched/os/os.h"
#include "sched/sched.h"
#include "tests/go_test.h"
#include "tests/stress/stress.h"
#include "tests/thread_locals.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using stress::Random;

constexpr int kGoroutines = 24;
constexpr int kThreads = 3;
constexpr int kWorkers = kGoroutines + kThreads;
constexpr int kChannels = 6;
constexpr int kSignal = SIGUSR1;

// For so long a worker may take no step: far longer than anything that it waits
// for, since others compete for the machine.
constexpr auto kPatience = std::chrono::seconds(kSanitized ? 120 : 30);
constexpr auto kReport = 10s;

// Descriptors returns how many are open, but for those of programs and
// libraries, which Abseil keeps once it has read their symbols.
int Descriptors() {
  std::ostringstream maps;
  maps << std::ifstream("/proc/self/maps").rdbuf();
  int n = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && maps.str().find(target.string()) == std::string::npos) n++;
  }
  return n;
}

long ResidentMiB() {
  long pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * ::sysconf(_SC_PAGESIZE) >> 20;
}

// UnknownThreads returns how many threads the process has that the runtime does
// not know of.
int UnknownThreads() {
  const runtime::Counters now = runtime::Stats();
  return sched::os::ThreadCount() - now.threads - now.foreign_threads -
         sched::scheduler.nhidden.load();
}

// Signals that arrive all the while, at whichever thread.
std::atomic<std::uint64_t> drops{0};
class SignalRain {
 public:
  SignalRain() {
    struct sigaction action = {};
    action.sa_handler = [](int) {
      drops.fetch_add(1, std::memory_order_relaxed);
    };
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigaction(SIGALRM, &action, &former_);
    Set(500);
  }
  ~SignalRain() {
    Set(0);
    ::signal(SIGALRM, SIG_IGN);  // the last one may be pending
    ::sigaction(SIGALRM, &former_, nullptr);
  }

 private:
  static void Set(suseconds_t us) {
    const itimerval every{{0, us}, {0, us}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  struct sigaction former_ = {};
};

// A channel's element: a number, and the worker whose account it is on.
struct Value {
  int owner;
  std::int64_t number;
};

// Ledger is what a worker and its children have done.
struct alignas(64) Ledger {
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> armed{0};
  std::atomic<std::int64_t> fired{0};
  std::atomic<std::int64_t> stopped{0};
  std::atomic<std::int64_t> locked{0};   // how often mutex_ …
  std::atomic<std::int64_t> written{0};  // … and rw_, to write
};

class Soak {
 public:
  explicit Soak(std::uint64_t seed) : seed_(seed) {
    for (int i = 0; i < kChannels; i++) {
      channels_[i] = MakeChan<Value>(i % 3 == 0 ? 0 : i * i);
    }
    closed_.Close();
  }

  // Run, in the main goroutine, lets all work for so long, and checks the
  // accounts.
  void Run(Clock::duration duration) {
    TakeSignals();
    std::vector<std::thread> threads;
    sync::WaitGroup done;
    done.Add(kWorkers);
    for (int i = 0; i < kWorkers; i++) {
      auto work = [this, i, &done] {
        Random random(seed_, i);
        while (!stop_) Step(i, random, 2);
        done.Done();
      };
      if (i < kThreads) {
        threads.emplace_back(work);
      } else {
        Go(GoOptions{.name = "worker"}, work);
      }
    }
    Watch(duration);
    stop_ = true;
    done.Wait();
    runtime::Blocking([&] {
      for (std::thread& t : threads) t.join();
    });
    children_.Wait();
    StopSignals();
    CheckAccounts();
  }

 private:
  // --- Watching ---

  // Watch reports progress, and fails if a worker has had no turn for long.
  void Watch(Clock::duration duration) {
    const auto start = Clock::now();
    std::array<std::uint64_t, kWorkers> seen{};
    std::array<Clock::time_point, kWorkers> moved;
    moved.fill(start);
    auto reported = start;
    for (auto now = start;
         now - start < duration && !::testing::Test::HasFailure();
         now = Clock::now()) {
      time::Sleep(100ms);
      for (int i = 0; i < kWorkers; i++) {
        const std::uint64_t steps = ledgers_[i].steps;
        if (steps != seen[i]) {
          seen[i] = steps;
          moved[i] = now;
          dog_.Moved();
        }
        ASSERT_LT(now - moved[i], kPatience) << "worker " << i << " starves\n"
                                             << runtime::Stack(true);
      }
      if (now - reported < kReport) continue;
      reported = now;
      Report(std::chrono::duration<double>(now - start).count());
    }
  }

  void Report(double seconds) {
    std::uint64_t steps = 0;
    std::uint64_t fewest = UINT64_MAX;
    for (const Ledger& ledger : ledgers_) {
      steps += ledger.steps;
      fewest = std::min(fewest, ledger.steps.load());
    }
    const runtime::Counters now = runtime::Stats();
    std::printf(
        "%4.0f s: %llu steps, %llu the slowest worker's; %d goroutines, %d "
        "threads, %d descriptors, %ld MiB; %llu steals, %llu retakes, %llu "
        "preemptions, %llu signals\n",
        seconds, static_cast<unsigned long long>(steps),
        static_cast<unsigned long long>(fewest), now.goroutines,
        sched::os::ThreadCount(), Descriptors(), ResidentMiB(),
        static_cast<unsigned long long>(now.steals),
        static_cast<unsigned long long>(now.retakes),
        static_cast<unsigned long long>(now.preemptions),
        static_cast<unsigned long long>(taken_.load() + drops.load()));
    std::fflush(stdout);
  }

  void CheckAccounts() {
    // Timers that were neither stopped nor have fired yet are due soon.
    for (const Ledger& ledger : ledgers_) {
      while (ledger.fired + ledger.stopped != ledger.armed) time::Sleep(1ms);
    }
    for (auto& c : channels_) {
      std::optional<Value> left;
      while (c.TryRecv(left)) Take(left);
    }
    std::int64_t locked = 0;
    std::int64_t written = 0;
    for (int i = 0; i < kWorkers; i++) {
      EXPECT_GT(ledgers_[i].steps, 0u) << "worker " << i;
      EXPECT_EQ(ledgers_[i].sent, ledgers_[i].received) << "worker " << i;
      locked += ledgers_[i].locked;
      written += ledgers_[i].written;
    }
    EXPECT_EQ(first_, locked);
    EXPECT_EQ(second_, locked);
    EXPECT_EQ(left_, written);
    EXPECT_EQ(right_, written);
  }

  // --- Steps ---

  void Step(int who, Random& random, int depth) {
    ledgers_[who].steps.fetch_add(1, std::memory_order_relaxed);
    switch (random.Below(24)) {
      case 0:
      case 1:
        return Send(who, random);
      case 2:
      case 3:
        return Recv(random);
      case 4:
        return Try(who, random);
      case 5:
        return Spawn(who, random, depth);
      case 6:
        return Lock(who, random);
      case 7:
        return ReadOrWrite(who, random);
      case 8:
        return time::Sleep(std::chrono::microseconds(random.Below(400)));
      case 9:
        for (int i = random.Below(10); i >= 0; i--) runtime::Gosched();
        return;
      case 10:
        return LockThread(who, random, depth);
      case 11:
        return runtime::Blocking([&] { ::usleep(random.Below(300)); });
      case 12:
        return Silent(random);
      case 13:
      case 14:
        return ThrowAndYield(who, random, depth);
      case 15:
        return Arm(who, random);
      case 16:
        return SystemStack(random);
      case 17:
        return SystemCall(who, random);
      case 18:
        if (random.OneIn(20)) runtime::GOMAXPROCS(1 + random.Below(8));
        if (random.OneIn(100)) runtime::Stack(true);
        return;
      case 19:
        return Panics(random);
      case 20:
        return Tick(random);
      case 21:
        if (random.OneIn(8)) ::kill(::getpid(), kSignal);
        return;
      case 22:
        return SelectDefault(who, random);
      default:
        return Errno(random);
    }
  }

  // Child starts a goroutine that takes one step. Some end by Goexit, and some
  // with their thread.
  void Child(int who, Random& random, int depth, sync::WaitGroup* done) {
    done->Add(1);
    const std::uint64_t seed = random.Next();
    Go([this, who, seed, depth, done] {
      struct Done {
        sync::WaitGroup* done;
        ~Done() { done->Done(); }
      } at_the_end{done};
      Random mine(seed, 0);
      if (mine.OneIn(50)) runtime::LockOSThread();
      Step(who, mine, depth);
      if (mine.OneIn(4)) runtime::Goexit();
    });
  }

  Chan<Value>& AnyChannel(Random& random) {
    return channels_[random.Below(kChannels)];
  }

  void Take(const std::optional<Value>& v) {
    if (v) ledgers_[v->owner].received += v->number;
  }

  void Send(int who, Random& random) {
    const Value v{who, random.Below(1000)};
    ledgers_[who].sent += v.number;  // taken back if it is not sent
    if (Select(OnSend(AnyChannel(random), v), OnSend(AnyChannel(random), v),
               OnRecv(time::After(200us))) == 2) {
      ledgers_[who].sent -= v.number;
    }
  }

  void Recv(Random& random) {
    auto take = [this](std::optional<Value> v) { Take(v); };
    Select(OnRecv(AnyChannel(random), take), OnRecv(AnyChannel(random), take),
           OnRecv(AnyChannel(random), take), OnRecv(time::After(200us)));
  }

  void Try(int who, Random& random) {
    std::optional<Value> v;
    if (AnyChannel(random).TryRecv(v)) Take(v);
    ledgers_[who].sent += 7;
    if (!AnyChannel(random).TrySend(Value{who, 7})) ledgers_[who].sent -= 7;
  }

  void SelectDefault(int who, Random& random) {
    ledgers_[who].sent += 9;
    bool sent = false;
    Select(
        OnSend(AnyChannel(random), Value{who, 9}, [&] { sent = true; }),
        OnRecv(AnyChannel(random), [this](std::optional<Value> v) { Take(v); }),
        OnDefault());
    if (!sent) ledgers_[who].sent -= 9;
  }

  void Spawn(int who, Random& random, int depth) {
    if (depth == 0) return;
    if (random.OneIn(3)) {
      Child(who, random, depth - 1, &children_);  // Spawn does not wait for it
      return;
    }
    sync::WaitGroup done;
    for (int i = random.Below(6); i >= 0; i--) {
      Child(who, random, depth - 1, &done);
    }
    done.Wait();
  }

  void Lock(int who, Random& random) {
    ledgers_[who].locked++;
    mutex_.Lock();
    first_++;
    if (random.OneIn(4)) runtime::Gosched();
    second_++;
    EXPECT_EQ(first_, second_);
    mutex_.Unlock();
  }

  void ReadOrWrite(int who, Random& random) {
    if (random.OneIn(4)) {
      ledgers_[who].written++;
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

  void LockThread(int who, Random& random, int depth) {
    runtime::LockOSThread();
    const std::int64_t tid = sched::os::ThreadId();
    Step(who, random, depth);
    EXPECT_EQ(sched::os::ThreadId(), tid);
    runtime::UnlockOSThread();
  }

  // Silent blocks or computes, and tells the runtime nothing of it.
  static void Silent(Random& random) {
    if (random.OneIn(20)) {
      ::usleep(15'000);
    } else if (random.OneIn(10)) {
      const auto end = Clock::now() + 11ms;
      while (Clock::now() < end) {
      }
    } else {
      ::usleep(random.Below(200));
    }
  }

  void SystemCall(int who, Random& random) {
    runtime::EnterSyscall();
    if (random.OneIn(3)) ::usleep(random.Below(100));
    if (random.OneIn(3)) Try(who, random);
    runtime::ExitSyscall();
  }

  void ThrowAndYield(int who, Random& random, int depth) {
    const std::string mine = std::to_string(random.Next());
    try {
      struct AtTheEnd {
        Soak* all;
        Random& random;
        ~AtTheEnd() {
          EXPECT_EQ(std::uncaught_exceptions(), 1);
          all->Recv(random);
          EXPECT_EQ(std::uncaught_exceptions(), 1);
        }
      } at_the_end{this, random};
      throw std::runtime_error(mine);
    } catch (const std::runtime_error& e) {
      if (depth > 0) Step(who, random, depth - 1);
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

  // Panics makes a mistake, and recovers.
  void Panics(Random& random) {
    std::string words;
    try {
      switch (random.Below(3)) {
        case 0:
          closed_.Send(1);
          break;
        case 1:
          Select(OnSend(closed_, 1), OnRecv(Chan<int>()));
          break;
        default:
          sync::WaitGroup().Add(-1);
      }
    } catch (const Panic& panic) {
      runtime::Gosched();
      words = panic.what();
    }
    EXPECT_TRUE(words == "send on closed channel" ||
                words == "sync: negative WaitGroup counter")
        << words;
  }

  void Arm(int who, Random& random) {
    Ledger& ledger = ledgers_[who];
    ledger.armed++;
    const time::Timer timer =
        time::AfterFunc(std::chrono::microseconds(random.Below(1000)),
                        [&ledger] { ledger.fired++; });
    for (int i = random.Below(3); i > 0; i--) {
      runtime::Gosched();
      // Armed once more: either it had not fired, or it will again.
      if (!timer.Reset(std::chrono::microseconds(random.Below(1000)))) {
        ledger.armed++;
      }
    }
    if (random.OneIn(2)) {
      if (random.OneIn(2)) time::Sleep(500us);
      if (timer.Stop()) ledger.stopped++;
    }
  }

  static void Tick(Random& random) {
    const time::Ticker ticker =
        time::NewTicker(std::chrono::microseconds(50 + random.Below(200)));
    for (int i = random.Below(3); i > 0; i--) ticker.C().Recv();
    ticker.Stop();
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

  // --- Signals ---

  void TakeSignals() {
    signal::Notify(caught_, kSignal);
    Go(GoOptions{.name = "signals"}, [this] {
      for (signal::Signal s : caught_) {
        EXPECT_EQ(s, signal::Signal(kSignal));
        taken_++;
      }
      no_more_.Send(Unit{});
    });
  }

  void StopSignals() {
    // The last one raised arrives.
    const std::uint64_t before = taken_;
    ::kill(::getpid(), kSignal);
    while (taken_ == before) time::Sleep(1ms);
    signal::Ignore(kSignal);  // what is pending still would end the process
    signal::Stop(caught_);
    caught_.Close();
    no_more_.Recv();
    const signal::Counters all = signal::Stats(kSignal);
    EXPECT_EQ(all.received, all.coalesced + all.delivered + all.dropped);
    EXPECT_EQ(all.delivered, taken_);
  }

  const std::uint64_t seed_;
  stress::Watchdog dog_;
  std::atomic<bool> stop_{false};
  std::array<Ledger, kWorkers> ledgers_;
  std::array<Chan<Value>, kChannels> channels_;
  Chan<int> closed_ = MakeChan<int>();
  sync::WaitGroup children_;
  sync::Mutex mutex_;
  std::int64_t first_ = 0;  // under mutex_
  std::int64_t second_ = 0;
  sync::RWMutex rw_;
  std::int64_t left_ = 0;  // under rw_
  std::int64_t right_ = 0;
  Chan<signal::Signal> caught_ = MakeChan<signal::Signal>(8);
  Chan<Unit> no_more_ = MakeChan<Unit>();
  std::atomic<std::uint64_t> taken_{0};
};

TEST(Soak, EverythingAtOnce) {
  const std::uint64_t seed = stress::Seed();
  const Clock::duration duration = stress::Duration(600s);
  // Things that stay once they were needed are there before the count.
  gosling::Run([] {
    const auto c = MakeChan<signal::Signal>(1);
    signal::Notify(c, kSignal);
    signal::Stop(c);
    runtime::LockOSThread();
    runtime::UnlockOSThread();
  });
  const int descriptors = Descriptors();
  const int unknown = UnknownThreads();
  {
    SignalRain rain;
    gosling::Run([&] {
      Soak(seed).Run(duration);
      EXPECT_EQ(AwaitGoroutines(1), 1);
    });
  }
  EXPECT_EQ(Descriptors(), descriptors);
  // Threads that ended with their goroutines may still be on their way.
  for (int i = 0; i < 100 && UnknownThreads() != unknown; i++) {
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(UnknownThreads(), unknown);
  const runtime::Counters end = runtime::Stats();
  EXPECT_EQ(end.runnable, 0);
  EXPECT_EQ(end.timers, 0u);
}

}  // namespace
}  // namespace gosling
