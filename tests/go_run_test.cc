// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Go and Run as programs see them (gosling/go.h, gosling/runtime.h): closures,
// what Run promises, Goexit, and every way for a program to die of a panic, a
// deadlock or a misuse. The deaths are played in child processes, which look at
// the words and the exit status.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sched/os.h"
#include "tests/go_test.h"
#include "tests/unwinding.h"

// The deaths' own names, looked for in their stack traces.
extern "C" {
[[gnu::noinline]] void go_run_test_blow_up(int depth) {
  if (depth > 0) {
    go_run_test_blow_up(depth - 1);
  } else {
    throw std::runtime_error("boom");
  }
  asm volatile("" : : : "memory");  // no tail call
}

[[gnu::noinline]] int go_run_test_dig(volatile char* above) {
  volatile char here[512];
  here[0] = above[0];
  const int depth = here[0] != 0 ? 0 : go_run_test_dig(here);
  return depth + here[0];
}
}

// Goroutines that a Run abandons keep what is on their stacks (sched/run.h);
// this test abandons some in the middle of printing stacks.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
  return "leak:RunEndsWhileOthersStopTheWorld\n";
}

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

class GoRunTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, GoRunTest, kProcs, ProcsName);

// Tests that die in a child process: that one starts from nothing (threadsafe
// style), the runtime included.
class DeathTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    ::setenv("GOMAXPROCS", std::to_string(GetParam()).c_str(), 1);
  }
  void TearDown() override { ::unsetenv("GOMAXPROCS"); }
};
class FatalDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, FatalDeathTest, kProcs, ProcsName);
class DeadlockDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, DeadlockDeathTest, kProcs, ProcsName);

// A deadlock that is not noticed is a child that hangs: it gets this long.
void DieIfNotDead() { ::alarm(kSanitized ? 120 : 30); }

constexpr char kDeadlock[] =
    "^fatal error: all goroutines are asleep - deadlock!\n";

// --- Run ---

TEST_P(GoRunTest, RunReturnsWhatMainReturns) {
  const int former = runtime::GOMAXPROCS(GetParam());
  EXPECT_EQ(gosling::Run([] { return 42; }), 42);
  EXPECT_EQ(gosling::Run([] { return -1; }), -1);
  EXPECT_EQ(gosling::Run([] {}), 0);
  EXPECT_EQ(gosling::Run([] { return true; }), 1);
  runtime::GOMAXPROCS(former);
}

TEST_P(GoRunTest, RunTakesMoveOnlyMain) {
  const int former = runtime::GOMAXPROCS(GetParam());
  auto seven = std::make_unique<int>(7);
  EXPECT_EQ(gosling::Run([seven = std::move(seven)] { return *seven; }), 7);
  runtime::GOMAXPROCS(former);
}

// Go: main returns, and that is that.
TEST_P(GoRunTest, RunDoesNotWaitForOtherGoroutines) {
  const int former = runtime::GOMAXPROCS(GetParam());
  Chan<int> never = MakeChan<int>();
  for (int i = 0; i < 20; i++) {
    gosling::Run([&] {
      for (int j = 0; j < 20; j++) Go([never] { never.Recv(); });
      runtime::Gosched();
    });
  }
  runtime::GOMAXPROCS(former);
}

TEST_P(GoRunTest, RunAgainAndAgain) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 200; i++) {
    const int got = gosling::Run([i] {
      Chan<int> c = MakeChan<int>();
      Go([c, i] { c.Send(i); });
      return *c.Recv();
    });
    ASSERT_EQ(got, i);
  }
  runtime::GOMAXPROCS(former);
}

// Goroutines that are parked when main returns are not there any more for those
// who would wake them.
TEST_P(GoRunTest, NothingOfAnEndedRunIsResumed) {
  const int former = runtime::GOMAXPROCS(GetParam());
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
  runtime::GOMAXPROCS(former);
}

// Sleepers and goroutines that are runnable when main returns neither.
TEST_P(GoRunTest, NeitherSleepersNorTheRunnableOutliveTheirRun) {
  const int former = runtime::GOMAXPROCS(GetParam());
  std::atomic<bool> over{false};
  std::atomic<int> late{0};
  gosling::Run([&] {
    for (int i = 0; i < 10; i++) {
      Go([&] {
        time::Sleep(1ms);
        for (;;) {
          if (over.load()) late.fetch_add(1);
          runtime::Gosched();
        }
      });
      Go([&] {
        for (;;) {
          if (over.load()) late.fetch_add(1);
          runtime::Gosched();
        }
      });
    }
    for (int i = 0; i < 10; i++) runtime::Gosched();
  });
  over.store(true);
  gosling::Run([] { time::Sleep(20ms); });  // what could be resumed would be
  // One that was in user code at the end may have gone on to its next call.
  EXPECT_LE(late.load(), 20);
  const int seen = late.load();
  gosling::Run([] { time::Sleep(5ms); });
  EXPECT_EQ(late.load(), seen);
  runtime::GOMAXPROCS(former);
}

// A goroutine in user code when main returns: its next call of the runtime does
// not return.
TEST_P(GoRunTest, OneInUserCodeDoesNotReturnFromItsNextCall) {
  const int former = runtime::GOMAXPROCS(GetParam());
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
  runtime::GOMAXPROCS(former);
}

// Ends of runs do not pile up: goroutines that hold up the world's stopping
// (here by stopping it themselves) are abandoned like others.
TEST_P(GoRunTest, RunEndsWhileOthersStopTheWorld) {
  const int former = runtime::GOMAXPROCS(GetParam());
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
  runtime::GOMAXPROCS(former);
}

TEST_P(GoRunTest, RunInsideRunPanics) {
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

TEST_P(GoRunTest, RunInTwoThreadsPanics) {
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

TEST_P(GoRunTest, RunFromAnotherThreadThanTheFirst) {
  const int former = runtime::GOMAXPROCS(GetParam());
  int got = 0;
  for (int i = 0; i < 3; i++) {
    std::thread([&got] { got += gosling::Run([] { return 1; }); }).join();
  }
  EXPECT_EQ(got, 3);
  runtime::GOMAXPROCS(former);
}

// A goroutine started outside of any Run belongs to the process.
TEST_P(GoRunTest, GoroutinesOfTheProcessOutliveRuns) {
  const int former = runtime::GOMAXPROCS(GetParam());
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
  runtime::GOMAXPROCS(former);
}

// --- Go ---

TEST_P(GoRunTest, GoTakesMoveOnlyClosures) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    auto value = std::make_unique<int>(5);
    Go([value = std::move(value), c] { c.Send(*value); });
    EXPECT_EQ(*c.Recv(), 5);
  });
}

TEST_P(GoRunTest, GoTakesFunctionsAndMutableClosures) {
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

TEST_P(GoRunTest, GoTakesClosuresOfAnySizeAndAlignment) {
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

TEST_P(GoRunTest, ClosureIsDestroyedWhenTheGoroutineEnds) {
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

TEST_P(GoRunTest, NothingIsStartedIfCopyingTheClosureThrows) {
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

TEST_P(GoRunTest, GoidsAreNotShared) {
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

// --- Stack sizes ---

TEST_P(GoRunTest, StackSizeIsHadInFull) {
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

TEST_P(GoRunTest, ImpossibleStackSizePanics) {
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

// --- Goexit ---

// Go: TestGoexitDefer.
TEST_P(GoRunTest, GoexitRunsDestructors) {
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

TEST_P(GoRunTest, GoexitPassesHandlersThatRethrow) {
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
TEST_P(GoRunTest, GoexitInsideAHandler) {
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

TEST_P(FatalDeathTest, GoexitOfMainLetsTheOthersGoOn) {
  EXPECT_EXIT(gosling::Run([] {
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
TEST_P(FatalDeathTest, GoexitOfMainAndNobodyElse) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] { runtime::Goexit(); });
      },
      ExitedWithCode(2),
      "^fatal error: no goroutines \\(main called runtime.Goexit\\) - "
      "deadlock!\n$");
}

TEST_P(FatalDeathTest, GoexitOfMainAndTheOthersEnd) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          for (int i = 0; i < 10; i++) {
            Go([i] {
              for (int j = 0; j < i; j++) runtime::Gosched();
              if (i % 3 == 0) time::Sleep(1ms);
            });
          }
          runtime::Goexit();
        });
      },
      ExitedWithCode(2),
      "^fatal error: no goroutines \\(main called runtime.Goexit\\) - "
      "deadlock!\n$");
}

TEST_P(FatalDeathTest, GoexitOfMainAndTheOthersSleepForEver) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Go([] { Select(); });
          runtime::Goexit();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

TEST_P(FatalDeathTest, GoexitSwallowed) {
  EXPECT_EXIT(gosling::Run([] {
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

TEST_P(FatalDeathTest, GoexitOnAThread) {
  EXPECT_EXIT(runtime::Goexit(), ExitedWithCode(2),
              "^fatal error: runtime.Goexit called on a thread that is not a "
              "goroutine\n\nthread stack:\n");
}

// --- Panics ---

// Go: fatalpanic.
TEST_P(FatalDeathTest, UncaughtExceptionIsAPanicWithAStack) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(gosling::Run([] { go_run_test_blow_up(3); }), ExitedWithCode(2),
              "^panic: std::runtime_error: boom\n\ngoroutine [0-9]+ "
              "\\[running\\]:\n"
              ".*go_run_test_blow_up.*go_run_test_blow_up.*"
              "go_run_test_blow_up");
}

TEST_P(FatalDeathTest, UncaughtExceptionNamesItsGoroutine) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(gosling::Run([] {
                Go(GoOptions{.name = "bomber"}, [] { go_run_test_blow_up(0); });
                Select();
              }),
              ExitedWithCode(2),
              "^panic: std::runtime_error: boom\n\ngoroutine [0-9]+ "
              "\\[running\\] \"bomber\":\n.*go_run_test_blow_up.*"
              "created by [^\n]* in goroutine [0-9]+\n");
}

TEST_P(FatalDeathTest, SetNameNamesTheGoroutine) {
  EXPECT_EXIT(gosling::Run([] {
                runtime::SetName("first");
                runtime::SetName("second");
                throw Panic("misuse");
              }),
              ExitedWithCode(2),
              "^panic: misuse\n\ngoroutine [0-9]+ \\[running\\] \"second\":\n");
}

TEST_P(FatalDeathTest, ExceptionOfUnknownType) {
  struct Strange {};
  EXPECT_EXIT(gosling::Run([] { throw Strange(); }), ExitedWithCode(2),
              "^panic: exception of type .*Strange\n\ngoroutine ");
}

TEST_P(FatalDeathTest, ExceptionThatIsAnInt) {
  EXPECT_EXIT(gosling::Run([] { throw 42; }), ExitedWithCode(2),
              "^panic: exception of type int\n\ngoroutine ");
}

TEST_P(FatalDeathTest, StdTerminateInAGoroutine) {
  EXPECT_EXIT(gosling::Run([] { std::terminate(); }), ExitedWithCode(2),
              "^panic: std::terminate called\n\ngoroutine ");
}

TEST_P(FatalDeathTest, PanicInADestructorDuringGoexit) {
  struct Bomb {
    // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
    ~Bomb() noexcept(false) { throw std::runtime_error("in destructor"); }
  };
  EXPECT_EXIT(gosling::Run([] {
                Bomb bomb;
                runtime::Goexit();
              }),
              ExitedWithCode(2),
              "^panic: std::runtime_error: in destructor\n\ngoroutine ");
}

TEST_P(FatalDeathTest, ThrowIsFatalEvenInsideTry) {
  EXPECT_EXIT(gosling::Run([] {
                try {
                  Throw("the words");
                } catch (...) {
                }
              }),
              ExitedWithCode(2), "^fatal error: the words\n\ngoroutine ");
}

// An exception that leaves a thread of the user's own is not ours to report.
TEST_P(FatalDeathTest, UncaughtExceptionOfAThreadAborts) {
  EXPECT_EXIT(gosling::Run([] {
                std::thread([] { throw std::runtime_error("thread"); }).join();
              }),
              ::testing::KilledBySignal(SIGABRT), "thread");
}

// --- Misuse ---

// Go: TestGoNil.
TEST_P(FatalDeathTest, GoOfNil) {
  EXPECT_EXIT(gosling::Run([] {
                try {
                  Go(std::function<void()>());
                } catch (...) {
                }
              }),
              ExitedWithCode(2),
              "^fatal error: go of nil func value\n\ngoroutine ");
  EXPECT_EXIT(gosling::Run([] {
                void (*f)() = nullptr;
                Go(f);
              }),
              ExitedWithCode(2),
              "^fatal error: go of nil func value\n\ngoroutine ");
}

// Go: TestStackOverflow: named, with its size; no core dump.
TEST_P(FatalDeathTest, StackOverflowNamesTheGoroutine) {
  EXPECT_EXIT(gosling::Run([] {
                Go(GoOptions{.name = "deep", .stack_size = 128 * 1024}, [] {
                  volatile char bottom = 0;
                  go_run_test_dig(&bottom);
                });
                Select();
              }),
              ExitedWithCode(2),
              "^runtime: goroutine [0-9]+ \"deep\" exceeds its stack of 128 "
              "KiB .*\nfatal error: stack overflow\n\ngoroutine ");
}

TEST_P(FatalDeathTest, StackOverflowOfANamelessGoroutine) {
  EXPECT_EXIT(gosling::Run([] {
                volatile char bottom = 0;
                go_run_test_dig(&bottom);
              }),
              ExitedWithCode(2),
              "^runtime: goroutine [0-9]+ exceeds its stack of [0-9]+ KiB "
              ".*\nfatal error: stack overflow\n\ngoroutine ");
}

// Go: TestThreadExhaustion.
TEST_P(FatalDeathTest, ThreadExhaustion) {
  EXPECT_EXIT(gosling::Run([] {
                runtime::SetMaxThreads(10);
                for (int i = 0; i < 100; i++) {
                  Go([] { runtime::Blocking([] { ::pause(); }); });
                }
                Select();
              }),
              ExitedWithCode(2),
              "^runtime: program exceeds 10-thread limit\n"
              "fatal error: thread exhaustion\n");
}

// The process's mappings are used up when goroutines want new stacks.
TEST_P(FatalDeathTest, MappingExhaustion) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers want mappings of their own, and die first";
  }
  if (sched::os::MaxMapCount() > 200'000) {
    GTEST_SKIP() << "vm.max_map_count is " << sched::os::MaxMapCount();
  }
  EXPECT_EXIT(gosling::Run([] {
                // Neighbours that differ do not merge into one mapping.
                for (int i = 0; i < sched::os::MaxMapCount(); i++) {
                  ::mmap(nullptr, 4096, i % 2 == 0 ? PROT_READ : PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                }
                for (;;) {
                  Go([] { Select(); });
                  runtime::Gosched();
                }
              }),
              ExitedWithCode(2),
              // Or a thread, if that is wanted first. Guards may go before.
              "^(runtime: no mappings left for guard pages[^\n]*\n)?"
              "(fatal error: cannot give goroutine [0-9]+ a stack: no mapping "
              "left|runtime: failed to create new OS thread [^\n]*\nruntime: )"
              "[^\n]*vm.max_map_count[^\n]*\n");
}

TEST_P(GoRunTest, SetMaxThreadsReturnsTheFormerLimit) {
  Run([] {
    EXPECT_EQ(runtime::SetMaxThreads(9000), 10000);
    EXPECT_EQ(runtime::SetMaxThreads(10000), 9000);
    EXPECT_THROW(runtime::SetMaxThreads(0), Panic);
    EXPECT_THROW(runtime::SetMaxThreads(-1), Panic);
    EXPECT_EQ(runtime::SetMaxThreads(10000), 10000);
  });
}

// --- Environment ---

class EnvironmentDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

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

// --- Deadlock ---

// Go: TestSimpleDeadlock.
TEST_P(DeadlockDeathTest, MainReceivesForEver) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] { MakeChan<int>().Recv(); });
      },
      ExitedWithCode(2),
      "^fatal error: all goroutines are asleep - deadlock!\n"
      "\ngoroutine [0-9]+ \\[chan receive\\]:\n");
}

TEST_P(DeadlockDeathTest, SaysWhyEachGoroutineWaits) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          Go(GoOptions{.name = "a"}, [c] { c.Send(1); });
          Go(GoOptions{.name = "b"}, [] { Chan<int>().Recv(); });
          Go(GoOptions{.name = "c"}, [] { Chan<int>().Send(1); });
          Go(GoOptions{.name = "d"}, [] { Select(); });
          Go(GoOptions{.name = "e"}, [] {
            Chan<int> x = MakeChan<int>();
            Chan<int> y = MakeChan<int>();
            Select(OnRecv(x), OnRecv(y));
          });
          Go(GoOptions{.name = "f"}, [] {
            sync::Mutex m;
            m.Lock();
            m.Lock();
          });
          Go(GoOptions{.name = "g"}, [] {
            sync::WaitGroup w;
            w.Add(1);
            w.Wait();
          });
          for (int i = 0; i < 20; i++) runtime::Gosched();
          sync::RWMutex rw;
          rw.Lock();
          rw.RLock();
        });
      },
      ExitedWithCode(2),
      "^fatal error: all goroutines are asleep - deadlock!\n"
      ".*\\[sync.RWMutex.RLock\\]:\n.*"
      // in no particular order; the names say which is which
      "(\\[chan send\\] \"a\":|\\[chan receive \\(nil chan\\)\\] \"b\":|"
      "\\[chan send \\(nil chan\\)\\] \"c\":|"
      "\\[select \\(no cases\\)\\] \"d\":|\\[select\\] \"e\":|"
      "\\[sync.Mutex.Lock\\] \"f\":|\\[sync.WaitGroup.Wait\\] \"g\":|"
      "[^\"]|\n)*$");
}

// Ps are handed off to and fro, and none is left behind with somebody to look
// for work that is not there.
TEST_P(DeadlockDeathTest, AfterMuchHasHappened) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          for (int i = 0; i < 50; i++) {
            Go([c, i] {
              if (i % 2 == 0) time::Sleep(1ms);
              for (int j = 0; j < i; j++) runtime::Gosched();
              if (i % 5 == 0) runtime::Blocking([] { ::usleep(1000); });
              c.Send(i);
            });
          }
          for (int i = 0; i < 50; i++) c.Recv();
          c.Recv();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, InALaterRun) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        for (int i = 0; i < 5; i++) {
          gosling::Run([] {
            Go([] { Select(); });
            runtime::Gosched();
          });
        }
        gosling::Run([] {
          Go([] { Select(); });
          Select();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

// Go: TestLockedDeadlock2.
TEST_P(DeadlockDeathTest, OfLockedGoroutines) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Go([] {
            runtime::LockOSThread();
            Select();
          });
          runtime::LockOSThread();
          Select();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

// Go: TestLockedDeadlock.
TEST_P(DeadlockDeathTest, OfALockedMain) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          runtime::LockOSThread();
          Select();
        });
      },
      ExitedWithCode(2),
      "^fatal error: all goroutines are asleep - deadlock!\n"
      "\ngoroutine [0-9]+ \\[select \\(no cases\\), locked "
      "to thread\\]:\n");
}

// The last one awake takes its thread with it.
TEST_P(DeadlockDeathTest, WhenALockedGoroutineEnds) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          for (int i = 0; i < 3; i++) {
            Go([i] {
              runtime::LockOSThread();
              ::usleep(10'000 * i);
            });
          }
          Select();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, AfterGomaxprocsChanges) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          for (int n : {4, 1, 3, 2, 1, 8}) {
            runtime::GOMAXPROCS(n);
            Go([] { runtime::Gosched(); });
          }
          Select();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, AfterAThreadHasComeAndGone) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          std::thread t([c] { c.Send(1); });
          c.Recv();
          t.join();
          c.Recv();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

// A thread might still wake somebody until it ends.
TEST_P(DeadlockDeathTest, WhenTheLastThreadEnds) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          std::thread([c] {
            c.Send(1);
            ::usleep(20'000);
          }).detach();
          c.Recv();
          c.Recv();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, WithAThreadThatIsParkedToo) {
  EXPECT_EXIT(
      {
        DieIfNotDead();
        gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          std::thread([c] { c.Recv(); }).detach();
          ::usleep(20'000);
          c.Recv();
        });
      },
      ExitedWithCode(2), kDeadlock);
}

// --- No deadlock ---

TEST_P(GoRunTest, SleepingIsNoDeadlock) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(gosling::Run([] {
                time::Sleep(1ms);
                Chan<int> c = MakeChan<int>();
                Go([c] {
                  time::Sleep(1ms);
                  c.Send(3);
                });
                return *c.Recv();
              }),
              3);
  }
  runtime::GOMAXPROCS(former);
}

TEST_P(GoRunTest, BlockingIsNoDeadlock) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(gosling::Run([] {
                Chan<int> c = MakeChan<int>();
                Go([c] {
                  runtime::Blocking([] { ::usleep(1000); });
                  c.Send(3);
                });
                Go([c] {
                  ::usleep(20'000);  // without a word
                  c.Send(4);
                });
                return *c.Recv() + *c.Recv();
              }),
              7);
  }
  runtime::GOMAXPROCS(former);
}

TEST_P(GoRunTest, AThreadThatWillSendIsNoDeadlock) {
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 20; i++) {
    Chan<int> c = MakeChan<int>();
    std::thread t([c] {
      ::usleep(2000);
      c.Send(1);  // the first that the runtime hears of this thread
      ::usleep(2000);
      c.Send(2);
    });
    EXPECT_EQ(gosling::Run([c] { return *c.Recv() + *c.Recv(); }), 3);
    t.join();
  }
  runtime::GOMAXPROCS(former);
}

}  // namespace
}  // namespace gosling
