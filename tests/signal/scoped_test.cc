// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Scoped, and the histogram of latencies.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sched/os/siginfo.h"
#include "signals/latency_buckets.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Latency;
using signal::Scoped;
using signal::Signal;
using signal::SignalInfo;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

TEST_P(SignalTest, AScopedNotifyEndsWithItsBlock) {
  Program([] {
    InstallCounter(SIGUSR1);
    auto c = MakeChan<Signal>(1);
    try {
      Scoped notify(c, SIGUSR1, SIGUSR2);
      ::raise(SIGUSR1);
      EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
      EXPECT_EQ(handled, 0);
      throw std::runtime_error("left by an exception");
    } catch (const std::runtime_error&) {
    }
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(HandlerOf(SIGUSR2), SIG_DFL);
  });
}

TEST_P(SignalTest, AScopedNotifyMayEndEarlyAndOnce) {
  Program([] {
    InstallCounter(SIGUSR1);
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<SignalInfo>(1);
    {
      Scoped first(a, SIGUSR1);
      first.Stop();
      const std::vector<Signal> list = {SIGUSR1};
      Scoped second(b, list);
      first.Stop();
      ::raise(SIGUSR1);
      EXPECT_EQ(RecvSoon(b)->code, sched::kSentToThread);
      EXPECT_EQ(a.Len(), 0u);
    }
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    EXPECT_THROW(Scoped refused(a, SIGKILL), Panic);
    EXPECT_THROW(Scoped refused(Chan<Signal>(), SIGUSR1), Panic);
  });
}

// --- Latency ---

TEST(Latency, EachDurationLiesInTheBucketThatIsBounded) {
  using signals::BucketOf;
  using signals::UpperBound;
  std::int64_t lower = 0;
  for (int i = 0; i < Latency::kBuckets - 1; i++) {
    EXPECT_EQ(BucketOf(lower), i);
    EXPECT_EQ(BucketOf(UpperBound(i) - 1), i);
    EXPECT_LE((UpperBound(i) - lower - 1) * 4, lower);
    lower = UpperBound(i);
  }
  EXPECT_EQ(BucketOf(lower), Latency::kBuckets - 1);
  EXPECT_EQ(BucketOf(INT64_MAX), Latency::kBuckets - 1);
  EXPECT_EQ(BucketOf(-1), 0);
  EXPECT_GT(UpperBound(Latency::kBuckets - 2), 300'000'000'000);
}

TEST(Latency, AQuantileIsTheBoundThatTheShareReaches) {
  Latency l;
  EXPECT_EQ(l.Quantile(0.5).count(), 0);
  l.count = 100;
  l.buckets[10] = 50;
  l.buckets[20] = 49;
  l.buckets[30] = 1;
  EXPECT_EQ(l.Quantile(0), Latency::UpperBound(10));
  EXPECT_EQ(l.Quantile(0.5), Latency::UpperBound(10));
  EXPECT_EQ(l.Quantile(0.51), Latency::UpperBound(20));
  EXPECT_EQ(l.Quantile(0.99), Latency::UpperBound(20));
  EXPECT_EQ(l.Quantile(1), Latency::UpperBound(30));
}

TEST_P(SignalTest, LatencyIsMeasuredWhileItIsAskedFor) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    auto i = MakeChan<SignalInfo>(1);
    Scoped notify(c, SIGUSR1);
    Scoped notify_info(i, SIGUSR2);
    auto one = [&] {
      ::raise(SIGUSR1);
      RecvSoon(c);
      ::raise(SIGUSR2);
      RecvSoon(i);
      Quiet(SIGUSR1);
      Quiet(SIGUSR2);
    };
    one();
    EXPECT_EQ(signal::StatsLatency(SIGUSR1), Latency());
    signal::MeasureLatency(true);
    const auto start = std::chrono::steady_clock::now();
    for (int n = 0; n < 10; n++) one();
    const auto took = std::chrono::steady_clock::now() - start;
    signal::MeasureLatency(false);
    one();
    for (int sig : {SIGUSR1, SIGUSR2}) {
      const Latency l = signal::StatsLatency(sig);
      EXPECT_EQ(l.count, 10u);
      std::uint64_t sum = 0;
      for (std::uint64_t n : l.buckets) sum += n;
      EXPECT_EQ(sum, 10u);
      EXPECT_GT(l.Quantile(0).count(), 0);
      EXPECT_LT(l.Quantile(1), took * 5 / 4 + std::chrono::microseconds(1));
    }
    EXPECT_EQ(signal::StatsLatency(SIGHUP).count, 0u);
  });
}

}  // namespace
}  // namespace gosling
