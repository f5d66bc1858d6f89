// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a panic is reported: an exception that no goroutine catches.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"

extern "C" {

[[gnu::noinline]] void crash_test_throw() {
  throw std::out_of_range("no sixth");
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_blow_up(int depth) {
  if (depth > 0) {
    crash_test_blow_up(depth - 1);
  } else {
    throw std::runtime_error("boom");
  }
  KEEP_FRAME();
}

}  // extern "C"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class PanicDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, PanicDeathTest, kProcs, ProcsName);

TEST_P(PanicDeathTest, HasTypeWordsStackAndOrigin) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(InWorker([] { crash_test_throw(); }), ExitedWithCode(2),
              Report("panic: no sixth \\[std::out_of_range\\]\n",
                     ".*crash_test_throw" AT));
}

#if defined(RLIMIT_SIGPENDING)
TEST_P(PanicDeathTest, HasItsStackWhenTheUsersSignalQueueIsFull) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(
      {
        rlimit none = {};
        ::setrlimit(RLIMIT_SIGPENDING, &none);
        InWorker([] { crash_test_throw(); });
      },
      ExitedWithCode(2),
      Report("panic: no sixth \\[std::out_of_range\\]\n",
             ".*crash_test_throw" AT));
}
#endif

TEST_P(PanicDeathTest, GosWordsStandAlone) {
  EXPECT_EXIT(InWorker([] {
                Chan<int> c = MakeChan<int>();
                c.Close();
                c.Close();
              }),
              ExitedWithCode(2),
              Report("panic: close of closed channel\n", ""));
}

TEST_P(PanicDeathTest, SaysWhichGoroutineMadeIt) {
  EXPECT_EXIT(InWorker([] { throw 1; }), ExitedWithCode(2),
              "SpawnWorker[^\n]* in goroutine [0-9]+\n" ADDRESS_OF_PROGRAM "$");
}

TEST_P(PanicDeathTest, OfAThreadsGoroutineNamesNoGoroutine) {
  EXPECT_EXIT(Child([] {
                std::thread([] { SpawnWorker([] { throw 1; }); }).join();
                Select();
              }),
              ExitedWithCode(2), "SpawnWorker[^\n]*\\(\\)\n" ADDRESS "$");
}

TEST_P(PanicDeathTest, OfMainHasNoOrigin) {
  EXPECT_EXIT(
      Child([] { throw Panic("misuse"); }), ExitedWithCode(2),
      "^panic: misuse\n\ngoroutine [0-9]+ \\[running\\]:\n([^c][^\n]*\n)*$");
}

TEST_P(PanicDeathTest, LinesOfTheWordsAreIndented) {
  EXPECT_EXIT(InWorker([] {
                throw Panic("first\ngoroutine 1 [running]:\n" +
                            std::string(5000, 'x') + "\nlast");
              }),
              ExitedWithCode(2),
              "^panic: first\n\tgoroutine 1 \\[running\\]:\n\tx*x\n\tlast\n\n");
}

// Go: printpanics.
TEST_P(PanicDeathTest, SaysThatItWasThrownAgain) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  constexpr char kWords[] = "panic: misuse \\[recovered, repanicked\\]\n";
  EXPECT_EXIT(InWorker([] {
                try {
                  throw Panic("misuse");
                } catch (...) {
                  throw;
                }
              }),
              ExitedWithCode(2), Report(kWords, ""));
  EXPECT_EXIT(InWorker([] {
                std::exception_ptr e;
                try {
                  throw Panic("misuse");
                } catch (...) {
                  e = std::current_exception();
                }
                std::rethrow_exception(e);
              }),
              ExitedWithCode(2), Report(kWords, ""));
  EXPECT_EXIT(InWorker([] {
                try {
                  throw 1;
                } catch (int) {
                  throw Panic("misuse");
                }
              }),
              ExitedWithCode(2), Report("panic: misuse\n", ""));
}

// Go: fatalpanic.
TEST_P(PanicDeathTest, UncaughtExceptionIsAPanicWithAStack) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(Child([] { crash_test_blow_up(3); }), ExitedWithCode(2),
              "^panic: boom \\[std::runtime_error\\]\n\ngoroutine [0-9]+ "
              "\\[running\\]:\n"
              ".*crash_test_blow_up.*crash_test_blow_up.*"
              "crash_test_blow_up");
}

TEST_P(PanicDeathTest, UncaughtExceptionNamesItsGoroutine) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(Child([] {
                Go(GoOptions{.name = "bomber"}, [] { crash_test_blow_up(0); });
                Select();
              }),
              ExitedWithCode(2),
              "^panic: boom \\[std::runtime_error\\]\n\ngoroutine [0-9]+ "
              "\\[running\\] \"bomber\":\n.*crash_test_blow_up.*"
              "created by [^\n]* in goroutine [0-9]+\n");
}

TEST_P(PanicDeathTest, SetNameNamesTheGoroutine) {
  EXPECT_EXIT(Child([] {
                runtime::SetName("first");
                runtime::SetName("second");
                throw Panic("misuse");
              }),
              ExitedWithCode(2),
              "^panic: misuse\n\ngoroutine [0-9]+ \\[running\\] \"second\":\n");
}

TEST_P(PanicDeathTest, ExceptionOfUnknownType) {
  struct Strange {};
  EXPECT_EXIT(Child([] { throw Strange(); }), ExitedWithCode(2),
              "^panic: exception of type .*Strange\n\ngoroutine ");
}

TEST_P(PanicDeathTest, ExceptionThatIsAnInt) {
  EXPECT_EXIT(Child([] { throw 42; }), ExitedWithCode(2),
              "^panic: exception of type int\n\ngoroutine ");
}

TEST_P(PanicDeathTest, StdTerminateInAGoroutine) {
  EXPECT_EXIT(Child([] { std::terminate(); }), ExitedWithCode(2),
              "^panic: std::terminate called\n\ngoroutine ");
}

TEST_P(PanicDeathTest, PanicInADestructorDuringGoexit) {
  struct Bomb {
    // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
    ~Bomb() noexcept(false) { throw std::runtime_error("in destructor"); }
  };
  EXPECT_EXIT(Child([] {
                Bomb bomb;
                runtime::Goexit();
              }),
              ExitedWithCode(2),
              "^panic: in destructor \\[std::runtime_error\\]\n\ngoroutine ");
}

// An exception that leaves a thread of the user's own is not ours to report.
TEST_P(PanicDeathTest, UncaughtExceptionOfAThreadAborts) {
  EXPECT_EXIT(Child([] {
                std::thread([] { throw std::runtime_error("thread"); }).join();
              }),
              KilledBySignal(SIGABRT), "thread");
}

// --- Panics during panics ---

struct WhatThrows : std::exception {
  // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
  const char* what() const noexcept override {
    std::rethrow_exception(std::make_exception_ptr(1));
  }
};

TEST_P(PanicDeathTest, WhatThrows) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(InWorker([] { throw WhatThrows(); }), ExitedWithCode(2),
              Report("panic: \npanic during panic\n", ".*WhatThrows::what"));
}

struct WhatFaults : std::exception {
  const char* what() const noexcept override {
    crash_test_write(0);
    return "";
  }
};

TEST_P(PanicDeathTest, WhatFaults) {
  SKIP_IF_FAULTS_ARE_THE_SANITIZERS();
  EXPECT_EXIT(InWorker([] { throw WhatFaults(); }), ExitedWithCode(2),
              Report("panic: \npanic during panic\n"
                     "fatal error: invalid memory address or nil pointer "
                     "dereference\n\\[signal SIGSEGV[^\n]*\\]\n",
                     "crash_test_write" AT, kRegisters));
}

// g++ finds at the first throw already that no frame will be left to catch it.
TEST_P(PanicDeathTest, ADestructorThrowsWhileAnotherExceptionUnwinds) {
  struct Bomb {
    // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
    ~Bomb() { crash_test_throw(); }
  };
  EXPECT_EXIT(
      InWorker([] {
        try {
          const Bomb bomb;
          throw std::runtime_error("first");
        } catch (...) {
        }
      }),
      ExitedWithCode(2),
      Report("panic: .* \\[std::(out_of_range|runtime_error)\\]\n", ""));
}

struct WhatLetsMainGo : std::exception {
  static inline std::atomic<bool> told{false};
  const char* what() const noexcept override {
    told.store(true);
    ::usleep(100'000);  // Run returns meanwhile, unless it waits
    return "slow";
  }
};

// Go: TestPanicRace.
TEST_P(PanicDeathTest, MainThatReturnsWaitsForTheStory) {
  EXPECT_EXIT(
      {
        Child([] {
          SpawnWorker([] { throw WhatLetsMainGo(); });
          while (!WhatLetsMainGo::told.load()) runtime::Gosched();
        });
        ::_exit(0);
      },
      ExitedWithCode(2),
      Report("panic: slow \\[[^\n]*WhatLetsMainGo\\]\n", ""));
}

TEST_P(PanicDeathTest, OfManyAtOnceOneIsTold) {
  EXPECT_EXIT(Child([] {
                for (int i = 0; i < 50; i++) {
                  SpawnWorker([] { throw std::runtime_error("all"); });
                }
                Select();
              }),
              ExitedWithCode(2),
              "^panic: all \\[std::runtime_error\\]\n\ngoroutine [^:]*:\n"
              "([^p][^\n]*\n)*$");
}

}  // namespace
}  // namespace gosling
