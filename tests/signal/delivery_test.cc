// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Notify: a signal that is asked for arrives, on every channel that asks, once; and
// of the calls that are refused.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <thread>
#include <unordered_set>
#include <vector>

#include "sched/proc.h"
#include "signals/sigqueue.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/peers.h"
#include "tests/signal/signal_testing.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using signal::Counters;
using signal::Ignored;
using signal::Notify;
using signal::NotifyInfo;
using signal::Reset;
using signal::Signal;
using signal::SignalInfo;
using signal::Stats;
using signal::Stop;
using Peer = signals::SigQueueTestPeer;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- Delivery (69) ---

TEST_P(SignalTest, ASignalArrivesOnTheChannel) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1, SIGHUP);
    for (int i = 0; i < 100; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
      KillSelf(SIGHUP);
      ASSERT_EQ(RecvSoon(c), Signal(SIGHUP));
    }
  });
}

TEST_P(SignalTest, ASignalRaisedByTheReceivingGoroutineArrives) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    std::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
  });
}

TEST_P(SignalTest, ASignalSentToAnyThreadArrives) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    // Its thread is there then, beside this one.
    while (!Peer::Receiving()) runtime::Gosched();
    const std::vector<std::int64_t> tids = ThreadsThatTake(SIGUSR1);
    EXPECT_GE(tids.size(), 2u);
    for (std::int64_t tid : tids) {
      if (SignalThread(tid, SIGUSR1) != 0) continue;  // it has ended
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
  });
}

TEST_P(SignalTest, NotifyWithoutSignalsMeansAllThatCanBeCaught) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c);
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGKILL || sig == SIGSTOP || ReservedByLibc(sig)) continue;
      KillSelf(sig);
      ASSERT_EQ(RecvSoon(c), Signal(sig));
    }
  });
}

TEST_P(SignalTest, EachChannelGetsItsOwnCopy) {
  Program([] {
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR2));
    EXPECT_EQ(a.Len(), 0u);
  });
}

TEST_P(SignalTest, NotifyAgainAddsSignalsAndDeliversOnce) {
  Program([] {
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGUSR1);
    Notify(c, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR2));
    EXPECT_EQ(c.Len(), 0u);
  });
}

TEST_P(SignalTest, SignalsMayBeListedInEveryWay) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    auto i = MakeChan<SignalInfo>(1);
    const SendChan<Signal> send = c;
    const std::vector<Signal> list = {SIGUSR2};
    Notify(c, {SIGUSR1});
    Notify(send, list);
    NotifyInfo(i, {SIGWINCH, SIGURG});
    for (int sig : {SIGUSR1, SIGUSR2}) {
      KillSelf(sig);
      EXPECT_EQ(RecvSoon(c), Signal(sig));
    }
    KillSelf(SIGURG);
    EXPECT_EQ(RecvSoon(i)->signal, Signal(SIGURG));
    Reset({SIGUSR1});
    signal::Ignore({SIGUSR1, SIGUSR2});
    EXPECT_TRUE(Ignored(SIGUSR2));
    Reset(list);
    Stop(send);
    Stop(i);
  });
}

TEST_P(SignalTest, WhatDoesNotFitIsDroppedForThatChannelAlone) {
  Program([] {
    auto small = MakeChan<Signal>(1);
    auto large = MakeChan<Signal>(8);
    Notify(small, SIGUSR1, SIGUSR2);
    Notify(large, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(large), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(large), Signal(SIGUSR2));
    EXPECT_EQ(RecvSoon(small), Signal(SIGUSR1));
    EXPECT_EQ(small.Len(), 0u);
    EXPECT_EQ(Stats(SIGUSR2).dropped, 0u) << "one channel took it";

    Stop(large);
    ::raise(SIGUSR1);
    EXPECT_EQ(Quiet(SIGUSR1).delivered, 2u);
    ::raise(SIGUSR2);
    EXPECT_EQ(Quiet(SIGUSR2),
              (Counters{.received = 2, .delivered = 1, .dropped = 1}));
  });
}

// While a goroutine is pinned at GOMAXPROCS=1, the receiver gets no P.
TEST(Signal, SignalsOfOneNumberMergeWhileTheReceiverIsStalled) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program(1, [] {
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGUSR1, 40);
    {
      sched::Pinned pin;
      for (int i = 0; i < 1000; i++) {
        std::raise(SIGUSR1);
        std::raise(40);
      }
    }
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    EXPECT_EQ(RecvSoon(c), Signal(40));
    const Counters want = {.received = 1000, .coalesced = 999, .delivered = 1};
    EXPECT_EQ(Quiet(SIGUSR1), want);
    EXPECT_EQ(Quiet(40), want);
    EXPECT_EQ(c.Len(), 0u);
  });
}

TEST(Signal, SignalsTakenTogetherComeInAscendingOrder) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program(1, [] {
    auto c = MakeChan<Signal>(8);
    Notify(c);
    {
      sched::Pinned pin;
      for (int sig : {LastSignal(), 40, SIGTERM, SIGINT, SIGUSR1}) {
        std::raise(sig);
      }
    }
    for (int sig : {SIGINT, SIGUSR1, SIGTERM, 40, LastSignal()}) {
      EXPECT_EQ(RecvSoon(c), Signal(sig));
    }
  });
}

TEST_P(SignalTest, ASignalArrivesWhileTheOthersCompute) {
  Program([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup busy;
    for (int i = 0; i < runtime::GOMAXPROCS(0); i++) {
      busy.Go([&] {
        while (!stop) {
        }
      });
    }
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    stop = true;
    busy.Wait();
  });
}

TEST_P(SignalTest, ThreadsThatAreNotGoroutinesMayNotifyReceiveAndStop) {
  EXPECT_EXIT(
      {
        const TimeLimit limit(30s);
        runtime::GOMAXPROCS(GetParam());
        std::thread thread([] {
          auto c = MakeChan<Signal>(1);
          Notify(c, SIGUSR1);
          for (int i = 0; i < 100; i++) {
            KillSelf(SIGUSR1);
            EXPECT_EQ(c.Recv(), Signal(SIGUSR1));
          }
          Stop(c);
          EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
        });
        thread.join();
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, RegistrationsOutliveTheRunTheyWereMadeIn) {
  EXPECT_EXIT(
      {
        auto c = MakeChan<Signal>(1);
        RunWith(GetParam(), [&] { Notify(c, SIGUSR1); });
        RunWith(GetParam(), [&] {
          KillSelf(SIGUSR1);
          EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
          Stop(c);
        });
        RunWith(GetParam(), [&] {
          Notify(c, SIGUSR2);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(c), Signal(SIGUSR2));
        });
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, NoDeadlockIsReportedWhileASignalMightCome) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGALRM);
    itimerval timer = {};
    timer.it_value.tv_usec = 50'000;
    ASSERT_EQ(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
    EXPECT_EQ(c.Recv(), Signal(SIGALRM));
  });
}

// --- Faults ---

TEST_P(SignalTest, AFaultIsNotDeliveredButDoesWhatItDid) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
                      KillSelf(SIGSEGV);
                      EXPECT_EQ(RecvSoon(c), Signal(SIGSEGV));
                      volatile int* volatile nowhere = nullptr;
                      *nowhere = 1;  // NOLINT
                    }),
              ::testing::ExitedWithCode(2), "\\[signal SIGSEGV: ");
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
#if defined(__x86_64__) || defined(__i386__)
                      asm volatile("int3");
#elif defined(__aarch64__)
                      asm volatile("brk #0");
#else
                      asm volatile("bkpt #0");
#endif
                    }),
              ::testing::KilledBySignal(SIGTRAP), "");
}

[[gnu::noinline]] int Recurse(int depth) {
  volatile char room[1024];
  room[0] = static_cast<char>(depth);
  const int deeper = depth == 0 ? 0 : Recurse(depth - 1);
  return room[0] + deeper;
}

TEST_P(SignalTest, AStackOverflowIsStillReported) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
                      signal::Ignore(SIGSEGV);
                      EXPECT_EQ(Recurse(1'000'000), 0);
                    }),
              ::testing::ExitedWithCode(2), "fatal error: stack overflow");
}

#if defined(__x86_64__) || defined(__i386__)
constexpr int kFault = SIGFPE;
void CauseFault() {
  volatile int number = 0;
  number = 7 / number;
}
#else  // a division by zero is no fault there
constexpr int kFault = SIGSEGV;
void CauseFault() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;  // NOLINT
}
#endif

TEST_P(SignalTest, AFaultReachesTheHandlerThatWasThereBefore) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      struct sigaction action = {};
                      action.sa_flags = SA_SIGINFO;
                      action.sa_sigaction = [](int sig, siginfo_t* info,
                                               void*) {
                        ::_exit(sig == kFault && info->si_code > 0 ? 7 : 8);
                      };
                      ASSERT_EQ(::sigaction(kFault, &action, nullptr), 0);
                      auto c = MakeChan<Signal>(1);
                      Notify(c, kFault);
                      CauseFault();
                    }),
              ::testing::ExitedWithCode(7), "");
}

// --- Masks ---

// Blocked before the runtime starts, so in every thread of it.
TEST_P(SignalTest, ASignalThatIsBlockedEverywhereIsDeliveredWhileWanted) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  EXPECT_EXIT(
      {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
        InstallCounter(SIGUSR1);
        RunWith(GetParam(), [] {
          auto a = MakeChan<Signal>(1);
          auto b = MakeChan<Signal>(1);
          Notify(a, SIGUSR2);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(a), Signal(SIGUSR2));
          // The receiver sleeps by now, or soon, with SIGUSR1 blocked.
          Notify(b, SIGUSR1);
          for (int i = 0; i < 100; i++) {
            KillSelf(SIGUSR1);
            ASSERT_EQ(RecvSoon(b), Signal(SIGUSR1));
          }
          Stop(b);
          KillSelf(SIGUSR1);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(a), Signal(SIGUSR2));
          sigset_t pending;
          ::sigpending(&pending);
          EXPECT_EQ(sigismember(&pending, SIGUSR1), 1) << "blocked again";
          EXPECT_EQ(handled, 0);
        });
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

signals::SignalSet Blocked() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  signals::SignalSet set = 0;
  for (int sig = 1; sig <= signals::kMaxSignal; sig++) {
    if (sigismember(&mask, sig) == 1) set |= signals::BitOf(sig);
  }
  return set;
}

TEST_P(SignalTest, ThreadsKeepTheirMasks) {
  Program([] {
    const signals::SignalSet before = Blocked();
    auto c = MakeChan<Signal>(1);
    Notify(c);
    for (int i = 0; i < 20; i++) {
      KillSelf(SIGUSR1);
      RecvSoon(c);
      EXPECT_EQ(Blocked(), before);
    }
    Stop(c);
    EXPECT_EQ(Blocked(), before);
  });
}

// --- Errors ---

TEST_P(SignalTest, BadArgumentsAreRefusedAndChangeNothing) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    auto i = MakeChan<SignalInfo>(1);
    const auto message = [&](int sig) {
      return PanicOf([&] { Notify(c, SIGUSR1, sig); });
    };
    EXPECT_EQ(PanicOf([] { Notify(Chan<Signal>(), SIGINT); }),
              "os/signal: Notify using nil channel");
    EXPECT_EQ(PanicOf([] { NotifyInfo(nullptr); }),
              "os/signal: NotifyInfo using nil channel");
    EXPECT_EQ(message(77), "signal: Notify of invalid signal 77");
    EXPECT_EQ(message(65), "signal: Notify of invalid signal 65");
    EXPECT_EQ(message(0), "signal: Notify of invalid signal 0");
    EXPECT_EQ(message(-1), "signal: Notify of invalid signal -1");
    EXPECT_EQ(message(SIGKILL),
              "signal: Notify of SIGKILL, which cannot be caught");
    EXPECT_EQ(message(SIGSTOP),
              "signal: Notify of SIGSTOP, which cannot be caught");
    EXPECT_EQ(
        message(32),
        "signal: Notify of signal 32, which is reserved by the C library");
    EXPECT_EQ(
        message(33),
        "signal: Notify of signal 33, which is reserved by the C library");
    EXPECT_EQ(PanicOf([&] { NotifyInfo(i, 99); }),
              "signal: NotifyInfo of invalid signal 99");
    EXPECT_EQ(PanicOf([] { signal::Ignore(SIGKILL); }),
              "signal: Ignore of SIGKILL, which cannot be caught");
    EXPECT_EQ(PanicOf([] { Reset(0); }), "signal: Reset of invalid signal 0");
    EXPECT_EQ(PanicOf([] { (void)Ignored(65); }),
              "signal: Ignored of invalid signal 65");
    EXPECT_EQ(PanicOf([] { (void)Stats(1000); }),
              "signal: Stats of invalid signal 1000");
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL) << "the good one among them";
    Stop(Chan<Signal>());
    Reset(SIGKILL);
  });
}

TEST_P(SignalTest, ASignalForAClosedChannelIsAPanic) {
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c, SIGUSR1);
                      c.Close();
                      KillSelf(SIGUSR1);
                      time::Sleep(20s);  // the panic comes before
                    }),
              ::testing::ExitedWithCode(2), "panic: send on closed channel");
}

// --- Signal ---

TEST(Signal, SpeaksGosWords) {
  EXPECT_EQ(Signal(SIGINT).String(), "interrupt");
  EXPECT_EQ(Signal(SIGUSR1).String(), "user defined signal 1");
  EXPECT_EQ(Signal(SIGTTOU).String(), "stopped (tty output)");
  EXPECT_EQ(Signal(SIGSYS).String(), "bad system call");
  EXPECT_EQ(Signal(40).String(), "signal 40");
  EXPECT_EQ(Signal(32).String(), "signal 32");
  EXPECT_EQ(Signal(0).String(), "signal 0");
  EXPECT_EQ(Signal(-7).String(), "signal -7");
  EXPECT_EQ(Signal(1000).String(), "signal 1000");
}

TEST(Signal, IsAValue) {
  static_assert(Signal(SIGINT).number() == SIGINT);
  static_assert(Signal(SIGINT) == SIGINT && Signal() != SIGINT);
  EXPECT_EQ((std::unordered_set<Signal>{SIGINT, SIGINT, SIGTERM}.size()), 2u);
}

}  // namespace
}  // namespace gosling
