// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// When a deadlock is reported, how, and what is none.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

class DeadlockDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, DeadlockDeathTest, kProcs, ProcsName);

TEST_P(DeadlockDeathTest, SaysWhatEachWaitsForAndWhoMadeIt) {
  EXPECT_EXIT(InWorker([] { crash_test_receive(MakeChan<int>()); }),
              ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n.*"
              "\ngoroutine [0-9]+ \\[chan receive\\] \"worker\":\n.*"
              "crash_test_receive" AT
              ".*created by [^\n]*SpawnWorker[^\n]* in goroutine [0-9]+\n");
}

// Go: TestSimpleDeadlock.
TEST_P(DeadlockDeathTest, MainReceivesForEver) {
  EXPECT_EXIT(Child([] { MakeChan<int>().Recv(); }), ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n"
              "\ngoroutine [0-9]+ \\[chan receive\\]:\n");
}

TEST_P(DeadlockDeathTest, SaysWhyEachGoroutineWaits) {
  EXPECT_EXIT(
      Child([] {
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
      }),
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

// Ps are handed off to and fro, and none is left behind with an M that looks
// for work that is not there.
TEST_P(DeadlockDeathTest, AfterMuchHasHappened) {
  EXPECT_EXIT(Child([] {
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
              }),
              ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, InALaterRun) {
  EXPECT_EXIT(
      {
        LimitChild();
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
  EXPECT_EXIT(Child([] {
                Go([] {
                  runtime::LockOSThread();
                  Select();
                });
                runtime::LockOSThread();
                Select();
              }),
              ExitedWithCode(2), kDeadlock);
}

// Go: TestLockedDeadlock.
TEST_P(DeadlockDeathTest, OfALockedMain) {
  EXPECT_EXIT(Child([] {
                runtime::LockOSThread();
                Select();
              }),
              ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n"
              "\ngoroutine [0-9]+ \\[select \\(no cases\\), locked "
              "to thread\\]:\n");
}

// The last one awake takes its thread with it.
TEST_P(DeadlockDeathTest, WhenALockedGoroutineEnds) {
  EXPECT_EXIT(Child([] {
                for (int i = 0; i < 3; i++) {
                  Go([i] {
                    runtime::LockOSThread();
                    ::usleep(10'000 * i);
                  });
                }
                Select();
              }),
              ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, AfterGomaxprocsChanges) {
  EXPECT_EXIT(Child([] {
                for (int n : {4, 1, 3, 2, 1, 8}) {
                  runtime::GOMAXPROCS(n);
                  Go([] { runtime::Gosched(); });
                }
                Select();
              }),
              ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, AfterAThreadHasComeAndGone) {
  EXPECT_EXIT(Child([] {
                Chan<int> c = MakeChan<int>();
                std::thread t([c] { c.Send(1); });
                c.Recv();
                t.join();
                c.Recv();
              }),
              ExitedWithCode(2), kDeadlock);
}

// A thread might still wake a goroutine until it ends.
TEST_P(DeadlockDeathTest, WhenTheLastThreadEnds) {
  EXPECT_EXIT(Child([] {
                Chan<int> c = MakeChan<int>();
                std::thread([c] {
                  c.Send(1);
                  ::usleep(20'000);
                }).detach();
                c.Recv();
                c.Recv();
              }),
              ExitedWithCode(2), kDeadlock);
}

TEST_P(DeadlockDeathTest, WithAThreadThatIsParkedToo) {
  EXPECT_EXIT(Child([] {
                Chan<int> c = MakeChan<int>();
                std::thread([c] { c.Recv(); }).detach();
                ::usleep(20'000);
                c.Recv();
              }),
              ExitedWithCode(2), kDeadlock);
}

// --- No deadlock ---

class NoDeadlockTest : public ProcsTest {};
INSTANTIATE_TEST_SUITE_P(Procs, NoDeadlockTest, kProcs, ProcsName);

TEST_P(NoDeadlockTest, SleepingIsNoDeadlock) {
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
}

TEST_P(NoDeadlockTest, BlockingIsNoDeadlock) {
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
}

TEST_P(NoDeadlockTest, AThreadThatWillSendIsNoDeadlock) {
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
}

}  // namespace
}  // namespace gosling
