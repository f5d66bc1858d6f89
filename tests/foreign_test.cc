// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that are not ours (sched/foreign.h): any std::thread may use the
// library and blocks as a thread; what it readies is run, what readies it wakes
// it, and nothing of it stays behind when it ends.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

// A test's threads stand outside of any Run, so that nothing is judged a
// deadlock; a hang is ended by the time limit.
class ForeignTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { former_ = runtime::GOMAXPROCS(GetParam()); }
  void TearDown() override { runtime::GOMAXPROCS(former_); }

 private:
  TimeLimit limit_{std::chrono::seconds(kSanitized ? 120 : 30)};
  int former_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Procs, ForeignTest, kProcs, ProcsName);

class Threads {
 public:
  template <class F>
  void Add(F f) {
    threads_.emplace_back(std::move(f));
  }
  ~Threads() { Join(); }
  void Join() {
    for (std::thread& t : threads_) t.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

constexpr int kRounds = kSanitized ? 300 : 3000;

// Every message finds the other side idle: all Ms asleep, or the thread.
TEST_P(ForeignTest, AThreadAndAGoroutinePingPong) {
  Chan<int> ping = MakeChan<int>();
  Chan<int> pong = MakeChan<int>();
  Go([=] {
    for (int v : ping) pong.Send(v + 1);
    pong.Close();
  });
  for (int i = 0; i < kRounds; i++) {
    ping.Send(i);
    ASSERT_EQ(*pong.Recv(), i + 1);
  }
  ping.Close();
  EXPECT_EQ(pong.Recv(), std::nullopt);
}

TEST_P(ForeignTest, TwoThreadsPingPong) {
  Chan<int> ping = MakeChan<int>();
  Chan<int> pong = MakeChan<int>();
  std::thread other([=] {
    for (int v : ping) pong.Send(v + 1);
  });
  for (int i = 0; i < kRounds; i++) {
    ping.Send(i);
    EXPECT_EQ(*pong.Recv(), i + 1);
  }
  ping.Close();
  other.join();
}

TEST_P(ForeignTest, ThreadsAndGoroutinesShareAChannel) {
  constexpr int kEach = kSanitized ? 200 : 2000;
  Chan<int> c = MakeChan<int>(4);
  Chan<std::int64_t> sums = MakeChan<std::int64_t>(8);
  sync::WaitGroup senders;
  senders.Add(8);
  Threads threads;
  auto send = [=, &senders] {
    for (int i = 1; i <= kEach; i++) c.Send(i);
    senders.Done();
  };
  auto receive = [=] {
    std::int64_t sum = 0;
    for (int v : c) sum += v;
    sums.Send(sum);
  };
  for (int i = 0; i < 4; i++) {
    threads.Add(send);
    threads.Add(receive);
    Go(send);
    Go(receive);
  }
  senders.Wait();
  c.Close();
  std::int64_t total = 0;
  for (int i = 0; i < 8; i++) total += *sums.Recv();
  EXPECT_EQ(total, std::int64_t{8} * kEach * (kEach + 1) / 2);
}

TEST_P(ForeignTest, ThreadsAndGoroutinesShareAMutex) {
  constexpr int kEach = kSanitized ? 200 : 2000;
  sync::Mutex mu;
  std::int64_t count = 0;
  sync::WaitGroup done;
  done.Add(8);
  Threads threads;
  auto work = [&] {
    for (int i = 0; i < kEach; i++) {
      mu.Lock();
      count++;
      if (i % 64 == 0) runtime::Gosched();
      mu.Unlock();
    }
    done.Done();
  };
  for (int i = 0; i < 4; i++) {
    threads.Add(work);
    Go(work);
  }
  done.Wait();
  EXPECT_EQ(count, 8 * kEach);
}

TEST_P(ForeignTest, ThreadsSelect) {
  Chan<int> a = MakeChan<int>();
  Chan<int> b = MakeChan<int>();
  Chan<Unit> quit = MakeChan<Unit>();
  std::int64_t sum = 0;
  std::thread t([&] {
    for (bool on = true; on;) {
      Select(OnRecv(a, [&](std::optional<int> v) { sum += *v; }),
             OnRecv(b, [&](std::optional<int> v) { sum += 1000 * *v; }),
             OnRecv(quit, [&] { on = false; }));
    }
  });
  sync::WaitGroup done;
  for (Chan<int> c : {a, b}) {
    done.Go([c] {
      for (int i = 0; i < 100; i++) c.Send(1);
    });
  }
  done.Wait();
  quit.Close();
  t.join();
  EXPECT_EQ(sum, 100 + 100 * 1000);
}

TEST_P(ForeignTest, AThreadSleepsAndTimesOut) {
  Threads threads;
  for (int i = 0; i < 4; i++) {
    threads.Add([] {
      Chan<int> never = MakeChan<int>();
      for (int k = 0; k < 10; k++) {
        const auto before = std::chrono::steady_clock::now();
        time::Sleep(500us);
        EXPECT_EQ(Select(OnRecv(never), OnRecv(time::After(500us))), 1);
        EXPECT_GE(std::chrono::steady_clock::now() - before, 1ms);
      }
    });
  }
}

TEST_P(ForeignTest, AThreadWaitsForItsGoroutines) {
  Threads threads;
  std::atomic<int> ran{0};
  for (int i = 0; i < 4; i++) {
    threads.Add([&] {
      for (int k = 0; k < 20; k++) {
        sync::WaitGroup done;
        for (int j = 0; j < 20; j++) {
          done.Go([&] {
            runtime::Gosched();
            ran.fetch_add(1);
          });
        }
        done.Wait();
      }
    });
  }
  threads.Join();
  EXPECT_EQ(ran, 4 * 20 * 20);
}

// Goroutines made by a thread are picked up although no M is awake.
TEST_P(ForeignTest, GoWakesAnIdleProgram) {
  for (int i = 0; i < 50; i++) {
    std::atomic<bool> ran{false};
    ::usleep(i % 5 * 300);  // all go to sleep
    Go([&] { ran = true; });
    while (!ran) std::this_thread::yield();
  }
}

TEST_P(ForeignTest, AThreadIsNoGoroutine) {
  std::thread([] {
    const int before = runtime::NumGoroutine();
    EXPECT_EQ(runtime::Goid(), 0U);
    runtime::Gosched();
    runtime::LockOSThread();
    runtime::UnlockOSThread();
    runtime::SetName("mine");
    EXPECT_NE(runtime::Stack(false).find("mine"), std::string::npos);
    EXPECT_EQ(runtime::NumGoroutine(), before);
  }).join();
}

TEST_P(ForeignTest, AThreadThatEndsLeavesNothingBehind) {
  const int before = sched::scheduler.nforeign.load();
  for (int i = 0; i < 20; i++) {
    Threads threads;
    Chan<int> c = MakeChan<int>();
    for (int k = 0; k < 10; k++) {
      threads.Add([c] { c.Send(1); });
    }
    for (int k = 0; k < 10; k++) c.Recv();
  }
  EXPECT_EQ(sched::scheduler.nforeign.load(), before);
}

// The waker may still be at it when the thread that it woke is gone.
TEST_P(ForeignTest, AThreadMayEndAsSoonAsItIsWoken) {
  for (int i = 0; i < (kSanitized ? 100 : 500); i++) {
    Chan<Unit> c = MakeChan<Unit>();
    std::thread t([c] { c.Recv(); });
    Go([c] { c.Send({}); });
    t.join();
  }
}

// A thread_local that outlives the runtime's own, and uses it once more.
struct Late {
  Chan<int> c;
  ~Late() {
    if (c) c.Send(runtime::Goid() == 0 ? 1 : 2);
  }
};

TEST_P(ForeignTest, ThreadLocalDestructorsMayUseTheRuntime) {
  for (int i = 0; i < 10; i++) {
    Chan<int> c = MakeChan<int>(1);
    std::thread([c] {
      thread_local Late late;  // constructed before this thread is adopted
      late.c = c;
      runtime::Gosched();
    }).join();
    EXPECT_EQ(*c.Recv(), 1);
  }
}

TEST_P(ForeignTest, ThreadsChangeGomaxprocs) {
  Threads threads;
  for (int i = 0; i < 3; i++) {
    threads.Add([i] {
      for (int k = 0; k < 20; k++) {
        runtime::GOMAXPROCS(1 + (i + k) % 4);
        sync::WaitGroup done;
        done.Go([] { runtime::Gosched(); });
        done.Wait();
      }
    });
  }
}

TEST_P(ForeignTest, ThreadsTakePartInARun) {
  Threads threads;
  std::atomic<int> sum{0};
  EXPECT_EQ(gosling::Run([&] {
              Chan<int> c = MakeChan<int>();
              for (int i = 0; i < 5; i++) {
                threads.Add([=] {
                  for (int k = 0; k < 100; k++) c.Send(k);
                });
              }
              for (int i = 0; i < 500; i++) sum += *c.Recv();
              return 9;
            }),
            9);
  EXPECT_EQ(sum, 5 * 4950);
}

// --- In every part of a process's life ---

constexpr char kBeforeMain[] = "GOSLING_TEST_BEFORE_MAIN";

// A static constructor that uses the library, in processes that ask for it:
// threads of its own and goroutines, which live on.
struct Early {
  int sum = 0;
  Chan<int> questions;
  Chan<int> answers;
  Early() {
    if (std::getenv(kBeforeMain) == nullptr) return;
    Chan<int> c = MakeChan<int>();
    std::thread t([c] {
      for (int i = 0; i < 10; i++) c.Send(i);
    });
    Go([c] {
      for (int i = 10; i < 20; i++) c.Send(i);
    });
    for (int i = 0; i < 20; i++) sum += *c.Recv();
    t.join();
    time::Sleep(1ms);
    questions = MakeChan<int>();
    answers = MakeChan<int>();
    Go([q = questions, a = answers] {
      for (int v : q) a.Send(v + 1);
    });
  }
} early;

class LifeDeathTest : public FreshDeathTest {
 protected:
  void SetUp() override { ::alarm(kSanitized ? 240 : 60); }
  void TearDown() override {
    ::unsetenv(kBeforeMain);
    ::alarm(0);
  }
};

TEST_F(LifeDeathTest, BeforeMain) {
  ::setenv(kBeforeMain, "1", 1);
  EXPECT_EXIT(
      {
        bool good = early.sum == 190;
        // In main, in Run and after it the same goroutine answers.
        auto ask = [&](int v) {
          early.questions.Send(v);
          return *early.answers.Recv();
        };
        good = good && ask(1) == 2;
        good = good && gosling::Run([&] { return ask(5); }) == 6;
        good = good && ask(8) == 9;
        std::_Exit(good ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "^$");
}

TEST_F(LifeDeathTest, AfterRun) {
  EXPECT_EXIT(
      {
        int sum = 0;
        for (int turn = 0; turn < 20; turn++) {
          Chan<int> c = MakeChan<int>();
          sync::Mutex mu;
          // Waits through the whole Run for what comes after it.
          std::thread waits([&] {
            const int v = *c.Recv();
            mu.Lock();
            sum += v;
            mu.Unlock();
          });
          gosling::Run([] {
            Go([] { Select(); });
            runtime::Gosched();
          });
          time::Sleep(100us);
          Go([&] { c.Send(1); });
          waits.join();
          Chan<int> d = MakeChan<int>();
          const auto timer = time::After(1us);
          Select(OnRecv(d), OnRecv(timer));
          mu.Lock();
          sum += 100;
          mu.Unlock();
        }
        std::_Exit(sum == 20 * 101 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "^$");
}

// exit() runs the handlers of atexit and the destructors of statics while
// threads and goroutines go on as before; both may use the library still.
TEST_F(LifeDeathTest, DuringProcessExit) {
  for (bool in_run : {false, true}) {
    EXPECT_EXIT(
        {
          auto busy = [] {
            for (int i = 0; i < 4; i++) {
              Chan<int> c = MakeChan<int>();
              std::thread([c] {
                for (;;) c.Send(1);
              }).detach();
              std::thread([c] {
                for (;;) {
                  const auto late = time::After(50us);
                  Select(OnRecv(c), OnRecv(late));
                }
              }).detach();
              Go([c] {
                for (;;) c.Recv();
              });
            }
          };
          static auto talk = [] {
            Chan<int> c = MakeChan<int>();
            Go([c] { c.Send(7); });
            time::Sleep(1ms);
            if (*c.Recv() != 7) std::_Exit(3);
          };
          static struct Last {
            ~Last() {
              talk();
              std::thread([] { talk(); }).join();
            }
          } last;
          std::atexit([] { talk(); });
          if (in_run) {
            gosling::Run([&] {
              busy();
              talk();
              std::exit(5);
            });
          }
          busy();
          talk();
          std::exit(5);
        },
        ::testing::ExitedWithCode(5), "^$")
        << in_run;
  }
}

// --- Signals ---

// A signal that lands on a thread that is not ours is delivered as any other,
// and whatever the thread was doing in here goes on.
TEST_P(ForeignTest, ASignalMayLandOnAThread) {
  Chan<signal::Signal> signals = MakeChan<signal::Signal>(100);
  signal::Notify(signals, SIGUSR1);
  // On one that has never called the library, on one that has, and there
  // between two calls.
  std::thread([&] {
    ::pthread_kill(::pthread_self(), SIGUSR1);
    EXPECT_EQ(*signals.Recv(), signal::Signal(SIGUSR1));
    for (int i = 0; i < 20; i++) {
      ::pthread_kill(::pthread_self(), SIGUSR1);
      EXPECT_EQ(*signals.Recv(), signal::Signal(SIGUSR1));
    }
  }).join();
  signal::Stop(signals);
}

TEST_P(ForeignTest, ASignalMayLandOnAThreadThatWaits) {
  if (kThreadSanitizer) GTEST_SKIP() << "signals to sleepers are put off there";
  Chan<signal::Signal> signals = MakeChan<signal::Signal>(100);
  signal::Notify(signals, SIGUSR1);
  Chan<int> c = MakeChan<int>();
  std::atomic<std::int64_t> tid{0};
  std::thread waits([&] {
    tid = sched::os::ThreadId();
    for (int i = 0; i < 20; i++) EXPECT_EQ(*c.Recv(), i);
  });
  while (tid == 0) std::this_thread::yield();
  for (int i = 0; i < 20; i++) {
    WaitUntilAsleep(tid);
    ::pthread_kill(waits.native_handle(), SIGUSR1);
    EXPECT_EQ(*signals.Recv(), signal::Signal(SIGUSR1));
    WaitUntilAsleep(tid);  // it waits as before
    c.Send(i);
  }
  waits.join();
  signal::Stop(signals);
}

class FirstUseTest : public FreshDeathTest {};

// The runtime starts once, whichever thread comes first.
TEST_F(FirstUseTest, ManyThreadsMayBeTheFirst) {
  EXPECT_EXIT(
      {
        std::atomic<int> ready{0};
        std::atomic<int> ran{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 16; i++) {
          threads.emplace_back([&] {
            ready.fetch_add(1);
            while (ready != 16) std::this_thread::yield();
            sync::WaitGroup done;
            for (int k = 0; k < 10; k++) done.Go([&] { ran.fetch_add(1); });
            done.Wait();
          });
        }
        for (std::thread& t : threads) t.join();
        std::_Exit(ran == 160 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "^$");
}

TEST_F(FirstUseTest, MayBeAnything) {
  EXPECT_EXIT(std::_Exit(runtime::NumGoroutine()), ::testing::ExitedWithCode(0),
              "^$");
  EXPECT_EXIT(std::_Exit(runtime::GOMAXPROCS(0) < 1),
              ::testing::ExitedWithCode(0), "^$");
  EXPECT_EXIT(
      {
        runtime::GOMAXPROCS(3);
        std::_Exit(runtime::GOMAXPROCS(0));
      },
      ::testing::ExitedWithCode(3), "^$");
  EXPECT_EXIT(
      {
        time::Sleep(1ms);
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "^$");
  EXPECT_EXIT(
      {
        runtime::ExitSyscall();
        runtime::EnterSyscall();
        runtime::EnterSyscallBlock();
        runtime::ExitSyscall();
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "^$");
  EXPECT_EXIT(
      {
        const std::string text = runtime::Stack(true);
        std::_Exit(text.empty() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "^$");
  EXPECT_EXIT(std::_Exit(runtime::SetMaxThreads(500) == 10000 ? 0 : 1),
              ::testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace gosling
