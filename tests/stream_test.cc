// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/stream.h. The fixture checks that no goroutine is left.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/stream.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;

class StreamTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, StreamTest, kProcs, ProcsName);

// Numbers sends first, first + step, … below 30, and closes.
RecvChan<int> Numbers(int first, int step) {
  Chan<int> ch = MakeChan<int>();
  Go([=] {
    for (int i = first; i < 30; i += step) ch.Send(i);
    ch.Close();
  });
  return ch;
}

TEST_P(StreamTest, MergeHandsOnEverythingAndEachInputInOrder) {
  Run([] {
    std::vector<int> last(3, -1);
    int n = 0;
    for (int v : stream::Merge(Background(), Numbers(0, 3), Numbers(1, 3),
                               Numbers(2, 3))) {
      EXPECT_GT(v, last[static_cast<std::size_t>(v % 3)]);
      last[static_cast<std::size_t>(v % 3)] = v;
      n++;
    }
    EXPECT_EQ(n, 30);
    EXPECT_FALSE(stream::Merge(Background(), std::vector<Chan<int>>()).Recv());
  });
}

TEST_P(StreamTest, MergeTakesWhatCannotBeCopied) {
  Run([] {
    using Pointer = std::unique_ptr<int>;
    std::vector<Chan<Pointer>> inputs{MakeChan<Pointer>(1),
                                      MakeChan<Pointer>(1)};
    for (const auto& in : inputs) {
      in.Send(std::make_unique<int>(1));
      in.Close();
    }
    int sum = 0;
    for (Pointer p : stream::Merge(Background(), inputs)) sum += *p;
    EXPECT_EQ(sum, 2);
  });
}

TEST_P(StreamTest, TeeGivesEachValueToAllInAnyOrder) {
  Run([] {
    const auto copies = stream::Tee(Background(), Numbers(0, 1), 3);
    // Received backwards, and one of them by another goroutine.
    const Chan<int> sums = MakeChan<int>();
    Go([in = copies[1], sums] {
      int sum = 0;
      for (int v : in) sum += v;
      sums.Send(sum);
    });
    for (int i = 0; i < 30; i++) {
      EXPECT_EQ(copies[2].Recv(), i);
      EXPECT_EQ(copies[0].Recv(), i);
    }
    EXPECT_FALSE(copies[0].Recv());
    EXPECT_FALSE(copies[2].Recv());
    EXPECT_EQ(sums.Recv(), 29 * 30 / 2);
  });
}

TEST_P(StreamTest, BatchesAreFullButTheLast) {
  Run([] {
    std::vector<std::size_t> sizes;
    std::vector<int> all;
    for (const auto& batch :
         stream::Batch(Background(), Numbers(0, 1), 7, 1h)) {
      sizes.push_back(batch.size());
      all.insert(all.end(), batch.begin(), batch.end());
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{7, 7, 7, 7, 2}));
    std::vector<int> wanted(30);
    std::iota(wanted.begin(), wanted.end(), 0);
    EXPECT_EQ(all, wanted);
  });
}

TEST_P(StreamTest, NoBatchIsEmpty) {
  Run([] {
    int n = 0;
    for (const auto& batch :
         stream::Batch(Background(), Numbers(0, 1), 10, 1h)) {
      EXPECT_EQ(batch.size(), 10u);
      n++;
    }
    EXPECT_EQ(n, 3);
  });
}

TEST_P(StreamTest, ABatchDoesNotWaitForLong) {
  Run([] {
    const Chan<int> in = MakeChan<int>();
    const auto batches = stream::Batch(Background(), in, 100, 5ms);
    const auto start = time::Now();
    in.Send(1);
    EXPECT_EQ(batches.Recv(), std::vector<int>{1});
    EXPECT_GE(time::Since(start), 5ms);
    EXPECT_TRUE(batches.RecvFor(20ms).TimedOut()) << "an empty batch";
    in.Send(2);
    in.Close();
    EXPECT_EQ(batches.Recv(), std::vector<int>{2});
    EXPECT_FALSE(batches.Recv());
    EXPECT_EQ(PanicOf([&] { (void)stream::Batch(Background(), in, 0, 1s); }),
              "stream::Batch: count must be positive");
  });
}

// Whether they wait for a value, or for a receiver.
TEST_P(StreamTest, CancellingEndsAllOfThem) {
  Run([] {
    for (const bool with_value : {false, true}) {
      const context::Scoped work = context::WithCancel(Background());
      const Chan<Counted> in = MakeChan<Counted>();
      const Chan<int> numbers = MakeChan<int>();
      const auto merged = stream::Merge<Counted>(work, in, MakeChan<Counted>());
      const auto copies = stream::Tee(work, numbers);
      const auto batches = stream::Batch(work, numbers, 1, 1h);
      if (with_value) {
        in.Send(Counted(1));
        numbers.Send(1);
        numbers.Send(2);
      }
      work.Cancel();
      // They wait for no receiver any more.
      EXPECT_EQ(AwaitGoroutines(1), 1);
      EXPECT_FALSE(merged.Recv());
      EXPECT_FALSE(copies[0].Recv());
      EXPECT_FALSE(copies[1].Recv());
      EXPECT_FALSE(batches.Recv());
      EXPECT_EQ(Counted::alive, 0);
    }
  });
}

}  // namespace
}  // namespace gosling
