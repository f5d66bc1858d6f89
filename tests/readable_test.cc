// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/readable.h, in loops of poll, and gosling/stop_token.h: what other
// code than goroutines waits with.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/readable.h>
#include <gosling/stop_token.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

// IsReadable waits so many milliseconds at most; -1: as long as it takes.
bool IsReadable(int fd, int milliseconds) {
  pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, milliseconds) == 1;
}

TEST(Readable, AnEventLoopReceivesWithoutBlocking) {
  const TimeLimit limit(20s);
  const Chan<int> ch = MakeChan<int>();
  Go([ch] {
    for (int i = 0; i < 100; i++) {
      ch.Send(i);
      if (i % 10 == 0) time::Sleep(100us);
    }
    ch.Close();
  });
  Readable<int> readable(ch);
  std::vector<int> got;
  for (;;) {
    ASSERT_TRUE(IsReadable(readable.Fd(), -1));
    const Received<int> v = readable.TryRecv();
    if (v.Closed()) break;
    ASSERT_TRUE(v) << "readable, and nothing there";
    got.push_back(*v);
  }
  ASSERT_EQ(got.size(), 100u);
  for (int i = 0; i < 100; i++) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
  EXPECT_TRUE(IsReadable(readable.Fd(), 0)) << "for ever";
  EXPECT_TRUE(readable.TryRecv().Closed());
}

TEST(Readable, IsNotReadableBeforeThereIsAValue) {
  const TimeLimit limit(20s);
  const Chan<std::unique_ptr<int>> ch = MakeChan<std::unique_ptr<int>>();
  Readable<std::unique_ptr<int>> readable(ch, 3);
  EXPECT_FALSE(IsReadable(readable.Fd(), 1));
  EXPECT_TRUE(readable.TryRecv().TimedOut());
  for (int i = 0; i < 3; i++) ch.Send(std::make_unique<int>(i));
  for (int i = 0; i < 3; i++) {
    ASSERT_TRUE(IsReadable(readable.Fd(), -1));
    const auto v = readable.TryRecv();
    ASSERT_TRUE(v);
    EXPECT_EQ(**v, i);
  }
  EXPECT_FALSE(IsReadable(readable.Fd(), 1));
}

TEST(Readable, EndsWithItsGoroutineAndWhatThatHolds) {
  RunWith(2, [] {
    const Chan<Counted> ch = MakeChan<Counted>(2);
    {
      const Readable<Counted> waiting(MakeChan<Counted>());
      const Readable<Counted> full(ch);
      ch.Send(Counted(1));
      ch.Send(Counted(2));
      ch.Send(Counted(3));
    }
    EXPECT_EQ(AwaitGoroutines(1), 1);
    while (ch.TryRecv()) {
    }
    EXPECT_EQ(Counted::alive, 0);
  });
}

#ifdef __cpp_lib_jthread

TEST(StopToken, ARequestCancelsTheContext) {
  RunWith(2, [] {
    std::stop_source source;
    const context::Scoped ctx =
        context::WithStopToken(context::Background(), source.get_token());
    EXPECT_FALSE(ctx->Err());
    source.request_stop();
    EXPECT_EQ(ctx->Err(), context::Canceled);
    const context::Scoped late =
        context::WithStopToken(context::Background(), source.get_token());
    EXPECT_EQ(late->Err(), context::Canceled) << "at once";
  });
}

TEST(StopToken, AJthreadIsStoppedThroughItsContext) {
  const TimeLimit limit(20s);
  std::jthread worker([](std::stop_token stop) {
    const context::Scoped ctx =
        context::WithStopToken(context::Background(), std::move(stop));
    ctx->Done().Recv();
  });
}

TEST(StopToken, CancellingFirstIsFine) {
  RunWith(1, [] {
    for (int i = 0; i < 100; i++) {
      std::stop_source source;
      auto made =
          context::WithStopToken(context::Background(), source.get_token());
      std::thread requester([&source] { source.request_stop(); });
      made.second();
      requester.join();
      EXPECT_EQ(made.first.Err(), context::Canceled);
    }
  });
}

TEST(StopToken, TheEndOfAContextRequestsAStop) {
  RunWith(2, [] {
    const context::Scoped ctx = context::WithCancel(context::Background());
    const auto token = context::StopToken(*ctx).first;
    const auto kept = context::StopToken(*ctx);
    EXPECT_TRUE(token.stop_possible());
    EXPECT_FALSE(token.stop_requested());
    EXPECT_TRUE(kept.second());
    ctx.Cancel();
    EXPECT_TRUE(YieldUntil([&] { return token.stop_requested(); }));
    EXPECT_FALSE(kept.first.stop_requested());
  });
}

#endif

}  // namespace
}  // namespace gosling
