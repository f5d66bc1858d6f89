// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Run, Go and Goexit as programs see them (gosling/go.h, gosling/runtime.h): the
// promises of Run, closures, the sizes of stacks, and the environment of a start.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
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
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/children.h"
#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"

// Goroutines that a Run abandons keep what is on their stacks (sched/run.h);
// this test abandons some in the middle of printing stacks.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
  return "leak:RunEndsWhileOthersStopTheWorld\n";
}

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

class RunTest : public ProcsTest {};
INSTANTIATE_TEST_SUITE_P(Procs, RunTest, kProcs, ProcsName);

class RunDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, RunDeathTest, kProcs, ProcsName);

// --- Run ---

TEST_P(RunTest, RunReturnsWhatMainReturns) {
  EXPECT_EQ(gosling::Run([] { return 42; }), 42);
  EXPECT_EQ(gosling::Run([] { return -1; }), -1);
  EXPECT_EQ(gosling::Run([] {}), 0);
  EXPECT_EQ(gosling::Run([] { return true; }), 1);
}

TEST_P(RunTest, RunTakesMoveOnlyMain) {
  auto seven = std::make_unique<int>(7);
  EXPECT_EQ(gosling::Run([seven = std::move(seven)] { return *seven; }), 7);
}

// Go: main returns, and that is that.
TEST_P(RunTest, RunDoesNotWaitForOtherGoroutines) {
  Chan<int> never = MakeChan<int>();
  for (int i = 0; i < 20; i++) {
    gosling::Run([&] {
      for (int j = 0; j < 20; j++) Go([never] { never.Recv(); });
      runtime::Gosched();
    });
  }
}

// ThreadSanitizer knows some 8,000 threads and fibers at a time.
TEST_P(RunTest, WhatIsLeftBehindTakesNoFibers) {
  const int runs = kThreadSanitizer ? 40 : 4;
  for (int i = 0; i < runs; i++) {
    gosling::Run([] {
      sync::WaitGroup begun;
      for (int n = 0; n < 250; n++) {
        begun.Add(1);
        Go([&] {
          begun.Done();
          Chan<int>().Recv();
        });
      }
      begun.Wait();
      for (int n = 0; n < 100; n++) runtime::Gosched();
    });
  }
}

TEST_P(RunTest, RunAgainAndAgain) {
  for (int i = 0; i < 200; i++) {
    const int got = gosling::Run([i] {
      Chan<int> c = MakeChan<int>();
      Go([c, i] { c.Send(i); });
      return *c.Recv();
    });
    ASSERT_EQ(got, i);
  }
}

// Goroutines that are parked when main returns are not there any more for their
// wakers.
TEST_P(RunTest, NothingOfAnEndedRunIsResumed) {
  Chan<int> c = MakeChan<int>();
  std::atomic<int> resumed{0};
  gosling::Run([&] {
    Chan<Unit> parked = MakeChan<Unit>();
    for (int i = 0; i < 10; i++) {
      Go([&resumed, c, parked] {
        parked.Send({});
        c.Recv();
        resumed.fetch_add(1);
      });
    }
    for (int i = 0; i < 10; i++) parked.Recv();
    for (int i = 0; i < 100; i++) runtime::Gosched();
  });
  gosling::Run([&] {
    EXPECT_FALSE(c.TrySend(1)) << "an abandoned goroutine took the value";
    for (int i = 0; i < 100; i++) runtime::Gosched();
    Go([c] { c.Send(2); });
    EXPECT_EQ(*c.Recv(), 2) << "the queue of waiters is in order";
  });
  EXPECT_EQ(resumed.load(), 0);
}

// Sleepers and goroutines that are runnable when main returns neither.
TEST_P(RunTest, NeitherSleepersNorTheRunnableOutliveTheirRun) {
  std::atomic<bool> over{false};
  std::array<std::atomic<int>, 20> late{};
  gosling::Run([&] {
    for (std::size_t i = 0; i < late.size(); i++) {
      Go([&, i] {
        if (i % 2 == 0) time::Sleep(1ms);
        for (;;) {
          if (over.load()) late[i].fetch_add(1);
          runtime::Gosched();
        }
      });
    }
    for (int i = 0; i < 10; i++) runtime::Gosched();
  });
  over.store(true);
  gosling::Run([] { time::Sleep(20ms); });  // would resume any that it could
  gosling::Run([] { time::Sleep(5ms); });
  // One that was in user code at the end may have gone on to its next call, when
  // its thread had a core.
  for (const std::atomic<int>& calls : late) EXPECT_LE(calls.load(), 1);
}

// A goroutine in user code when main returns: its next call of the runtime does
// not return.
TEST_P(RunTest, OneInUserCodeDoesNotReturnFromItsNextCall) {
  std::atomic<int> stage{0};
  std::atomic<bool> go_on{false};
  gosling::Run([&] {
    Go([&] {
      stage.store(1);
      while (!go_on.load()) std::this_thread::yield();
      stage.store(2);
      runtime::Gosched();
      stage.store(3);
    });
    while (stage.load() != 1) runtime::Gosched();
  });
  go_on.store(true);
  while (stage.load() != 2) std::this_thread::yield();
  gosling::Run([] { time::Sleep(5ms); });
  EXPECT_EQ(stage.load(), 2);
}

// Ends of runs do not pile up: goroutines that hold up the world's stopping
// (here by stopping it themselves) are abandoned like others.
TEST_P(RunTest, RunEndsWhileOthersStopTheWorld) {
  const TimeLimit limit(std::chrono::seconds(kSanitized ? 120 : 30));
  for (int i = 0; i < (kSanitized ? 20 : 100); i++) {
    gosling::Run([&] {
      Chan<Unit> started = MakeChan<Unit>(4);
      for (int j = 0; j < 4; j++) {
        Go([started, j, procs = GetParam()] {
          started.Send({});
          for (int k = j;; k++) {
            if (k % 2 == 0) {
              runtime::Stack(true);
            } else {
              runtime::GOMAXPROCS(procs + k % 4 / 2);
            }
          }
        });
      }
      for (int j = 0; j < 4; j++) started.Recv();
      for (int j = 0; j < 10; j++) runtime::Gosched();
    });
  }
}

TEST_P(RunTest, RunInsideRunPanics) {
  Run([] {
    try {
      gosling::Run([] {});
      ADD_FAILURE() << "Run inside Run returned";
    } catch (const Panic& p) {
      EXPECT_NE(std::string_view(p.what()).find("Run called inside Run"),
                std::string_view::npos)
          << p.what();
    }
    Chan<int> c = MakeChan<int>();  // and this Run goes on
    Go([c] { c.Send(1); });
    EXPECT_EQ(*c.Recv(), 1);
  });
}

TEST_P(RunTest, RunInTwoThreadsPanics) {
  Run([] {
    std::thread([] {
      try {
        gosling::Run([] {});
        ADD_FAILURE() << "a second Run returned";
      } catch (const Panic& p) {
        EXPECT_NE(
            std::string_view(p.what()).find("another thread's Run is in pro"),
            std::string_view::npos)
            << p.what();
      }
    }).join();
  });
}

TEST_P(RunTest, RunFromAnotherThreadThanTheFirst) {
  int got = 0;
  for (int i = 0; i < 3; i++) {
    std::thread([&got] { got += gosling::Run([] { return 1; }); }).join();
  }
  EXPECT_EQ(got, 3);
}

// A goroutine started outside of any Run belongs to the process.
TEST_P(RunTest, GoroutinesOfTheProcessOutliveRuns) {
  Chan<int> in = MakeChan<int>();
  Chan<int> out = MakeChan<int>();
  Go([in, out] {
    for (int v : in) out.Send(v + 1);
    out.Close();
  });
  for (int i = 0; i < 10; i++) {
    EXPECT_EQ(gosling::Run([=] {
                in.Send(i);
                return *out.Recv();
              }),
              i + 1);
  }
  in.Close();
  EXPECT_EQ(out.Recv(), std::nullopt);
}

// --- Go ---

TEST_P(RunTest, GoTakesMoveOnlyClosures) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    auto value = std::make_unique<int>(5);
    Go([value = std::move(value), c] { c.Send(*value); });
    EXPECT_EQ(*c.Recv(), 5);
  });
}

TEST_P(RunTest, GoTakesFunctionsAndMutableClosures) {
  static std::atomic<int> calls{0};
  calls = 0;
  Run([] {
    sync::WaitGroup done;
    struct F {
      static void Call() { calls.fetch_add(1); }
    };
    Go(F::Call);
    Go(&F::Call);
    std::function<void()> f = F::Call;
    Go(f);
    done.Add(1);
    Go([n = 1, &done]() mutable {
      n++;
      calls.fetch_add(n);
      done.Done();
    });
    done.Wait();
    while (calls.load() != 5) runtime::Gosched();
  });
}

// Small closures live in the G, big and over-aligned ones on the heap.
template <std::size_t kBytes, std::size_t kAlign>
void RunsClosureOf() {
  struct alignas(kAlign) Payload {
    std::array<unsigned char, kBytes> bytes;
  };
  Payload payload;
  for (std::size_t i = 0; i < kBytes; i++) {
    payload.bytes[i] = static_cast<unsigned char>(i * 7 + kBytes);
  }
  std::atomic<int> verdict{0};
  Go([payload, &verdict] {
    bool ok = reinterpret_cast<std::uintptr_t>(&payload) % kAlign == 0;
    for (std::size_t i = 0; i < kBytes; i++) {
      ok &= payload.bytes[i] == static_cast<unsigned char>(i * 7 + kBytes);
    }
    verdict.store(ok ? 1 : 2);
  });
  while (verdict.load() == 0) runtime::Gosched();
  EXPECT_EQ(verdict.load(), 1) << kBytes << " bytes aligned to " << kAlign;
}

TEST_P(RunTest, GoTakesClosuresOfAnySizeAndAlignment) {
  Run([] {
    for (int i = 0; i < 10; i++) {
      RunsClosureOf<1, 1>();
      RunsClosureOf<56, 8>();
      RunsClosureOf<57, 8>();
      RunsClosureOf<48, 16>();
      RunsClosureOf<64, 8>();
      RunsClosureOf<32, 32>();
      RunsClosureOf<128, 64>();
      RunsClosureOf<5000, 8>();
      RunsClosureOf<4096, 4096>();
    }
  });
}

TEST_P(RunTest, ClosureIsDestroyedWhenTheGoroutineEnds) {
  Run([] {
    auto token = std::make_shared<int>(1);
    Go([token] {});
    std::array<char, 200> big = {};
    Go([token, big] { (void)big; });
    Go([token] { runtime::Goexit(); });
    while (token.use_count() != 1) runtime::Gosched();
  });
}

// Throws when it is copied, never when it is moved.
struct ThrowsOnCopy {
  ThrowsOnCopy() = default;
  ThrowsOnCopy(const ThrowsOnCopy&) { throw std::runtime_error("no copy"); }
  ThrowsOnCopy(ThrowsOnCopy&&) noexcept {}
  void operator()() const { called = true; }
  static inline std::atomic<bool> called{false};
};

TEST_P(RunTest, NothingIsStartedIfCopyingTheClosureThrows) {
  ThrowsOnCopy::called = false;
  Run([] {
    const int before = runtime::NumGoroutine();
    ThrowsOnCopy f;
    for (int i = 0; i < 100; i++) {
      EXPECT_THROW(Go(f), std::runtime_error);
    }
    EXPECT_EQ(runtime::NumGoroutine(), before);
    EXPECT_FALSE(ThrowsOnCopy::called);
    Go(std::move(f));
    while (!ThrowsOnCopy::called.load()) runtime::Gosched();
  });
}

TEST_P(RunTest, GoidsAreNotShared) {
  Run([] {
    constexpr int kGoroutines = 500;
    Chan<std::uint64_t> ids = MakeChan<std::uint64_t>(kGoroutines);
    for (int i = 0; i < kGoroutines; i++) {
      Go([ids] { ids.Send(runtime::Goid()); });
    }
    std::vector<std::uint64_t> all = {runtime::Goid()};
    for (int i = 0; i < kGoroutines; i++) all.push_back(*ids.Recv());
    std::sort(all.begin(), all.end());
    EXPECT_GT(all.front(), 0U);
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  });
}

// Go: TestGoNil.
TEST_P(RunDeathTest, GoOfNil) {
  EXPECT_EXIT(Child([] {
                try {
                  Go(std::function<void()>());
                } catch (...) {
                }
              }),
              ExitedWithCode(2),
              "^fatal error: go of nil func value\n\ngoroutine ");
  EXPECT_EXIT(Child([] {
                void (*f)() = nullptr;
                Go(f);
              }),
              ExitedWithCode(2),
              "^fatal error: go of nil func value\n\ngoroutine ");
}

// --- Stack sizes ---

TEST_P(RunTest, StackSizeIsHadInFull) {
  Run([] {
    for (std::size_t kib : {16, 64, 256, 1024, 16 * 1024}) {
      std::atomic<bool> done{false};
      const std::size_t size = kib * 1024 * (kSanitized ? 4 : 1);
      Go(GoOptions{.name = "digger", .stack_size = size}, [&done, size] {
        // All but what the first frames and a color take.
        const std::size_t use = size - 6 * 1024 * (kSanitized ? 2 : 1);
        auto* low = static_cast<volatile char*>(__builtin_alloca(use));
        for (std::size_t i = 0; i < use; i += 512) low[i] = 1;
        done.store(low[0] == 1);
      });
      while (!done.load()) runtime::Gosched();
    }
  });
}

TEST_P(RunTest, ImpossibleStackSizePanics) {
  Run([] {
    for (std::size_t size :
         {(std::size_t{1} << 30) + 1, SIZE_MAX / 2, SIZE_MAX}) {
      try {
        Go(GoOptions{.stack_size = size}, [] { ADD_FAILURE(); });
        ADD_FAILURE() << "no panic for " << size;
      } catch (const Panic& p) {
        EXPECT_NE(std::string(p.what()).find(std::to_string(size)),
                  std::string::npos)
            << p.what();
      }
    }
    EXPECT_EQ(runtime::NumGoroutine(), 1);
  });
}

TEST_P(RunTest, ANameThatMemoryCannotHoldIsRefused) {
  if (kSanitized) GTEST_SKIP() << "such a malloc ends the program";
  Run([] {
    const std::string_view name("x", PTRDIFF_MAX);
    EXPECT_THROW(Go(GoOptions{.name = name}, [] { ADD_FAILURE(); }),
                 std::bad_alloc);
    EXPECT_EQ(runtime::NumGoroutine(), 1);
  });
}

// --- Goexit ---

// Go: TestGoexitDefer.
TEST_P(RunTest, GoexitRunsDestructors) {
  Run([] {
    Chan<int> c = MakeChan<int>(3);
    struct Defer {
      Chan<int> c;
      int v;
      ~Defer() { c.Send(v); }
    };
    Go([c] {
      Defer outer{c, 2};
      [&] {
        Defer inner{c, 1};
        runtime::Goexit();
      }();
      c.Send(99);
    });
    EXPECT_EQ(*c.Recv(), 1);
    EXPECT_EQ(*c.Recv(), 2);
    EXPECT_EQ(AwaitGoroutines(1), 1);
    EXPECT_EQ(c.Len(), 0U);
  });
}

TEST_P(RunTest, GoexitPassesHandlersThatRethrow) {
  Run([] {
    Chan<int> c = MakeChan<int>(4);
    Go([c] {
      try {
        try {
          runtime::Goexit();
        } catch (const std::exception&) {
          c.Send(99);
        }
      } catch (...) {
        c.Send(1);
        runtime::Gosched();  // and may park meanwhile
        throw;
      }
      c.Send(99);
    });
    EXPECT_EQ(AwaitGoroutines(1), 1);
    EXPECT_EQ(*c.Recv(), 1);
    EXPECT_EQ(c.Len(), 0U);
  });
}

// Go: TestGoexitInPanic. There a deferred Goexit ends the goroutine that
// panics; here that is a handler's.
TEST_P(RunTest, GoexitInsideAHandler) {
  Run([] {
    auto token = std::make_shared<int>(0);
    Go([token] {
      try {
        throw std::make_shared<int>(1);
      } catch (const std::shared_ptr<int>&) {
        runtime::Goexit();
      }
    });
    EXPECT_EQ(AwaitGoroutines(1), 1);
    EXPECT_EQ(token.use_count(), 1);
  });
}

TEST_P(RunDeathTest, GoexitOfMainLetsTheOthersGoOn) {
  EXPECT_EXIT(Child([] {
                Go([] {
                  for (int i = 0; i < 100; i++) runtime::Gosched();
                  time::Sleep(10ms);
                  ::_exit(7);
                });
                runtime::Goexit();
              }),
              ExitedWithCode(7), "^$");
}

// Go: TestGoexitDeadlock.
TEST_P(RunDeathTest, GoexitOfMainAndNobodyElse) {
  EXPECT_EXIT(Child([] { runtime::Goexit(); }), ExitedWithCode(2),
              "^fatal error: no goroutines \\(main called runtime.Goexit\\) - "
              "deadlock!\n$");
}

TEST_P(RunDeathTest, GoexitOfMainAndTheOthersEnd) {
  EXPECT_EXIT(Child([] {
                for (int i = 0; i < 10; i++) {
                  Go([i] {
                    for (int j = 0; j < i; j++) runtime::Gosched();
                    if (i % 3 == 0) time::Sleep(1ms);
                  });
                }
                runtime::Goexit();
              }),
              ExitedWithCode(2),
              "^fatal error: no goroutines \\(main called runtime.Goexit\\) - "
              "deadlock!\n$");
}

TEST_P(RunDeathTest, GoexitOfMainAndTheOthersSleepForEver) {
  EXPECT_EXIT(Child([] {
                Go([] { Select(); });
                runtime::Goexit();
              }),
              ExitedWithCode(2), kDeadlock);
}

TEST_P(RunDeathTest, GoexitSwallowed) {
  EXPECT_EXIT(Child([] {
                try {
                  runtime::Goexit();
                } catch (...) {
                }
                std::puts("not reached");
              }),
              ExitedWithCode(2),
              "^fatal error: runtime.Goexit: swallowed by a catch \\(...\\) "
              "that did not rethrow\n\ngoroutine ");
}

TEST_P(RunDeathTest, GoexitOnAThread) {
  EXPECT_EXIT(runtime::Goexit(), ExitedWithCode(2),
              "^fatal error: runtime.Goexit called on a thread that is not a "
              "goroutine\n\nthread stack:\n");
}

// --- Threads ---

TEST_P(RunTest, SetMaxThreadsReturnsTheFormerLimit) {
  Run([] {
    EXPECT_EQ(runtime::SetMaxThreads(9000), 10000);
    EXPECT_EQ(runtime::SetMaxThreads(10000), 9000);
    EXPECT_THROW(runtime::SetMaxThreads(0), Panic);
    EXPECT_THROW(runtime::SetMaxThreads(-1), Panic);
    EXPECT_EQ(runtime::SetMaxThreads(10000), 10000);
  });
}

// --- Environment ---

class EnvironmentDeathTest : public FreshDeathTest {
 protected:
  static void RunWithEnv(const char* name, const char* value) {
    ::setenv(name, value, 1);
    ::_exit(gosling::Run([] { return runtime::GOMAXPROCS(0); }) % 128);
  }
};

TEST_F(EnvironmentDeathTest, GomaxprocsThatIsNoNumber) {
  for (const char* value :
       {"abc", "0", "-3", "1.5", "2x", "99999999999999999999"}) {
    EXPECT_EXIT(RunWithEnv("GOMAXPROCS", value), ExitedWithCode(2),
                std::string("^fatal error: GOMAXPROCS=") + value +
                    ": must be a whole number from 1 to 1024\n$");
  }
}

TEST_F(EnvironmentDeathTest, GomaxprocsIsObeyed) {
  EXPECT_EXIT(RunWithEnv("GOMAXPROCS", "3"), ExitedWithCode(3), "^$");
  EXPECT_EXIT(RunWithEnv("GOMAXPROCS", ""),
              ExitedWithCode(runtime::NumCPU() % 128), "^$");
  EXPECT_EXIT(RunWithEnv("GOMAXPROCS", "5000"), ExitedWithCode(1024 % 128),
              "^$");
}

TEST_F(EnvironmentDeathTest, TestingSwitchesSayWhatTheyTake) {
  EXPECT_EXIT(RunWithEnv("GOSLING_FORCE_MIGRATE", "yes"), ExitedWithCode(2),
              "^fatal error: GOSLING_FORCE_MIGRATE=yes: must be 1 or 0\n$");
  EXPECT_EXIT(RunWithEnv("GOSLING_MEMBARRIER", "no"), ExitedWithCode(2),
              "^fatal error: GOSLING_MEMBARRIER=no: must be off or on\n$");
  EXPECT_EXIT(RunWithEnv("GOSLING_MADV_GUARD", "0"), ExitedWithCode(2),
              "^fatal error: GOSLING_MADV_GUARD=0: must be off or on\n$");
}

TEST_F(EnvironmentDeathTest, StacksDoWithoutMadvise) {
  EXPECT_EXIT(
      {
        ::setenv("GOSLING_MADV_GUARD", "off", 1);
        gosling::Run([] {
          std::fputs(runtime::Stats().stack_guard, stderr);
          ::_exit(0);
        });
      },
      ExitedWithCode(0), "^(mprotect|canary)$");
}

}  // namespace
}  // namespace gosling
