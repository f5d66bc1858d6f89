// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Ignore, Ignored and Reset, and the dispositions that a program had before.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <vector>

#include "signals/sigqueue.h"
#include "tests/emulated.h"
#include "tests/peers.h"
#include "tests/signal/signal_testing.h"
#include "tests/system.h"

namespace gosling {
namespace {

using signal::Ignored;
using signal::Notify;
using signal::NotifyInfo;
using signal::Reset;
using signal::Signal;
using signal::SignalInfo;
using signal::Stop;
using Peer = signals::SigQueueTestPeer;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- Reset, Ignore, Ignored (71, 72) ---

TEST_P(SignalTest, ResetUndoesEveryNotifyOfTheSignal) {
  Program([] {
    InstallCounter(SIGUSR1);
    InstallCounter(SIGUSR2);
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1, SIGUSR2);
    Reset(SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    ::raise(SIGUSR2);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR2));
    Reset();
    ::raise(SIGUSR2);
    EXPECT_EQ(handled, 2);
    Notify(a, SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(b.Len(), 0u);
  });
}

// The registry's invariant, after each of many operations.
TEST_P(SignalTest, WhatIsWantedAndQueuedIsWhatIsRegistered) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    constexpr int kChannels = 3;
    const int kSignals[] = {SIGUSR1, SIGUSR2, SIGTERM, 40, 41, 42};
    std::vector<Chan<Signal>> plain;
    std::vector<Chan<SignalInfo>> infos;
    for (int i = 0; i < kChannels; i++) {
      plain.push_back(MakeChan<Signal>(1));
      infos.push_back(MakeChan<SignalInfo>(1));
    }
    signals::SignalSet of_plain[kChannels] = {};
    signals::SignalSet of_infos[kChannels] = {};
    std::minstd_rand random(1);
    for (int round = 0; round < 500; round++) {
      const auto i = static_cast<std::size_t>(random() % kChannels);
      std::vector<Signal> list;
      signals::SignalSet set = 0;
      for (int sig : kSignals) {
        if (random() % 3 != 0) continue;
        list.emplace_back(sig);
        set |= signals::BitOf(sig);
      }
      if (list.empty()) continue;
      const std::span<const Signal> some(list);
      switch (random() % 6) {
        case 0:
          Notify(plain[i], some);
          of_plain[i] |= set;
          break;
        case 1:
          NotifyInfo(infos[i], some);
          of_infos[i] |= set;
          break;
        case 2:
          Stop(plain[i]);
          of_plain[i] = 0;
          break;
        case 3:
          Stop(infos[i]);
          of_infos[i] = 0;
          break;
        default: {
          if (round % 2 == 0) {
            Reset(some);
          } else {
            signal::Ignore(some);
          }
          for (auto* sets : {&of_plain, &of_infos}) {
            for (signals::SignalSet& s : *sets) s &= ~set;
          }
        }
      }
      signals::SignalSet wanted = 0;
      signals::SignalSet queued = 0;
      for (const signals::SignalSet s : of_plain) wanted |= s;
      for (const signals::SignalSet s : of_infos) queued |= s;
      ASSERT_EQ(Peer::WantedSet(), wanted | queued) << round;
      ASSERT_EQ(Peer::QueuedSet(), queued) << round;
    }
  });
}

TEST_P(SignalTest, IgnoredSignalsDoNothingUntilTheNextNotify) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGTERM, SIGINT);
    EXPECT_FALSE(Ignored(SIGTERM));
    signal::Ignore(SIGTERM);
    EXPECT_TRUE(Ignored(SIGTERM));
    EXPECT_FALSE(Ignored(SIGINT));
    KillSelf(SIGTERM);
    KillSelf(SIGINT);
    EXPECT_EQ(RecvSoon(c), Signal(SIGINT)) << "not SIGTERM";
    Notify(c, SIGTERM);
    EXPECT_FALSE(Ignored(SIGTERM));
    KillSelf(SIGTERM);
    EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
    signal::Ignore(SIGTERM);
    EXPECT_TRUE(Ignored(SIGTERM));
    KillSelf(SIGTERM);
  });
}

// Go: signal_enable. Stop and Reset then bring back what was before Ignore.
TEST_P(SignalTest, NotifyUndoesIgnoreForGood) {
  Program([] {
    InstallCounter(SIGTERM);
    for (const bool by_stop : {true, false}) {
      auto c = MakeChan<Signal>(1);
      signal::Ignore(SIGTERM);
      Notify(c, SIGTERM);
      if (by_stop) {
        Stop(c);
      } else {
        Reset(SIGTERM);
      }
      EXPECT_FALSE(Ignored(SIGTERM));
      const int before = handled;
      ::raise(SIGTERM);
      EXPECT_EQ(handled, before + 1);
    }
  });
}

TEST_P(SignalTest, ResetDoesNotUndoIgnore) {
  Program([] {
    signal::Ignore(SIGTERM);
    Reset(SIGTERM);
    EXPECT_TRUE(Ignored(SIGTERM));
    Reset();
    EXPECT_TRUE(Ignored(SIGTERM));
    KillSelf(SIGTERM);
  });
}

TEST_P(SignalTest, IgnoreWithoutSignalsMeansAll) {
  Program([] {
    signal::Ignore();
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGKILL || sig == SIGSTOP || ReservedByLibc(sig)) {
        EXPECT_FALSE(Ignored(sig)) << sig;
        continue;
      }
      EXPECT_TRUE(Ignored(sig)) << sig;
      KillSelf(sig);
    }
  });
}

TEST_P(SignalTest, AnInheritedIgnoreIsOverriddenByNotifyAndComesBack) {
  Program([] {
    ::signal(SIGHUP, SIG_IGN);
    EXPECT_TRUE(Ignored(SIGHUP));
    EXPECT_FALSE(Ignored(SIGINT));
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGHUP);
    EXPECT_FALSE(Ignored(SIGHUP));
    KillSelf(SIGHUP);
    EXPECT_EQ(RecvSoon(c), Signal(SIGHUP));
    Stop(c);
    EXPECT_TRUE(Ignored(SIGHUP));
    KillSelf(SIGHUP);
  });
}

TEST_P(SignalTest, DispositionsAreTheProgramsUntilItAsks) {
  Program([] {
    std::array<void (*)(int), 65> before;
    for (int sig = 1; sig <= LastSignal(); sig++) {
      before[static_cast<std::size_t>(sig)] = HandlerOf(sig);
    }
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    KillSelf(SIGUSR1);
    RecvSoon(c);
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGUSR1) continue;
      EXPECT_EQ(HandlerOf(sig), before[static_cast<std::size_t>(sig)]) << sig;
    }
    Stop(c);
    EXPECT_EQ(HandlerOf(SIGUSR1), before[SIGUSR1]);
  });
}

}  // namespace
}  // namespace gosling
