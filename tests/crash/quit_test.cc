// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SIGQUIT: every goroutine is shown, and the process ends.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "sched/sched.h"
#include "tests/crash/crash_testing.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

extern "C" {

// A stack may lack all of libc's functions, and their callers.
[[gnu::noinline]] void crash_test_raise_inside(int signo) {
  ::raise(signo);
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_raise(int signo) {
  crash_test_raise_inside(signo);
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_compute(std::atomic<bool>* computing) {
  computing->store(true);
  for (;;) KEEP_FRAME();
}

}  // extern "C"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class QuitDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, QuitDeathTest, kProcs, ProcsName);

// QuitBesideComputation ends in SIGQUIT while "worker" computes on another thread,
// which has called `before`; kComputation is what is said of it.
void QuitBesideComputation(void (*before)()) {
  static std::atomic<bool> computing{false};
  Child([before] {
    SpawnWorker([before] {
      before();
      crash_test_compute(&computing);
    });
    while (!computing.load()) runtime::Gosched();
    ::raise(SIGQUIT);
  });
}
const std::string kComputation = kQuit + ".*\n\n" + kWorkerRuns +
                                 "crash_test_compute" AT
                                 ".*created by [^\n]*SpawnWorker";

TEST_P(QuitDeathTest, ShowsTheInterruptedGoroutineFirst) {
  EXPECT_EXIT(Child([] {
                SpawnWorker([] { crash_test_receive(MakeChan<int>()); });
                AwaitWaiting(1);
                crash_test_raise(SIGQUIT);
              }),
              ExitedWithCode(2),
              kQuit +
                  "-6\n\ngoroutine [0-9]+ \\[running\\]:\n"
                  ".*crash_test_raise" AT
                  ".*\n\n"
                  "goroutine [0-9]+ \\[chan receive\\] \"worker\":\n.*"
                  "crash_test_receive" AT ".*created by [^\n]*SpawnWorker");
}

// Frames of other threads' goroutines are read by those threads.
TEST_P(QuitDeathTest, ShowsGoroutinesThatComputeElsewhere) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer puts signals off while code computes";
  }
  EXPECT_EXIT(QuitBesideComputation([] {}), ExitedWithCode(2), kComputation);
}

TEST_P(QuitDeathTest, OfTheProcessFindsAllAtRest) {
  EXPECT_EXIT(
      Child([] {
        Chan<int> never = MakeChan<int>();
        SpawnWorker([never] {
          runtime::LockOSThread();
          crash_test_receive(never);
        });
        std::thread([] {
          AwaitWaiting(2);
          ::kill(::getpid(), SIGQUIT);
          for (;;) ::pause();
        }).detach();
        crash_test_receive(never);
      }),
      ExitedWithCode(2),
      kQuit +
          "0\n.*\ngoroutine [0-9]+ \\[chan receive, locked to thread\\] "
          "\"worker\":\n.*crash_test_receive" AT);
}

TEST_P(QuitDeathTest, WorksWhenTheRuntimeIsStuck) {
  EXPECT_EXIT(Child([] {
                SpawnWorker([] { crash_test_receive(MakeChan<int>()); });
                AwaitWaiting(1);
                std::thread([] {
                  sched::scheduler.lock.Lock();
                  ::kill(::getpid(), SIGQUIT);
                  for (;;) ::pause();
                }).join();
              }),
              ExitedWithCode(2), kQuit + "0\n.*crash_test_receive" AT);
}

TEST_P(QuitDeathTest, IsNotTakenFromAProgramThatHasOtherIdeas) {
  EXPECT_EXIT(::raise(SIGQUIT), KilledBySignal(SIGQUIT), NoWords());
  EXPECT_EXIT(
      {
        ::signal(SIGQUIT, SIG_IGN);
        gosling::Run([] { ::raise(SIGQUIT); });
        ::_exit(3);
      },
      ExitedWithCode(3), "^$");
  EXPECT_EXIT(
      {
        ::signal(SIGQUIT, [](int) { ::_exit(4); });
        gosling::Run([] { ::raise(SIGQUIT); });
      },
      ExitedWithCode(4), "^$");
}

TEST_P(QuitDeathTest, IsNotifysWhileThatLasts) {
  EXPECT_EXIT(Child([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c, SIGQUIT);
                ::raise(SIGQUIT);
                if (c.Recv() != signal::Signal(SIGQUIT)) ::_exit(1);
                signal::Stop(c);
                ::raise(SIGQUIT);
              }),
              ExitedWithCode(2), kQuit);
}

// A thread may block every signal that libc lets it block.
TEST_P(QuitDeathTest, ShowsGoroutinesWhoseThreadsBlockSignals) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer puts signals off while code computes";
  }
  EXPECT_EXIT(QuitBesideComputation([] {
                sigset_t all;
                sigfillset(&all);
                ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
              }),
              ExitedWithCode(2), kComputation);
}

TEST_P(QuitDeathTest, EndsWithTheRegisters) {
  EXPECT_EXIT(Child([] { ::raise(SIGQUIT); }), ExitedWithCode(2),
              kQuit + ".*" + kRegisters + "$");
}

}  // namespace
}  // namespace gosling
