// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that sleep for long leave signals to others (sched/shun.h).

#include "sched/shun.h"

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "sched/os/siginfo.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::NotifyInfo;
using signal::Signal;
using signal::SignalInfo;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

#define SKIP_WITHOUT_SHUNNING()                                     \
  SKIP_IF_SIGNALS_ARE_PUT_OFF();                                    \
  if (!sched::os::FutexWakeIsSignalSafe() || Emulator() != nullptr) \
  GTEST_SKIP() << "no sleep ends with a signal here"

bool Takes(std::int64_t tid, int sig) {
  const std::vector<std::int64_t> tids = ThreadsThatTake(sig);
  return std::count(tids.begin(), tids.end(), tid) != 0;
}

// BlockedIn returns what a thread blocks, except what libc keeps for itself.
signals::SignalSet BlockedIn(std::int64_t tid) {
  std::ifstream status("/proc/self/task/" + std::to_string(tid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk:", 0) != 0) continue;
    return std::stoull(line.substr(7), nullptr, 16) &
           signals::CatchableSignals();
  }
  return 0;
}

// Until `holds`, however long that takes.
template <class F>
void Await(F holds) {
  while (!holds()) time::Sleep(std::chrono::milliseconds(1));
}

// The process's first thread is the one that the kernel prefers.
TEST_P(SignalTest, TheThreadInRunLeavesSignalsToOthersOnceOneHasHitIt) {
  SKIP_WITHOUT_SHUNNING();
  Program([] {
    const std::int64_t first = ::getpid();
    auto c = MakeChan<Signal>(1);
    signal::Notify(c, SIGUSR1, SIGSEGV);
    // A thread that starts others blocks all meanwhile.
    Await([&] { return Takes(first, SIGUSR1); });
    // A fault's is never shunned, nor what no channel wants. (While a handler
    // runs, all are blocked.)
    Await([&] {
      KillSelf(SIGUSR1);
      RecvSoon(c);
      return BlockedIn(first) == signals::BitOf(SIGUSR1);
    });
    Await([&] { return Takes(first, SIGUSR1); });
    signal::Stop(c);
  });
}

TEST_P(SignalTest, AThreadThatShunnedHasItsMaskBackWhenItWakes) {
  SKIP_WITHOUT_SHUNNING();
  Program([] {
    auto signals = MakeChan<Signal>(100);
    signal::Notify(signals, SIGUSR1, SIGUSR2, SIGHUP);
    auto c = MakeChan<int>();
    std::atomic<std::int64_t> tid{0};
    std::thread waits([&] {
      sigset_t mine;
      sigemptyset(&mine);
      sigaddset(&mine, SIGHUP);
      sigaddset(&mine, SIGWINCH);
      ::pthread_sigmask(SIG_SETMASK, &mine, nullptr);
      tid = sched::os::ThreadId();
      while (c.Recv()) {
        sigset_t now;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
        for (int sig = 1; sig <= signals::kMaxSignal; sig++) {
          EXPECT_EQ(sigismember(&now, sig), sigismember(&mine, sig)) << sig;
        }
      }
    });
    Await([&] { return tid != 0; });
    for (int i = 0; i < 20; i++) {
      WaitUntilAsleep(tid);
      Await([&] {
        ::pthread_kill(waits.native_handle(), SIGUSR2);
        return !Takes(tid, SIGUSR1);
      });
      c.Send(i);
    }
    c.Close();
    waits.join();
    signal::Stop(signals);
  });
}

// Each thread that may take signals is sent one after the other, whatever it is
// at: asleep in Run, in the poller, on its note, parked, or shunning.
TEST_P(SignalTest, ASignalToAThreadThatShunsArrives) {
  SKIP_WITHOUT_SHUNNING();
  Program([] {
    auto c = MakeChan<SignalInfo>(1000);
    NotifyInfo(c, SIGUSR1, SIGUSR2);
    auto never = MakeChan<int>();
    std::thread parked([&] { never.Recv(); });
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    Go([&] { (void)runtime::WaitReadable(fds[0]); });  // there is a poller
    const std::vector<std::int64_t> tids = ThreadsThatTake(SIGUSR1);
    for (int i = 0; i < 5; i++) {
      int sent = 0;
      for (int sig : {SIGUSR1, SIGUSR2}) {
        for (std::int64_t tid : tids) {
          if (SignalThread(tid, sig) == 0) sent++;
        }
      }
      for (; sent > 0; sent--) {
        const auto got = RecvSoon(c);
        ASSERT_TRUE(got);
        EXPECT_EQ(got->code, sched::kSentToThread);
      }
    }
    never.Close();
    parked.join();
    ::close(fds[1]);
    signal::Stop(c);
  });
}

// A storm while threads go to sleep and wake: each signal is taken. (Merged, but
// something comes after the last.)
TEST_P(SignalTest, NoSignalIsStrandedInAThreadThatGoesToSleep) {
  SKIP_WITHOUT_SHUNNING();
  Program([] {
    auto c = MakeChan<Signal>(1);
    signal::Notify(c, SIGUSR1);
    auto ping = MakeChan<int>();
    auto pong = MakeChan<int>();
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) {
      threads.emplace_back([&] {
        while (auto v = ping.Recv()) pong.Send(*v);
      });
    }
    for (int i = 0; i < 300; i++) {
      ping.Send(i);
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1)) << i;
      EXPECT_EQ(pong.Recv(), i);
    }
    ping.Close();
    for (std::thread& t : threads) t.join();
    signal::Stop(c);
  });
}

}  // namespace
}  // namespace gosling
