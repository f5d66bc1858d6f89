// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/rate.h, mostly at times of the tests' own. Tests that follow one of
// golang.org/x/time/rate name it.

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/rate.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using rate::Limiter;
using rate::Reservation;

// A moment of which the limiter counts in steps of a tenth of a second.
time::Time At(int tenths) {
  static const time::Time start = time::Now();
  return start + tenths * 100ms;
}

class RateTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, RateTest, kProcs, ProcsName);

struct Step {
  int tenths;
  int n;
  bool ok;
};
void Expect(Limiter& limiter, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    EXPECT_EQ(limiter.AllowN(At(step.tenths), step.n), step.ok)
        << step.n << " at " << step.tenths;
  }
}

// Go: TestLimiterBurst1, TestLimiterBurst3, TestLimiterJumpBackwards.
TEST(Rate, TheBucketFillsUpToItsBurst) {
  Limiter one(10, 1);
  Expect(one, {{0, 1, true},
               {0, 1, false},
               {0, 1, false},
               {1, 1, true},
               {1, 1, false},
               {1, 1, false},
               {2, 2, false},
               {2, 1, true},
               {2, 1, false}});
  Limiter three(10, 3);
  Expect(three, {{0, 2, true},
                 {0, 2, false},
                 {0, 1, true},
                 {0, 1, false},
                 {1, 4, false},
                 {2, 1, true},
                 {3, 1, true},
                 {4, 1, true},
                 {4, 1, true},
                 {4, 1, false},
                 {4, 1, false},
                 {9, 3, true},
                 {9, 0, true}});
  Limiter back(10, 3);
  Expect(back, {{1, 1, true},
                {0, 1, true},
                {0, 1, true},
                {0, 1, false},
                {0, 1, false},
                {1, 1, true},
                {1, 1, false},
                {2, 1, true},
                {2, 1, false}});
}

TEST(Rate, LimitsHaveTheirEnds) {
  Limiter none(0, 1);
  Expect(none, {{0, 1, true}, {0, 1, false}, {10, 1, false}});
  EXPECT_FALSE(none.ReserveN(At(10), 1).OK());
  Limiter all(rate::Inf, 0);
  Expect(all, {{0, 1, true}, {0, 10'000, true}});
  EXPECT_EQ(all.ReserveN(At(0), 1).DelayFrom(At(0)), 0ns);
  EXPECT_EQ(rate::Every(0s), rate::Inf);
  EXPECT_EQ(rate::Every(-1s), rate::Inf);
  EXPECT_DOUBLE_EQ(rate::Every(100ms), 10);
}

// Go: TestSimpleReserve, TestReserveJumpBack.
TEST(Rate, AReservationSaysHowLongToWait) {
  Limiter limiter(10, 2);
  EXPECT_EQ(limiter.ReserveN(At(0), 2).DelayFrom(At(0)), 0ns);
  const Reservation second = limiter.ReserveN(At(0), 2);
  EXPECT_EQ(second.DelayFrom(At(0)), 200ms);
  EXPECT_EQ(second.DelayFrom(At(1)), 100ms);
  EXPECT_EQ(second.DelayFrom(At(9)), 0ns);
  EXPECT_EQ(limiter.ReserveN(At(3), 2).DelayFrom(At(3)), 100ms);
  EXPECT_DOUBLE_EQ(limiter.TokensAt(At(3)), -1);
  const Reservation never = limiter.ReserveN(At(3), 3);
  EXPECT_FALSE(never.OK());
  EXPECT_EQ(never.DelayFrom(At(3)), rate::InfDuration);
}

// Go: TestSimpleCancel, TestCancelLast, TestCancelMulti, TestCancel0Tokens.
TEST(Rate, CancellingGivesBackWhatOthersHaveNotTaken) {
  Limiter last(10, 2);
  (void)last.ReserveN(At(0), 2);
  Reservation r = last.ReserveN(At(0), 2);
  r.CancelAt(At(0));
  EXPECT_EQ(last.ReserveN(At(0), 2).DelayFrom(At(0)), 200ms);

  Limiter multi(10, 4);
  (void)multi.ReserveN(At(0), 4);
  Reservation a = multi.ReserveN(At(0), 3);
  (void)multi.ReserveN(At(0), 1);  // due at 4
  a.CancelAt(At(0));               // two of three: one is of a later event
  EXPECT_EQ(multi.ReserveN(At(1), 3).DelayFrom(At(1)), 400ms);

  Limiter late(10, 2);
  (void)late.ReserveN(At(0), 2);
  Reservation past = late.ReserveN(At(0), 1);
  past.CancelAt(At(2));
  EXPECT_EQ(late.ReserveN(At(2), 2).DelayFrom(At(2)), 100ms) << "too late";

  Limiter none(10, 2);
  Reservation zero = none.ReserveN(At(0), 0);
  zero.CancelAt(At(0));
  Reservation never = none.ReserveN(At(0), 3);
  never.CancelAt(At(0));
  EXPECT_DOUBLE_EQ(none.TokensAt(At(0)), 2);
}

// Go: TestReserveSetLimit, TestReserveSetBurst.
TEST(Rate, LimitAndBurstMayBeChanged) {
  Limiter limiter(5, 2);
  EXPECT_EQ(limiter.ReserveN(At(0), 2).DelayFrom(At(0)), 0ns);
  EXPECT_EQ(limiter.ReserveN(At(0), 2).DelayFrom(At(0)), 400ms);
  limiter.SetLimitAt(At(2), 10);
  EXPECT_EQ(limiter.Limit(), 10);
  EXPECT_EQ(limiter.ReserveN(At(2), 2).DelayFrom(At(2)), 300ms);
  limiter.SetBurstAt(At(3), 4);
  EXPECT_EQ(limiter.Burst(), 4);
  EXPECT_EQ(limiter.ReserveN(At(3), 4).DelayFrom(At(3)), 600ms);
}

TEST_P(RateTest, WaitParksUntilItsTurn) {
  Run([] {
    Limiter limiter(1000, 1);
    const auto start = time::Now();
    for (int i = 0; i < 6; i++) {
      EXPECT_FALSE(limiter.Wait(context::Background()));
    }
    EXPECT_GE(time::Since(start), 4900us);
    EXPECT_LE(limiter.Tokens(), 1);
  });
}

// Go: TestWaitSimple, TestWaitCancel, TestWaitTimeout.
TEST_P(RateTest, WaitRefusesWhatCannotBeInTime) {
  Run([] {
    Limiter limiter(1. / 3600, 3);  // none comes back meanwhile
    const auto background = context::Background();
    EXPECT_EQ(limiter.WaitN(background, 4).message(),
              "rate: Wait(n=4) exceeds limiter's burst 3");
    EXPECT_FALSE(limiter.WaitN(background, 3));
    {
      const context::Scoped soon = context::WithTimeout(background, 1min);
      EXPECT_EQ(limiter.Wait(soon).message(),
                "rate: Wait(n=1) would exceed context deadline");
      soon.Cancel();
      EXPECT_EQ(limiter.Wait(soon), context::Canceled);
    }
    const context::Scoped ctx = context::WithCancel(background);
    const Chan<Error> result = MakeChan<Error>();
    Go([&limiter, ctx = *ctx, result] { result.Send(limiter.Wait(ctx)); });
    EXPECT_LT(AwaitGoroutines(2), 3);
    while (limiter.Tokens() >= 0) runtime::Gosched();  // it has reserved
    ctx.Cancel();
    EXPECT_EQ(result.Recv(), context::Canceled);
    EXPECT_GE(limiter.Tokens(), 0) << "given back";
  });
}

// Go: TestSimultaneousRequests.
TEST_P(RateTest, OfManyAtOnceAsManyAsTheBurstPass) {
  Run([] {
    Limiter limiter(1e-9, 5);
    std::atomic<int> passed{0};
    sync::WaitGroup wg;
    for (int i = 0; i < 50; i++) {
      wg.Go([&] { passed += limiter.Allow() ? 1 : 0; });
    }
    wg.Wait();
    EXPECT_EQ(passed, 5);
  });
}

}  // namespace
}  // namespace gosling
