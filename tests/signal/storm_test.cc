// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Storms (70): many signals from many threads at once.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/emulated.h"
#include "tests/sanitizers.h"
#include "tests/signal/signal_testing.h"
#include "tests/system.h"

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

// Everything at once, from threads: whatever is received is accounted for,
// every real-time signal that was sent is received, and the last ones arrive.
TEST_P(SignalTest, InAStormEverythingIsAccountedForAndTheLastOneArrives) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    // Many SIGSEGVs that are sent crash qemu-user itself.
    const int fault = Emulator() == nullptr ? SIGSEGV : SIGHUP;
    const std::array<int, 7> signals = {SIGUSR1, SIGTERM, SIGWINCH,    fault,
                                        35,      40,      LastSignal()};
    const int sends = kSanitized ? 300 : 3000;
    constexpr int kThreads = 3;
    // For stragglers that the kernel delivers after Stop.
    for (int sig : signals) InstallCounter(sig);
    auto few = MakeChan<Signal>(1);
    auto some = MakeChan<SignalInfo>(16);
    Notify(few, std::vector<Signal>(signals.begin(), signals.end()));
    NotifyInfo(some, SIGUSR1, 35, LastSignal());
    std::atomic<bool> stop{false};
    sync::WaitGroup readers;
    std::array<std::atomic<std::uint64_t>, 65> seen = {};
    readers.Go([&] {
      for (Signal s : few) seen[static_cast<std::size_t>(s.number())]++;
    });
    readers.Go([&] {
      for (SignalInfo s : some)
        seen[static_cast<std::size_t>(s.signal.number())]++;
    });
    // Work, so that signals land in the middle of things.
    auto ball = MakeChan<int>();
    readers.Go([&] {
      while (!stop) ball.Send(1);
      ball.Close();
    });
    readers.Go([&] {
      while (ball.Recv()) {
        try {
          throw std::vector<int>(100);
        } catch (const std::vector<int>& v) {
          EXPECT_EQ(v.size(), 100u);
        }
      }
    });
    std::array<std::atomic<std::uint64_t>, 65> sent = {};
    // Not the senders: what a thread has pending when it ends is lost.
    const std::vector<std::int64_t> tids = ThreadsThatTake(SIGUSR1);
    std::vector<std::thread> senders;
    for (int t = 0; t < kThreads; t++) {
      senders.emplace_back([&, t] {
        for (int i = 0; i < sends; i++) {
          for (int sig : signals) {
            int result;
            switch (kSignalsPutOff ? 3 : (i + t) % 3) {
              case 3:
                result = ::raise(sig);
                break;
              case 0:
                result = ::kill(::getpid(), sig);
                break;
              case 1:
                result = QueueToProcess(sig, 0) ? 0 : -1;
                break;
              default:
                result = SignalThread(
                    tids[static_cast<std::size_t>(i) % tids.size()], sig);
                break;
            }
            if (result == 0) sent[static_cast<std::size_t>(sig)]++;
          }
        }
      });
    }
    while (!senders.empty()) {
      senders.back().join();
      senders.pop_back();
    }
    const auto limit = std::chrono::steady_clock::now() + 20s;
    for (int sig : signals) {
      const std::uint64_t n = sent[static_cast<std::size_t>(sig)];
      while (sig >= 35 && Stats(sig).received < n) {  // still with the kernel
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
      const Counters c = Quiet(sig);
      EXPECT_EQ(c.received, c.coalesced + c.delivered + c.dropped) << sig;
      EXPECT_GT(c.received, 0u) << sig;
      if (sig >= 35) {
        EXPECT_EQ(c.received, n) << sig;
      }
    }
    // Once more, with everything calm: with room for it in the channels.
    for (int sig : signals) {
      while (few.Len() + some.Len() != 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
      const std::uint64_t before = seen[static_cast<std::size_t>(sig)];
      KillSelf(sig);
      while (seen[static_cast<std::size_t>(sig)] == before) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
    }
    stop = true;
    Stop(few);
    Stop(some);
    few.Close();
    some.Close();
    readers.Wait();
  });
}

TEST_P(SignalTest, NotifyAndStopMayBeCalledInAStorm) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    auto keeper = MakeChan<Signal>(1);
    Notify(keeper, SIGUSR1, SIGUSR2, 40);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) {
        KillSelf(SIGUSR1);
        KillSelf(SIGUSR2);
        QueueToProcess(40, 0);
      }
    });
    sync::WaitGroup callers;
    for (int i = 0; i < 4; i++) {
      callers.Go([i] {
        for (int n = 0; n < 50; n++) {
          auto plain = MakeChan<Signal>(1);
          auto info = MakeChan<SignalInfo>(1);
          Notify(plain, SIGUSR1, SIGUSR2, 40);
          NotifyInfo(info, SIGUSR1, 40);
          if (i % 2 == 0) plain.Recv();
          Stop(info);
          Stop(plain);
        }
      });
    }
    callers.Wait();
    stop = true;
    storm.join();
    for (int sig : {SIGUSR1, SIGUSR2, 40}) {
      const Counters c = Quiet(sig);
      EXPECT_EQ(c.received, c.coalesced + c.delivered + c.dropped) << sig;
    }
  });
}

}  // namespace
}  // namespace gosling
