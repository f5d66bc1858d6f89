// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/async.h.

#include <gosling/async.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

class AsyncTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, AsyncTest, kProcs, ProcsName);

TEST_P(AsyncTest, GetWaitsForTheResult) {
  Run([] {
    const Chan<int> input = MakeChan<int>();
    const Future<std::string> text =
        Async([input] { return std::to_string(*input.Recv()); });
    std::optional<Unit> none;
    EXPECT_FALSE(text.Done().TryRecv(none));
    input.Send(7);
    EXPECT_EQ(text.Get(), "7");
    const Future<std::string> copy = text;
    EXPECT_EQ(copy.Get(), "7") << "as often as one likes";
    EXPECT_EQ(copy.Take(), "7");
  });
}

TEST_P(AsyncTest, ASelectWaitsForDone) {
  Run([] {
    const Chan<int> never = MakeChan<int>();
    int got = 0;
    const auto answer = Async([] { return 42; });
    EXPECT_EQ(Select(OnRecv(never),
                     OnRecv(answer.Done(), [&] { got = answer.Get(); })),
              1);
    EXPECT_EQ(got, 42);
  });
}

TEST_P(AsyncTest, MoveOnlyFunctionsAndResultsWillDo) {
  Run([] {
    auto p = std::make_unique<int>(3);
    const auto future = Async([p = std::move(p)]() mutable {
      (*p)++;
      return std::move(p);
    });
    EXPECT_EQ(*future.Get(), 4);
    EXPECT_EQ(*future.Take(), 4);
    bool ran = false;
    const Future<void> nothing = Async([&ran] { ran = true; });
    nothing.Get();
    EXPECT_TRUE(ran);
  });
}

TEST_P(AsyncTest, GetThrowsWhatTheFunctionThrew) {
  Run([] {
    const Future<int> future =
        Async([]() -> int { throw std::runtime_error("no"); });
    for (int i = 0; i < 2; i++) {
      try {
        (void)future.Get();
        FAIL();
      } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "no");
      }
    }
  });
}

TEST_P(AsyncTest, GoexitIsNoResult) {
  Run([] {
    const Future<int> future = Async([]() -> int { runtime::Goexit(); });
    EXPECT_EQ(PanicOf([&] { (void)future.Get(); }),
              "Async: the function has called Goexit");
  });
}

TEST_P(AsyncTest, TheFunctionIsGoneBeforeTheResultIsThere) {
  Run([] {
    for (int i = 0; i < 50; i++) {
      Async([c = Counted(1)] { return c.value(); }).Done().Recv();
      ASSERT_EQ(Counted::alive, 0);
    }
  });
}

TEST(Async, AThreadMayWait) {
  const TimeLimit limit(std::chrono::seconds(20));
  EXPECT_EQ(Async([] { return 1; }).Take(), 1);
}

}  // namespace
}  // namespace gosling
