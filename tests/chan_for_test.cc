// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sends and receives of gosling/chan.h that give up: SendFor, RecvFor, and
// TryRecv in their form.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "sched/sched.h"
#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

class ChanForTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ChanForTest, kProcs, ProcsName);

TEST_P(ChanForTest, SendMovesFromItsArgumentOnlyIfItSends) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(1);
    Counted first(1);
    Counted second(2);
    EXPECT_TRUE(ch.SendFor(std::move(first), 1h));
    EXPECT_FALSE(first.owns());
    const auto start = time::Now();
    EXPECT_FALSE(SendChan<Counted>(ch).SendFor(std::move(second), 3ms));
    EXPECT_GE(time::Since(start), 3ms);
    EXPECT_TRUE(second.owns());
    EXPECT_FALSE(ch.SendFor(std::move(second), 0s));
    EXPECT_FALSE(ch.SendFor(std::move(second), -1s));
    EXPECT_TRUE(second.owns());
    EXPECT_EQ(CountWaiters(ch, &Hchan::sendq), 0);
  });
}

TEST_P(ChanForTest, SendWaitsForAReceiver) {
  Run([] {
    Chan<std::string> ch = MakeChan<std::string>();
    Go([ch] {
      AwaitSenders(ch, 1);
      EXPECT_EQ(ch.Recv(), "x");
    });
    const std::string value = "x";
    EXPECT_TRUE(ch.SendFor(value, 1h));
    EXPECT_EQ(value, "x");
  });
}

TEST_P(ChanForTest, SendPanicsWhenTheChannelIsOrBecomesClosed) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Go([ch] {
      AwaitSenders(ch, 1);
      ch.Close();
    });
    EXPECT_EQ(PanicOf([&] { ch.SendFor(1, 1h); }), "send on closed channel");
    EXPECT_EQ(PanicOf([&] { ch.SendFor(1, 0s); }), "send on closed channel");
  });
}

TEST_P(ChanForTest, RecvTellsAValueFromTheEndAndFromTooLate) {
  Run([] {
    Chan<int> ch = MakeChan<int>(1);
    Received<int> late = ch.RecvFor(1ms);
    EXPECT_FALSE(late);
    EXPECT_TRUE(late.TimedOut());
    EXPECT_FALSE(late.Closed());
    EXPECT_TRUE(ch.RecvFor(-1ns).TimedOut());
    EXPECT_TRUE(ch.TryRecv().TimedOut());

    Go([ch] {
      AwaitReceivers(ch, 1);
      ch.Send(0);
    });
    const Received<int> value = RecvChan<int>(ch).RecvFor(1h);
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, 0);
    EXPECT_FALSE(value.TimedOut());
    EXPECT_FALSE(value.Closed());

    Go([ch] {
      AwaitReceivers(ch, 1);
      ch.Close();
    });
    const Received<int> end = ch.RecvFor(1h);
    EXPECT_FALSE(end);
    EXPECT_TRUE(end.Closed());
    EXPECT_FALSE(end.TimedOut());
    EXPECT_TRUE(RecvChan<int>(ch).TryRecv().Closed());
    EXPECT_TRUE(ch.RecvFor(1h).Closed());
  });
}

TEST_P(ChanForTest, WhatIsReceivedMayBeMovedOnAsAnOptional) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(1);
    ch.Send(Counted(3));
    std::optional<Counted> v = ch.TryRecv();
    ASSERT_TRUE(v.has_value());
    EXPECT_EQ(v->value(), 3);
    EXPECT_EQ(Counted::alive, 1);
  });
  EXPECT_EQ(Counted::alive, 0);
}

TEST_P(ChanForTest, ANilChannelIsNeverInTime) {
  Run([] {
    const Chan<int> nil;
    EXPECT_FALSE(nil.SendFor(1, 1ms));
    EXPECT_TRUE(nil.RecvFor(1ms).TimedOut());
  });
}

// A timer that stayed would stay for an hour.
TEST_P(ChanForTest, NoTimerIsLeftBehind) {
  Run([] {
    const auto armed = [] {
      std::size_t n = 0;
      for (int i = 0; i < sched::scheduler.nallp.load(); i++) {
        n += sched::scheduler.allp[i]->timers.Size();
      }
      return n;
    };
    const auto before = armed();
    Chan<int> ch = MakeChan<int>();
    Go([ch] {
      for (int i = 0; i < 100; i++) {
        AwaitReceivers(ch, 1);
        ch.Send(i);
        AwaitSenders(ch, 1);
        ch.Recv();
      }
    });
    for (int i = 0; i < 100; i++) {
      EXPECT_EQ(ch.RecvFor(1h), i);
      EXPECT_TRUE(ch.SendFor(i, 1h));
    }
    EXPECT_EQ(armed(), before);
  });
}

TEST(ChanFor, ThreadsWaitAsGoroutinesDo) {
  TimeLimit limit(20s);
  Chan<int> ch = MakeChan<int>();
  EXPECT_FALSE(ch.SendFor(1, 1ms));
  Go([ch] { ch.Send(2); });
  EXPECT_EQ(ch.RecvFor(1h), 2);
}

}  // namespace
}  // namespace gosling
