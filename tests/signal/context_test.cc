// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// NotifyContext (77): a context that a signal cancels.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/go_test.h"
#include "tests/sanitizers.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::NotifyContext;
using signal::Signal;
using signal::Stop;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

TEST_P(SignalTest, NotifyContextEndsWithTheSignalAndSaysWhich) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::Background(), SIGUSR1, SIGINT);
    EXPECT_EQ(ctx.String(),
              "signal.NotifyContext(context.Background, [user defined signal 1 "
              "interrupt])");
    EXPECT_FALSE(ctx.Err());
    KillSelf(SIGINT);
    ctx.Done().Recv();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    const Error cause = context::Cause(ctx);
    EXPECT_EQ(cause.message(), "interrupt signal received");
    EXPECT_TRUE(errors::Is(cause, context::Canceled));
    EXPECT_FALSE(errors::Is(cause, context::DeadlineExceeded));
    EXPECT_FALSE(cause == context::Canceled);
    EXPECT_FALSE(errors::Unwrap(cause));
    EXPECT_FALSE(cause.Timeout());
    ::raise(SIGINT);  // swallowed until stop
    ::raise(SIGUSR1);
    EXPECT_NE(HandlerOf(SIGINT), SIG_DFL);
    stop();
    EXPECT_EQ(HandlerOf(SIGINT), SIG_DFL);
    EXPECT_EQ(context::Cause(ctx).message(), "interrupt signal received");
    stop();
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextEndsWithStop) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::Background(), {SIGUSR1});
    stop();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    EXPECT_TRUE(context::Cause(ctx) == context::Canceled);
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextEndsWithItsParent) {
  Program([] {
    auto [parent, cancel] = context::WithCancel(context::Background());
    auto [ctx, stop] = NotifyContext(parent, SIGUSR1);
    cancel();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    ::raise(SIGUSR1);  // still swallowed
    stop();
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    auto [late, stop_late] = NotifyContext(parent, SIGUSR1);
    EXPECT_TRUE(late.Err() == context::Canceled);
    stop_late();
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextWithoutSignalsMeansAll) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::TODO());
    EXPECT_EQ(ctx.String(), "signal.NotifyContext(context.TODO)");
    KillSelf(SIGWINCH);
    ctx.Done().Recv();
    EXPECT_EQ(context::Cause(ctx).message(), "window changed signal received");
    stop();
  });
}

TEST_P(SignalTest, NotifyContextRefusesWhatNotifyDoes) {
  Program([] {
    EXPECT_EQ(PanicOf([] {
                (void)NotifyContext(context::Background(), SIGUSR1, SIGKILL);
              }),
              "signal: Notify of SIGKILL, which cannot be caught");
    EXPECT_EQ(PanicOf([] { (void)NotifyContext(nullptr, SIGUSR1); }),
              "cannot create context from nil parent");
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

// A program that stops as soon as it is told to, from all sides.
TEST_P(SignalTest, NotifyContextsMayBeStoppedWhileTheSignalComes) {
  Program([] {
    auto keep = MakeChan<Signal>(1);
    Notify(keep, SIGUSR1);
    for (int i = 0; i < (kSanitized ? 20 : 200); i++) {
      auto [ctx, stop] = NotifyContext(context::Background(), SIGUSR1);
      sync::WaitGroup group;
      group.Go([] { ::raise(SIGUSR1); });
      group.Go(stop);
      group.Go(stop);
      group.Wait();
      EXPECT_TRUE(ctx.Err() == context::Canceled);
    }
    EXPECT_EQ(AwaitGoroutines(1), 1);
    Stop(keep);
  });
}

}  // namespace
}  // namespace gosling
