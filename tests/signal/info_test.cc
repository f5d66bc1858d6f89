// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// NotifyInfo: the sender and the value come with the signal, each queued signal
// comes on its own, and a receiver has patience with a channel that is full.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <thread>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "signals/patience.h"
#include "signals/sigqueue.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using signal::Counters;
using signal::Notify;
using signal::NotifyInfo;
using signal::Signal;
using signal::SignalInfo;
using signal::Stats;
using signal::Stop;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

TEST_P(SignalTest, NotifyInfoSaysWhoSentTheSignalAndHow) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<SignalInfo>(1);
    NotifyInfo(c, SIGUSR1, 40, SIGCHLD);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), (SignalInfo{.signal = SIGUSR1,
                                       .code = SI_USER,
                                       .pid = ::getpid(),
                                       .uid = ::getuid()}));
    // As wide as a pointer, in which it is sent.
    constexpr std::int64_t kValue = std::numeric_limits<std::intptr_t>::max();
    RaiseQueued(40, kValue);
    EXPECT_EQ(RecvSoon(c), (SignalInfo{.signal = 40,
                                       .code = SI_QUEUE,
                                       .pid = ::getpid(),
                                       .uid = ::getuid(),
                                       .value = kValue}));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(5);
    const std::optional<SignalInfo> died = RecvSoon(c);
    ASSERT_TRUE(died);
    EXPECT_EQ(died->signal, Signal(SIGCHLD));
    EXPECT_EQ(died->code, CLD_EXITED);
    EXPECT_EQ(died->pid, child);
    EXPECT_EQ(died->value, 5);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  });
}

TEST_P(SignalTest, NotifyInfoDeliversEachRealTimeSignalInOrder) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    constexpr int kSignals = 2000;
    auto c = MakeChan<SignalInfo>(kSignals);
    NotifyInfo(c, 40);
    for (int i = 0; i < kSignals; i++) RaiseQueued(40, i);
    for (int i = 0; i < kSignals; i++) {
      ASSERT_EQ(RecvSoon(c)->value, i);
    }
    EXPECT_EQ(Quiet(40),
              (Counters{.received = kSignals, .delivered = kSignals}));
  });
}

// TakenOffTheProcessor counts how often the system has taken a processor away
// from a thread of this process that wanted to go on.
long TakenOffTheProcessor() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

// Sent while the receiver cannot run; then it gives way to the reader.
TEST(Signal, NotifyInfoNeedsNoMoreThanOnePlaceIfItsReaderKeepsUp) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {
    GTEST_SKIP() << "forced migration upsets the turns that this is about";
  }
  Program(1, [] {
    constexpr int kSignals = 200;
    auto c = MakeChan<SignalInfo>(1);
    NotifyInfo(c, 40);
    const long taken_off = TakenOffTheProcessor();
    {
      sched::Pinned pin;
      for (int i = 0; i < kSignals; i++) RaiseQueued(40, i);
    }
    // In order, and few are missing.
    int received = 0;
    std::int64_t last = -1;
    while (last < kSignals - 1) {
      std::int64_t value = RecvSoon(c)->value;
      ASSERT_GT(value, last);
      last = value;
      received++;
      const auto stats = gosling::signal::Stats(40);
      if (stats.delivered + stats.dropped == kSignals && c.Len() == 0) {
        break;
      }
    }
    // If the system has kept it from a turn, it may not have
    // kept up.
    if (TakenOffTheProcessor() == taken_off) {
      EXPECT_GT(received, kSignals / 2);
    }
  });
}

// Of several signals, too, that are taken in one round.
TEST(Signal, OnePlaceIsEnoughForDifferentSignalsIfItsReaderKeepsUp) {
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {
    GTEST_SKIP() << "forced migration upsets the turns that this is about";
  }
  Program(1, [] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1, SIGUSR2, SIGTERM);
    const long taken_off = TakenOffTheProcessor();
    {
      sched::Pinned pin;
      for (int sig : {SIGUSR1, SIGUSR2, SIGTERM}) std::raise(sig);
    }
    int received = 0;
    for (;;) {
      std::uint64_t served = 0;
      for (int sig : {SIGUSR1, SIGUSR2, SIGTERM}) {
        const Counters counters = Stats(sig);
        served += counters.delivered + counters.dropped;
      }
      std::optional<Signal> out;
      if (c.TryRecv(out)) {
        received++;
      } else if (served == 3) {
        break;
      } else {
        runtime::Gosched();
      }
    }
    if (TakenOffTheProcessor() == taken_off) {
      EXPECT_EQ(received, 3);
    }
  });
}

TEST_P(SignalTest, PlainChannelsGetQueuedSignalsToo) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    auto plain = MakeChan<Signal>(100);
    auto info = MakeChan<SignalInfo>(100);
    Notify(plain, 40);
    NotifyInfo(info, 40);
    for (int i = 0; i < 50; i++) RaiseQueued(40, i);
    for (int i = 0; i < 50; i++) {
      ASSERT_EQ(RecvSoon(info)->value, i);
      ASSERT_EQ(RecvSoon(plain), Signal(40));
    }
    Stop(info);
    RaiseQueued(40, 1);
    EXPECT_EQ(RecvSoon(plain), Signal(40));
  });
}

TEST(Signal, ABurstThatIsTooLongMergesAndIsAccountedFor) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program(1, [] {
    constexpr std::uint64_t kSignals = 10'000;
    constexpr std::uint64_t kRing = signals::InfoRing::kCapacity;
    auto c = MakeChan<SignalInfo>(kSignals);
    NotifyInfo(c, 40);
    {
      sched::Pinned pin;
      for (std::uint64_t i = 0; i < kSignals; i++) {
        RaiseQueued(40, static_cast<std::int64_t>(i));
      }
      // What comes when the ring is full makes a storm, and the rest waits in
      // the kernel for this thread (sched/storm.h). One that is locked takes it
      // now; were it left to sleep, it would take a hundred in a second.
      runtime::LockOSThread();
    }
    for (std::uint64_t i = 0; i <= kRing; i++) {
      ASSERT_EQ(RecvSoon(c)->value, static_cast<std::int64_t>(i));
    }
    Counters counters = Quiet(40);
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (counters.received < kSignals &&
           std::chrono::steady_clock::now() < limit) {
      counters = Quiet(40);
    }
    EXPECT_EQ(counters.received, kSignals);
    EXPECT_EQ(counters.dropped, 0u);
    EXPECT_GT(counters.coalesced, 0u);
    EXPECT_GT(counters.delivered, kRing);
    runtime::UnlockOSThread();
  });
}

// A backlog for a small channel, a reader whose turn comes late: without a
// limit each of the thousand would keep the next signal waiting for a turn.
TEST(Signal, ASlowReaderKeepsNobodyElsesSignalsWaiting) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program(1, [] {
    auto slow = MakeChan<SignalInfo>(1);
    auto other = MakeChan<SignalInfo>(1);
    NotifyInfo(slow, 40);
    NotifyInfo(other, 41);
    std::atomic<bool> stop{false};
    sync::WaitGroup others;
    std::atomic<int> turns{0};
    others.Go([&] {
      while (!stop) {
        const auto start = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - start < 5ms) {
        }
        turns++;
        runtime::Gosched();
      }
    });
    others.Go([&] {
      for (SignalInfo info : slow) static_cast<void>(info);
    });
    {
      sched::Pinned pin;
      for (int i = 0; i < 1000; i++) RaiseQueued(40, i);
      RaiseQueued(41, 1);
    }
    const int before = turns;
    EXPECT_EQ(other.Recv()->value, 1);
    EXPECT_LT(turns - before, 100);
    stop = true;
    Stop(slow);
    slow.Close();
    others.Wait();
  });
}

// A process stopped or crowded out for 15 ms, longer than a slice, has not had
// its slice.
TEST(Patience, IsSpentByRunningAndNotByBeingKeptFromIt) {
  signals::Patience patience;
  EXPECT_TRUE(patience.Left());
  patience.Spend([] { std::this_thread::sleep_for(15ms); });
  EXPECT_TRUE(patience.Left());
  patience.Spend([] {
    const std::int64_t start = sched::os::ProcessCpuTime();
    while (sched::os::ProcessCpuTime() - start < 11'000'000) {
    }
  });
  EXPECT_FALSE(patience.Left());
}

}  // namespace
}  // namespace gosling
