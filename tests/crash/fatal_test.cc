// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a fatal error is reported: misuse that no program may catch, limits that are
// reached, and broken invariants of the runtime.

#include "sched/os/fatal.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

extern "C" {

[[gnu::noinline]] void crash_test_unlock() {
  gosling::sync::Mutex().Unlock();
  KEEP_FRAME();
}

}  // extern "C"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;

class FatalDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, FatalDeathTest, kProcs, ProcsName);

constexpr char kUnlock[] = "fatal error: sync: unlock of unlocked mutex\n";

// Whatever GOTRACEBACK is, but none.
TEST_P(FatalDeathTest, ShowsWhoMetItAndAllTheOthers) {
  for (const char* value : {"single", "all"}) {
    ::setenv("GOTRACEBACK", value, 1);
    EXPECT_EXIT(
        Child([] {
          SpawnWorker([] {
            AwaitWaiting(1);
            crash_test_unlock();
          });
          crash_test_receive(MakeChan<int>());
        }),
        ExitedWithCode(2),
        "^" + std::string(kUnlock) + "\n" + kWorkerRuns +
            "gosling::sched::Throw" AT ".*Mutex::UnlockSlow" AT
            ".*crash_test_unlock" AT ".*" +
            kCreated +
            "\ngoroutine [0-9]+ \\[chan receive\\]:\n.*crash_test_receive" AT);
  }
  ::setenv("GOTRACEBACK", "none", 1);
  EXPECT_EXIT(InWorker([] { crash_test_unlock(); }), ExitedWithCode(2),
              "^" + std::string(kUnlock) + "$");
}

TEST_P(FatalDeathTest, OnASmallStack) {
  EXPECT_EXIT(Child([] {
                Go(GoOptions{.name = "small", .stack_size = 16 * 1024},
                   [] { crash_test_unlock(); });
                Select();
              }),
              ExitedWithCode(2),
              "^" + std::string(kUnlock) +
                  "\ngoroutine [0-9]+ \\[running\\] \"small\":\n"
                  ".*crash_test_unlock" AT);
}

TEST_P(FatalDeathTest, OfAThreadShowsTheThreadsStack) {
  EXPECT_EXIT(
      Child([] { std::thread(crash_test_unlock).join(); }), ExitedWithCode(2),
      "^" + std::string(kUnlock) +
          "\nthread stack:\n.*crash_test_unlock" AT ".*\n\ngoroutine [0-9]+ ");
}

// In the scheduler, with its lock held: nothing of that is needed any more.
TEST_P(FatalDeathTest, OfTheRuntimeShowsItsStack) {
  EXPECT_EXIT(Child([] {
                sched::CurrentM()->curg = &sched::CurrentM()->g0;
                sched::MutexLock lock(&sched::scheduler.lock);
                sched::Throw("bad");
              }),
              ExitedWithCode(2),
              "^fatal error: bad\n\nruntime stack:\ngosling::sched::Throw");
}

TEST_P(FatalDeathTest, ThrowIsFatalEvenInsideTry) {
  EXPECT_EXIT(Child([] {
                try {
                  Throw("the words");
                } catch (...) {
                }
              }),
              ExitedWithCode(2), "^fatal error: the words\n\ngoroutine ");
}

// Go: TestThreadExhaustion.
TEST_P(FatalDeathTest, ThreadExhaustion) {
  EXPECT_EXIT(Child([] {
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
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {
    GTEST_SKIP() << "a forced switch waits for another thread";
  }
  if (sched::os::MaxMapCount() > 200'000) {
    GTEST_SKIP() << "vm.max_map_count is " << sched::os::MaxMapCount();
  }
  EXPECT_EXIT(Child([] {
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

}  // namespace
}  // namespace gosling
