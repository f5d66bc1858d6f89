// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The histogram of how long goroutines wait for a P, and those of the world's stops.

#include "sched/run_latency.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sched/m.h"
#include "sched/proc.h"
#include "sched/time_histogram.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::TimeHistogram;

TEST(TimeHistogram, HasGosBuckets) {
  EXPECT_EQ(TimeHistogram::BucketOf(-1), 0);
  EXPECT_EQ(TimeHistogram::BucketOf(0), 1);
  EXPECT_EQ(TimeHistogram::BucketOf(63), 1);
  EXPECT_EQ(TimeHistogram::BucketOf(64), 2);
  EXPECT_EQ(TimeHistogram::BucketOf(255), 4);
  EXPECT_EQ(TimeHistogram::BucketOf(256), 5);
  EXPECT_EQ(TimeHistogram::BucketOf(511), 8);
  EXPECT_EQ(TimeHistogram::BucketOf(INT64_MAX), TimeHistogram::kBuckets - 1);
  // What runtime/metrics says of Go 1.23.
  EXPECT_DOUBLE_EQ(TimeHistogram::LowerBound(2), 6.4e-08);
  EXPECT_DOUBLE_EQ(TimeHistogram::LowerBound(5), 2.56e-07);
  EXPECT_DOUBLE_EQ(TimeHistogram::LowerBound(6), 3.2e-07);
  EXPECT_DOUBLE_EQ(TimeHistogram::LowerBound(9), 5.12e-07);
  EXPECT_DOUBLE_EQ(TimeHistogram::LowerBound(161), 140737.488355328);
  EXPECT_TRUE(std::isinf(TimeHistogram::LowerBound(0)));
  EXPECT_TRUE(std::isinf(TimeHistogram::LowerBound(162)));
}

TEST(TimeHistogram, PutsEachDurationBetweenItsBounds) {
  for (std::int64_t ns = 0; ns < std::int64_t{1} << 50; ns += ns / 7 + 1) {
    const int bucket = TimeHistogram::BucketOf(ns);
    const double seconds = static_cast<double>(ns) / 1e9;
    EXPECT_GE(seconds, TimeHistogram::LowerBound(bucket)) << ns;
    EXPECT_LT(seconds, TimeHistogram::LowerBound(bucket + 1)) << ns;
  }
}

runtime::Metric MetricOf(const std::string& name) {
  for (runtime::Metric& m : runtime::ReadMetrics()) {
    if (m.name == name) return m;
  }
  ADD_FAILURE() << "no metric " << name;
  return {};
}

// AtLeast counts those of a histogram of which it is certain.
std::uint64_t AtLeast(const runtime::Metric& metric, double seconds) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < metric.counts.size(); i++) {
    if (metric.buckets[i] >= seconds) n += metric.counts[i];
  }
  return n;
}

constexpr const char* kLatencies = "/sched/latencies:seconds";

// Ask has the caller's M take the next goroutine into the sample.
void Ask() {
  const sched::Pinned pin;
  sched::SetSlow(sched::CurrentM(), sched::kSampleNext);
}

void Compute(std::chrono::milliseconds d) {
  const auto until = std::chrono::steady_clock::now() + d;
  while (std::chrono::steady_clock::now() < until) {
  }
}

class RunLatencyTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, RunLatencyTest, kProcs, ProcsName);

TEST_P(RunLatencyTest, HasASampleOfWhateverGoroutinesDo) {
  Run([] {
    const std::uint64_t before = MetricOf(kLatencies).value;
    const auto ping = MakeChan<int>();
    const auto pong = MakeChan<int>();
    sync::WaitGroup group;
    group.Go([=] {
      while (const auto i = ping.Recv()) pong.Send(*i);
    });
    // No one asks but the runtime itself.
    EXPECT_TRUE(YieldUntil([&] {
      ping.Send(1);
      pong.Recv();
      Go([] {});
      return MetricOf(kLatencies).value >= before + 10;
    }));
    ping.Close();
    group.Wait();
    const runtime::Metric metric = MetricOf(kLatencies);
    EXPECT_EQ(metric.counts.size() + 1, metric.buckets.size());
    std::uint64_t sum = 0;
    for (const std::uint64_t n : metric.counts) sum += n;
    EXPECT_EQ(sum, metric.value);
  });
}

// A mostly idle program: each round finds its P idle.
TEST_P(RunLatencyTest, HasASampleOfAProgramThatSleeps) {
  Run([] {
    const std::uint64_t before = MetricOf(kLatencies).value;
    EXPECT_TRUE(YieldUntil([&] {
      for (int i = 0; i < 10; i++) time::Sleep(1ms);
      return MetricOf(kLatencies).value > before;
    }));
  });
}

// On one P: what is runnable waits for as long as another one computes.
class RunLatencyOnOneP : public ::testing::Test {
 protected:
  // Waits is true once f has left one in the histogram of 5 ms and more. A P may
  // be taken from the goroutine that computes; then it is tried again.
  template <class F>
  static bool Waits(F f) {
    const std::uint64_t before = AtLeast(MetricOf(kLatencies), 0.004);
    return YieldUntil([&] {
      f();
      return AtLeast(MetricOf(kLatencies), 0.004) > before;
    });
  }
};

TEST_F(RunLatencyOnOneP, OfAGoroutineThatIsNew) {
  RunWith(1, [] {
    EXPECT_TRUE(Waits([] {
      Ask();
      sync::WaitGroup group;
      group.Go([] {});
      Compute(6ms);
      group.Wait();
    }));
  });
}

TEST_F(RunLatencyOnOneP, OfAGoroutineThatIsWoken) {
  RunWith(1, [] {
    EXPECT_TRUE(Waits([] {
      const auto c = MakeChan<int>(1);
      sync::WaitGroup group;
      group.Go([c] {
        Ask();
        c.Recv();  // parks, and is in the sample
      });
      runtime::Gosched();
      c.Send(1);
      Compute(6ms);
      group.Wait();
    }));
  });
}

TEST_F(RunLatencyOnOneP, OfAGoroutineThatYields) {
  RunWith(1, [] {
    EXPECT_TRUE(Waits([] {
      sync::WaitGroup group;
      group.Go([] { Compute(6ms); });
      Ask();
      runtime::Gosched();
      group.Wait();
    }));
  });
}

// What waits to be woken is not runnable.
TEST_F(RunLatencyOnOneP, IsNotForHowLongItWasParked) {
  RunWith(1, [] {
    const std::uint64_t before = AtLeast(MetricOf(kLatencies), 1);
    const auto c = MakeChan<int>();
    sync::WaitGroup group;
    group.Go([c] {
      Ask();
      c.Recv();
    });
    time::Sleep(1100ms);
    c.Send(1);
    group.Wait();
    EXPECT_EQ(AtLeast(MetricOf(kLatencies), 1), before);
  });
}

TEST_P(RunLatencyTest, WorldStopsAreCounted) {
  Run([] {
    constexpr const char* kStopping = "/sched/pauses/stopping/other:seconds";
    constexpr const char* kTotal = "/sched/pauses/total/other:seconds";
    const std::uint64_t stopping = MetricOf(kStopping).value;
    const std::uint64_t total = MetricOf(kTotal).value;
    for (int i = 0; i < 3; i++) (void)runtime::Stack(true);
    EXPECT_EQ(MetricOf(kStopping).value, stopping + 3);
    EXPECT_EQ(MetricOf(kTotal).value, total + 3);
  });
}

// Goroutines of all kinds, asked for all the time.
TEST_P(RunLatencyTest, IsTakenAmidARun) {
  Run([] {
    const int rounds = kSanitized || Emulator() != nullptr ? 300 : 3000;
    sync::Mutex mutex;
    sync::WaitGroup group;
    for (int i = 0; i < 4; i++) {
      group.Go([&] {
        for (int n = 0; n < rounds; n++) {
          Ask();
          mutex.Lock();
          runtime::Gosched();
          mutex.Unlock();
          if (n % 16 == 0) {
            Ask();
            Go([] { Ask(); });
          }
        }
      });
    }
    group.Go([&] {
      runtime::LockOSThread();
      for (int n = 0; n < rounds / 10; n++) {
        Ask();
        runtime::Gosched();
      }
    });
    group.Wait();
    EXPECT_GT(MetricOf(kLatencies).value, 0U);
  });
}

}  // namespace
}  // namespace gosling
