// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stop: nothing arrives any more, nothing has vanished, and what a signal did before
// Notify it does again.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::Signal;
using signal::Stop;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- Stop (73, 75) ---

TEST_P(SignalTest, StopBringsBackTheHandlerThatWasThereBefore) {
  Program([] {
    InstallCounter(SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    Stop(a);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    EXPECT_EQ(handled, 1) << "somebody still wanted it";
    Stop(b);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 2);
    EXPECT_EQ(a.Len() + b.Len(), 0u);
  });
}

TEST_P(SignalTest, StopLeavesAHandlerThatWasInstalledOverOurs) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    InstallCounter(SIGUSR1);
    Stop(c);
    EXPECT_EQ(HandlerOf(SIGUSR1), CountHandled);
  });
}

TEST_P(SignalTest, AfterStopTheDefaultActionIsBack) {
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c, SIGTERM);
                      KillSelf(SIGTERM);
                      EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
                      Stop(c);
                      Stop(c);  // no-op
                      KillSelf(SIGTERM);
                      ADD_FAILURE() << "survived";
                    }),
              ::testing::KilledBySignal(SIGTERM), "");
}

TEST_P(SignalTest, NothingArrivesAfterStop) {
  Program([] {
    InstallCounter(SIGUSR1);  // for stragglers
    auto keeper = MakeChan<Signal>(1);
    Notify(keeper, SIGUSR1);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) KillSelf(SIGUSR1);
    });
    for (int i = 0; i < 50; i++) {
      auto c = MakeChan<Signal>(1000);
      Notify(c, SIGUSR1);
      c.Recv();
      Stop(c);
      const std::size_t len = c.Len();
      keeper.Recv();
      keeper.Recv();  // there has been one since
      ASSERT_EQ(c.Len(), len);
    }
    stop = true;
    storm.join();
    Stop(keeper);
  });
}

TEST_P(SignalTest, StopMayBeCalledByManyAtOnce) {
  Program([] {
    InstallCounter(SIGUSR1);
    for (int round = 0; round < 20; round++) {
      auto c = MakeChan<Signal>(100);
      Notify(c, SIGUSR1);
      ::raise(SIGUSR1);
      sync::WaitGroup stoppers;
      for (int i = 0; i < 4; i++) {
        stoppers.Go([&] {
          Stop(c);
          EXPECT_EQ(c.Len(), 1u);
        });
      }
      stoppers.Wait();
      ::raise(SIGUSR1);
      EXPECT_EQ(c.Len(), 1u);
    }
    EXPECT_EQ(handled, 20);
  });
}

// Go: TestAtomicStop: a signal that races Stop is delivered or takes its
// default action, which is to end. In neither case has it vanished. qemu-user
// reads the handler twice, to see whether there is one and to call it: if that
// changes in between, it calls null.
bool DiedOrExited(int status) {
  return status == 0 ||
         (WIFSIGNALED(status) &&
          (WTERMSIG(status) == SIGINT ||
           (Emulator() != nullptr && WTERMSIG(status) == SIGSEGV)));
}

TEST_P(SignalTest, ASignalThatRacesStopNeverVanishes) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();  // and go nowhere if the handler has gone
  for (int i = 0; i < 10; i++) {
    EXPECT_EXIT(Child(GetParam(),
                      [] {
                        for (int i = 0; i < 10; i++) {
                          auto c = MakeChan<Signal>(1);
                          Notify(c, SIGINT);
                          sync::WaitGroup stopper;
                          stopper.Go([&] { Stop(c); });
                          KillSelf(SIGINT);
                          ASSERT_EQ(RecvSoon(c), Signal(SIGINT));
                          stopper.Wait();
                        }
                      }),
                DiedOrExited, "");
  }
}

// The same with a handler instead of an end, so that many races can be run:
// each signal is seen on one side, exactly once. qemu-user reads a handler and
// its flags one after the other, and on arm the flags say what the handler is
// given.
TEST_P(SignalTest, ASignalThatRacesStopIsSeenOnce) {
  if (sizeof(void*) == 4) SKIP_IF_EMULATED("mixes up two handlers' arguments");
  Program([] {
    InstallCounter(SIGUSR1);
    const int rounds = kSanitized ? 200 : 1000;
    int delivered = 0;
    for (int i = 0; i < rounds; i++) {
      auto c = MakeChan<Signal>(1);
      Notify(c, SIGUSR1);
      std::atomic<bool> go{false};
      std::thread sender([&] {
        while (!go) {
        }
        ::raise(SIGUSR1);
      });
      go = true;
      Stop(c);
      sender.join();
      delivered += static_cast<int>(c.Len());
      ASSERT_EQ(delivered + handled, i + 1);
    }
  });
}

// TimeLimit's thread might still send, for all the runtime knows, so not here.
TEST_P(SignalTest, AfterStopADeadlockIsReportedAgain) {
  EXPECT_EXIT(
      {
        runtime::GOMAXPROCS(GetParam());
        gosling::Run([] {
          auto c = MakeChan<Signal>(1);
          Notify(c, SIGUSR1);
          KillSelf(SIGUSR1);
          c.Recv();
          Stop(c);
          c.Recv();
        });
      },
      ::testing::ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

// --- Default actions ---

// A stop signal stops the process when no channel wants it any more.
TEST_P(SignalTest, AStopSignalStopsTheProcessOnlyWhenNobodyWantsIt) {
  EXPECT_EXIT(
      {
        const pid_t child = ::fork();
        if (child < 0) std::abort();  // kill(-1) would reach every process
        if (child == 0) {
          ::setpgid(0, 0);
          Child(GetParam(), [] {
            auto c = MakeChan<Signal>(1);
            Notify(c, SIGTSTP);
            KillSelf(SIGTSTP);
            EXPECT_EQ(RecvSoon(c), Signal(SIGTSTP));
            Stop(c);
            KillSelf(SIGTSTP);  // stops here until SIGCONT
          });
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, WUNTRACED), child);
        EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
        EXPECT_EQ(::kill(child, SIGCONT), 0);
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

// --- Children (93) ---

TEST_P(SignalTest, AForkedChildHasItsFormerDispositionsAndDisturbsNobody) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    InstallCounter(SIGUSR1);
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGUSR1, SIGTERM);
    for (int i = 0; i < 10; i++) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::raise(SIGUSR1);  // counted, not sent
        if (handled != 1) ::_exit(1);
        ::raise(SIGTERM);  // ends it
        ::_exit(2);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
    }
    EXPECT_EQ(c.Len(), 0u);
    KillSelf(SIGTERM);
    EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
  });
}

// It used to take the signal for ever.
TEST_P(SignalTest, AForkedChildDiesOfAFaultsSignalThatItRaises) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  if (kSanitized) GTEST_SKIP() << "a sanitizer has a handler of its own";
  Program([] {
    auto c = MakeChan<Signal>(8);
    for (const int sig : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
      Notify(c, sig);
      const pid_t child = ::fork();
      if (child == 0) {
        const rlimit second = {1, 1};  // all signals are blocked in a handler
        ::setrlimit(RLIMIT_CPU, &second);
        ::raise(sig);
        ::_exit(2);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == sig) << status;
    }
  });
}

}  // namespace
}  // namespace gosling
