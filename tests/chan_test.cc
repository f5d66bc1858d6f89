// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Channels as programs see them: gosling/chan.h. Tests that follow one of Go's
// name it.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/allocations.h"
#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

class ChanTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ChanTest, kProcs, ProcsName);

// Handing over.

TEST_P(ChanTest, UnbufferedSendMeetsItsReceive) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Go([ch] { ch.Send(42); });
    EXPECT_EQ(ch.Recv(), 42);
  });
}

TEST_P(ChanTest, UnbufferedSendWaitsForTheReceive) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    std::atomic<bool> sent{false};
    Go([&, ch] {
      ch.Send(1);
      sent = true;
    });
    AwaitSenders(ch, 1);
    EXPECT_FALSE(sent);
    EXPECT_EQ(ch.Recv(), 1);
    EXPECT_TRUE(YieldUntil([&] { return sent.load(); }));
  });
}

TEST_P(ChanTest, ReceiveWaitsForASend) {
  for (std::size_t capacity : {0, 1, 7}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      std::atomic<int> got{0};
      Go([&, ch] { got = *ch.Recv(); });
      AwaitReceivers(ch, 1);
      EXPECT_EQ(got, 0);
      ch.Send(5);
      EXPECT_TRUE(YieldUntil([&] { return got == 5; }));
    });
  }
}

TEST_P(ChanTest, SendToAFullBufferWaits) {
  Run([] {
    Chan<int> ch = MakeChan<int>(2);
    ch.Send(1);
    ch.Send(2);
    std::atomic<bool> sent{false};
    Go([&, ch] {
      ch.Send(3);
      sent = true;
    });
    AwaitSenders(ch, 1);
    EXPECT_FALSE(sent);
    EXPECT_EQ(ch.Recv(), 1);
    EXPECT_TRUE(YieldUntil([&] { return sent.load(); }));
    EXPECT_EQ(ch.Recv(), 2);
    EXPECT_EQ(ch.Recv(), 3);
  });
}

TEST_P(ChanTest, ValuesComeOutInOrder) {
  for (std::size_t capacity : {0, 1, 3, 64, 100}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      Go([ch] {
        for (int i = 0; i < 300; i++) ch.Send(i);
      });
      for (int i = 0; i < 300; i++) ASSERT_EQ(ch.Recv(), i);
    });
  }
}

// Go: TestChan, the last part.
TEST_P(ChanTest, EachValueIsReceivedOnce) {
  constexpr int kGoroutines = 4;
  const int rounds = kSanitized ? 500 : 3000;
  for (std::size_t capacity : {0, 1, 10}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      Chan<std::vector<int>> counts = MakeChan<std::vector<int>>(kGoroutines);
      for (int p = 0; p < kGoroutines; p++) {
        Go([=] {
          for (int i = 0; i < rounds; i++) ch.Send(i);
        });
        Go([=] {
          std::vector<int> seen(static_cast<std::size_t>(rounds));
          for (int i = 0; i < rounds; i++) {
            seen[static_cast<std::size_t>(*ch.Recv())]++;
          }
          counts.Send(std::move(seen));
        });
      }
      std::vector<int> total(static_cast<std::size_t>(rounds));
      for (int p = 0; p < kGoroutines; p++) {
        std::optional<std::vector<int>> seen = counts.Recv();
        for (std::size_t i = 0; i < total.size(); i++) total[i] += (*seen)[i];
      }
      for (int n : total) ASSERT_EQ(n, +kGoroutines);
    });
  }
}

TEST_P(ChanTest, AWaitingReceiverGetsTheValuePastTheBuffer) {
  Run([] {
    Chan<int> ch = MakeChan<int>(4);
    std::atomic<int> got{0};
    Go([&, ch] { got = *ch.Recv(); });
    AwaitReceivers(ch, 1);
    ch.Send(9);
    EXPECT_EQ(ch.Len(), 0u);
    EXPECT_TRUE(YieldUntil([&] { return got == 9; }));
  });
}

// The value of a sender that waits goes behind those in the buffer when the
// first of these is taken, and the buffer stays full.
TEST_P(ChanTest, AWaitingSendersValueGoesToTheTailOfTheBuffer) {
  Run([] {
    Chan<int> ch = MakeChan<int>(3);
    for (int i = 0; i < 3; i++) ch.Send(i);
    for (int i = 3; i < 8; i++) {
      Go([&, ch, i] { ch.Send(i); });
      AwaitSenders(ch, i - 2);
    }
    for (int i = 0; i < 5; i++) {
      ASSERT_EQ(ch.Recv(), i);
      ASSERT_EQ(ch.Len(), 3u);
    }
    for (int i = 5; i < 8; i++) ASSERT_EQ(ch.Recv(), i);
    EXPECT_EQ(ch.Len(), 0u);
  });
}

// Go: test/chan/fifo.go.
TEST_P(ChanTest, ReceiversAreServedInOrderOfArrival) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<std::array<int, 2>> got = MakeChan<std::array<int, 2>>(10);
    for (int i = 0; i < 10; i++) {
      Go([&, ch, got, i] {
        int value = *ch.Recv();
        got.Send({i, value});
      });
      AwaitReceivers(ch, i + 1);
    }
    for (int i = 0; i < 10; i++) ch.Send(i);
    for (int i = 0; i < 10; i++) {
      std::array<int, 2> pair = *got.Recv();
      EXPECT_EQ(pair[0], pair[1]);
    }
  });
}

TEST_P(ChanTest, SendersAreServedInOrderOfArrival) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    for (int i = 0; i < 10; i++) {
      Go([&, ch, i] { ch.Send(i); });
      AwaitSenders(ch, i + 1);
    }
    for (int i = 0; i < 10; i++) EXPECT_EQ(ch.Recv(), i);
  });
}

// Go: TestMultiConsumer.
TEST_P(ChanTest, ManyConsumersShareTheWork) {
  Run([] {
    constexpr int kConsumers = 23;
    const int values = kSanitized ? 2000 : 20000;
    Chan<int> in = MakeChan<int>(100);
    Chan<int> out = MakeChan<int>(100);
    for (int i = 0; i < kConsumers; i++) {
      Go([in, out] {
        for (int v : in) {
          if (v % 7 == 0) runtime::Gosched();
          out.Send(v);
        }
      });
    }
    Go([in] {
      for (int i = 0; i < values; i++) in.Send(i);
      in.Close();
    });
    std::int64_t sum = 0;
    for (int i = 0; i < values; i++) sum += *out.Recv();
    EXPECT_EQ(sum, std::int64_t{values} * (values - 1) / 2);
  });
}

// Go: test/chan/goroutines.go.
TEST_P(ChanTest, AValuePassesDownADaisyChain) {
  const int links = kSanitized ? 1000 : 10000;
  Run([links] {
    const Chan<int> leftmost = MakeChan<int>();
    Chan<int> left = leftmost;
    for (int i = 0; i < links; i++) {
      Chan<int> right = MakeChan<int>();
      Go([left, right] { left.Send(1 + *right.Recv()); });
      left = right;
    }
    Go([left] { left.Send(0); });
    EXPECT_EQ(leftmost.Recv(), links);
  });
}

// Go: test/chan/sieve1.go.
TEST_P(ChanTest, TheSieveFindsPrimes) {
  constexpr int kPrimes[] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29,
                             31, 37, 41, 43, 47, 53, 59, 61, 67, 71};
  Run(
      [&] {
        Chan<int> ch = MakeChan<int>();
        Go([ch] {
          for (int i = 2;; i++) ch.Send(i);
        });
        for (int expected : kPrimes) {
          const int prime = *ch.Recv();
          EXPECT_EQ(prime, expected);
          Chan<int> filtered = MakeChan<int>();
          Go([ch, filtered, prime] {
            for (int v : ch) {
              if (v % prime != 0) filtered.Send(v);
            }
          });
          ch = filtered;
        }
      },
      /*left_behind=*/1 + static_cast<int>(std::size(kPrimes)));
}

// Without waiting.

TEST_P(ChanTest, TryFormsSayNoWhereTheOthersWouldWait) {
  for (std::size_t capacity : {0, 2}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      std::optional<int> out = 7;
      EXPECT_FALSE(ch.TryRecv(out));
      EXPECT_EQ(out, 7) << "a receive that did not happen changed `out`";
      for (std::size_t i = 0; i < capacity; i++) EXPECT_TRUE(ch.TrySend(1));
      EXPECT_FALSE(ch.TrySend(2));
      EXPECT_EQ(ch.Len(), capacity);
    });
  }
}

TEST_P(ChanTest, TryFormsServeThoseWhoWait) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    std::atomic<int> got{0};
    Go([&, ch] { got = *ch.Recv(); });
    EXPECT_TRUE(YieldUntil([&] { return ch.TrySend(3); }));
    EXPECT_TRUE(YieldUntil([&] { return got == 3; }));

    Go([ch] { ch.Send(4); });
    std::optional<int> out;
    EXPECT_TRUE(YieldUntil([&] { return ch.TryRecv(out); }));
    EXPECT_EQ(out, 4);
  });
}

TEST_P(ChanTest, TrySendLeavesAValueItDidNotSend) {
  Run([] {
    Chan<std::unique_ptr<int>> ch = MakeChan<std::unique_ptr<int>>(1);
    ch.Send(nullptr);
    auto value = std::make_unique<int>(3);
    EXPECT_FALSE(ch.TrySend(std::move(value)));
    ASSERT_NE(value, nullptr);
    ch.Recv();
    EXPECT_TRUE(ch.TrySend(std::move(value)));
    EXPECT_EQ(value, nullptr);
    EXPECT_EQ(**ch.Recv(), 3);
  });
}

TEST_P(ChanTest, TrySendOfAConstantCopiesIt) {
  Run([] {
    Chan<std::string> ch = MakeChan<std::string>(1);
    const std::string text(100, 'x');
    EXPECT_TRUE(ch.TrySend(text));
    EXPECT_FALSE(ch.TrySend(text));
    EXPECT_EQ(text.size(), 100u);
    EXPECT_EQ(ch.Recv(), text);
  });
}

// Go: TestNonblockRecvRace. A channel that goes from full to closed is ready to
// be received from at every moment.
TEST_P(ChanTest, TryRecvNeverFailsOnAChannelThatIsAlwaysReady) {
  const int rounds = kSanitized ? 1000 : 10000;
  Run([] {
    std::atomic<int> failures{0};
    Chan<Unit> done = MakeChan<Unit>();
    for (int i = 0; i < rounds; i++) {
      Chan<int> ch = MakeChan<int>(1);
      ch.Send(1);
      Go([&, ch] {
        std::optional<int> out;
        if (!ch.TryRecv(out)) failures++;
        done.Send({});
      });
      ch.Close();
      std::optional<int> out;
      if (!ch.TryRecv(out)) failures++;
      done.Recv();
    }
    EXPECT_EQ(failures, 0);
  });
}

// Not even the channel's lock: of what the readiness word says, nothing needs
// to be looked at again.
TEST(Chan, WhatFindsNothingTakesNoLock) {
  TimeLimit limit(std::chrono::seconds(20));
  Chan<int> meet = MakeChan<int>();
  Chan<int> full = MakeChan<int>(1);
  full.Send(1);
  Chan<int> empty = MakeChan<int>(1);
  Chan<int> drained = MakeChan<int>();
  drained.Close();
  const auto all = {meet, full, empty, drained};
  for (const auto& ch : all) {
    EXPECT_TRUE(AsHchan(internal::ChanAccess::Core(ch))->lock.TryLock());
  }
  std::optional<int> out = 7;
  EXPECT_FALSE(meet.TrySend(2));
  EXPECT_FALSE(meet.TryRecv(out));
  EXPECT_FALSE(full.TrySend(2));
  EXPECT_FALSE(empty.TryRecv(out));
  EXPECT_EQ(out, 7);
  EXPECT_EQ(drained.Recv(), std::nullopt);
  EXPECT_TRUE(drained.TryRecv(out));
  EXPECT_EQ(out, std::nullopt);
  for (const auto& ch : all) {
    UnlockHeld(AsHchan(internal::ChanAccess::Core(ch))->lock);
  }
}

// Closing.

TEST_P(ChanTest, ReceiveFromClosedDrainsTheBufferFirst) {
  Run([] {
    Chan<int> ch = MakeChan<int>(3);
    ch.Send(1);
    ch.Send(2);
    ch.Close();
    EXPECT_EQ(ch.Recv(), 1);
    std::optional<int> out;
    EXPECT_TRUE(ch.TryRecv(out));
    EXPECT_EQ(out, 2);
    EXPECT_TRUE(ch.TryRecv(out));
    EXPECT_EQ(out, std::nullopt);
    EXPECT_EQ(ch.Recv(), std::nullopt);
    EXPECT_EQ(ch.Recv(), std::nullopt);
  });
}

// It is seen without the lock, and taken by another meanwhile.
TEST_P(ChanTest, TheLastValueOfAClosedChannelIsReceivedOnce) {
  Run([] {
    for (int i = 0; i < 10; i++) {
      Chan<int> ch = MakeChan<int>(1);
      ch.Send(i);
      ch.Close();
      int taken = -1;
      std::optional<int> out = -2;
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(ch)),
                          [&](Hchan* c) {
                            Partner none;
                            EXPECT_EQ(c->Recv(&taken, &none), Op::kDone);
                          });
        EXPECT_TRUE(ch.TryRecv(out));
      }
      EXPECT_EQ(taken, i);
      EXPECT_EQ(out, std::nullopt);
    }
  });
}

TEST_P(ChanTest, CloseLetsAllWaitingReceiversGo) {
  for (std::size_t capacity : {0, 3}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      Chan<bool> got = MakeChan<bool>(10);
      for (int i = 0; i < 10; i++) {
        Go([&, ch, got] { got.Send(ch.Recv().has_value()); });
      }
      AwaitReceivers(ch, 10);
      ch.Close();
      for (int i = 0; i < 10; i++) EXPECT_EQ(got.Recv(), false);
    });
  }
}

// Go's order, which programs on one P can see: the list of waiters is walked
// from its end, and the one readied last is the next to run.
TEST(Chan, CloseReadiesWaitersLastFirst) {
  RunWith(1, [] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> order = MakeChan<int>(4);
    for (int i = 0; i < 4; i++) {
      Go([&, ch, order, i] {
        ch.Recv();
        order.Send(i);
      });
      AwaitReceivers(ch, i + 1);
    }
    ch.Close();
    for (int expected : {0, 3, 2, 1}) EXPECT_EQ(order.Recv(), expected);
  });
}

TEST_P(ChanTest, CloseMakesWaitingSendersPanic) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>();
    Chan<std::string> panics = MakeChan<std::string>(5);
    for (int i = 0; i < 5; i++) {
      Go([&, ch, panics, i] {
        panics.Send(PanicOf([&] { ch.Send(Counted(i)); }));
      });
    }
    AwaitSenders(ch, 5);
    ch.Close();
    for (int i = 0; i < 5; i++) {
      EXPECT_EQ(panics.Recv(), "send on closed channel");
    }
    EXPECT_EQ(Counted::alive, 0) << "a value that was not sent lives on";
  });
}

TEST_P(ChanTest, SendOnClosedPanics) {
  for (std::size_t capacity : {0, 2}) {
    Run([capacity] {
      Chan<Counted> ch = MakeChan<Counted>(capacity);
      ch.Close();
      EXPECT_EQ(PanicOf([&] { ch.Send(Counted(1)); }),
                "send on closed channel");
      EXPECT_EQ(PanicOf([&] { ch.TrySend(Counted(1)); }),
                "send on closed channel");
      EXPECT_EQ(Counted::alive, 0);
    });
  }
}

TEST_P(ChanTest, CloseOfClosedPanics) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    ch.Close();
    EXPECT_EQ(PanicOf([&] { ch.Close(); }), "close of closed channel");
    EXPECT_EQ(ch.Recv(), std::nullopt);
  });
}

// No channel.

TEST_P(ChanTest, NilChannelSaysNoToTryForms) {
  Run([] {
    Chan<int> nil;
    std::optional<int> out = 1;
    EXPECT_FALSE(nil.TrySend(1));
    EXPECT_FALSE(nil.TryRecv(out));
    EXPECT_EQ(out, 1);
    EXPECT_EQ(nil.Len(), 0u);
    EXPECT_EQ(nil.Cap(), 0u);
    EXPECT_EQ(PanicOf([&] { nil.Close(); }), "close of nil channel");
  });
}

TEST_P(ChanTest, NilChannelBlocksForEver) {
  Run(
      [] {
        std::atomic<int> about_to{0};
        Go([&] {
          about_to++;
          Chan<int>().Recv();
          ADD_FAILURE() << "received";
        });
        Go([&] {
          about_to++;
          Chan<int>().Send(1);
          ADD_FAILURE() << "sent";
        });
        EXPECT_TRUE(YieldUntil([&] { return about_to == 2; }));
      },
      /*left_behind=*/2);
}

// Sizes.

TEST_P(ChanTest, LenAndCapCountTheBuffer) {
  Run([] {
    Chan<int> ch = MakeChan<int>(5);
    EXPECT_EQ(ch.Cap(), 5u);
    EXPECT_EQ(ch.Len(), 0u);
    ch.Send(1);
    ch.Send(2);
    EXPECT_EQ(ch.Len(), 2u);
    EXPECT_EQ(SendChan<int>(ch).Len(), 2u);
    EXPECT_EQ(RecvChan<int>(ch).Cap(), 5u);
    ch.Close();
    EXPECT_EQ(ch.Len(), 2u);
    ch.Recv();
    EXPECT_EQ(ch.Len(), 1u);
    EXPECT_EQ(MakeChan<int>().Cap(), 0u);
  });
}

// Go: test/chancap.go.
TEST(Chan, MakeChanRefusesSizesThatDoNotFit) {
  const std::size_t max = std::numeric_limits<std::size_t>::max();
  for (std::size_t capacity :
       {max, max / 2, max / 4, max / 8, max / 8 + 1, max / 16}) {
    EXPECT_EQ(PanicOf([&] { (void)MakeChan<std::int64_t>(capacity); }),
              "makechan: size out of range")
        << capacity;
  }
  EXPECT_EQ(PanicOf([&] { (void)MakeChan<Unit>(max); }),
            "makechan: size out of range");
}

TEST(Chan, ABufferMayBeLargerThanTwoGigabytes) {
  if (sizeof(void*) == 4 || kSanitized) {
    GTEST_SKIP() << "not that much room for addresses";
  }
  // One page of it is ever touched.
  Chan<char> ch = MakeChan<char>(std::size_t{3} << 30);
  ch.Send('x');
  EXPECT_EQ(ch.Recv(), 'x');
}

TEST(Chan, MakeChanRefusesWhatMemoryCannotHold) {
  if (kSanitized) GTEST_SKIP() << "sanitizers' allocators abort";
  constexpr bool kWide = sizeof(std::size_t) == 8;
  if (!kWide) GTEST_SKIP() << "what fits into a size_t may be there";
  EXPECT_EQ(PanicOf([&] {
              (void)MakeChan<char>(std::size_t{1} << (kWide ? 47 : 0));
            }),
            "makechan: size out of range");
}

// Elements.

TEST_P(ChanTest, ElementsWithoutSizeNeedNoRoom) {
  Run([] {
    constexpr auto kVast = std::numeric_limits<std::size_t>::max() / 4;
    Chan<Unit> ch = MakeChan<Unit>(kVast);
    EXPECT_EQ(ch.Cap(), kVast);
    for (int i = 0; i < 1000; i++) ch.Send({});
    EXPECT_EQ(ch.Len(), 1000u);
    for (int i = 0; i < 1000; i++) EXPECT_TRUE(ch.Recv().has_value());
    Chan<Unit> meet = MakeChan<Unit>();
    Go([meet] { meet.Send({}); });
    EXPECT_TRUE(meet.Recv().has_value());
  });
}

struct alignas(256) Wide {
  explicit Wide(int v) : value(v) {}
  Wide(const Wide& other) noexcept : value(other.value) {
    // Also where no handle of the test's shows: in the channel's buffer. The
    // compiler takes the alignment for granted; hence the volatile.
    const Wide* const volatile self = this;
    if (reinterpret_cast<std::uintptr_t>(self) % alignof(Wide) != 0) astray++;
  }
  Wide& operator=(const Wide&) = delete;
  int value;
  static inline std::atomic<int> astray{0};
};

TEST_P(ChanTest, OverAlignedElementsStayAligned) {
  Run([] {
    Chan<Wide> ch = MakeChan<Wide>(3);
    Chan<Wide> meet = MakeChan<Wide>();
    Go([ch, meet] {
      for (Wide w : ch) meet.Send(w);
      meet.Close();
    });
    Go([ch] {
      for (int i = 0; i < 20; i++) ch.Send(Wide(i));
      ch.Close();
    });
    int next = 0;
    for (const Wide& w : meet) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&w) % alignof(Wide), 0u);
      EXPECT_EQ(w.value, next++);
    }
    EXPECT_EQ(next, 20);
    // malloc may align by chance, but not that often.
    std::vector<Chan<Wide>> others;
    for (int i = 0; i < 20; i++) {
      others.push_back(MakeChan<Wide>(1));
      others.back().Send(Wide(i));
    }
    EXPECT_EQ(Wide::astray, 0);
  });
}

template <std::size_t N>
void CheckElementsOfSize() {
  struct Bytes {
    unsigned char b[N];
  };
  static_assert(sizeof(Bytes) == N);
  for (std::size_t capacity : {0, 3}) {
    Chan<Bytes> ch = MakeChan<Bytes>(capacity);
    Go([ch] {
      for (unsigned i = 0; i < 10; i++) {
        Bytes v;
        for (unsigned j = 0; j < N; j++) {
          v.b[j] = static_cast<unsigned char>(i * 31 + j);
        }
        ch.Send(v);
      }
    });
    for (unsigned i = 0; i < 10; i++) {
      std::optional<Bytes> v = ch.Recv();
      for (unsigned j = 0; j < N; j++) {
        ASSERT_EQ(v->b[j], static_cast<unsigned char>(i * 31 + j))
            << N << " bytes";
      }
    }
  }
}

TEST_P(ChanTest, ElementsOfAnySizeArriveWhole) {
  Run([] {
    CheckElementsOfSize<1>();
    CheckElementsOfSize<2>();
    CheckElementsOfSize<3>();
    CheckElementsOfSize<4>();
    CheckElementsOfSize<7>();
    CheckElementsOfSize<8>();
    CheckElementsOfSize<12>();
    CheckElementsOfSize<16>();
    CheckElementsOfSize<17>();
    CheckElementsOfSize<24>();
    CheckElementsOfSize<1000>();
  });
}

TEST_P(ChanTest, MoveOnlyElementsAreMoved) {
  for (std::size_t capacity : {0, 2}) {
    Run([capacity] {
      Chan<Counted> ch = MakeChan<Counted>(capacity);
      Go([ch] {
        for (int i = 0; i < 50; i++) ch.Send(Counted(i));
        ch.Close();
      });
      int next = 0;
      for (Counted c : ch) {
        EXPECT_TRUE(c.owns());
        EXPECT_EQ(c.value(), next++);
      }
      EXPECT_EQ(next, 50);
    });
    EXPECT_EQ(Counted::alive, 0);
  }
}

TEST_P(ChanTest, ChannelsTravelThroughChannels) {
  Run([] {
    struct Request {
      int value;
      SendChan<int> reply;
    };
    Chan<Request> server = MakeChan<Request>();
    Go([server] {
      for (Request r : server) r.reply.Send(r.value * 2);
    });
    for (int i = 0; i < 10; i++) {
      Chan<int> reply = MakeChan<int>();
      server.Send({i, reply});
      EXPECT_EQ(reply.Recv(), 2 * i);
    }
    server.Close();
  });
}

struct Node {  // incomplete where its channel's type is named
  int value;
  Chan<Node> next;
};

TEST_P(ChanTest, ATypeMayHoldAChannelOfItself) {
  Run([] {
    Chan<Node> ch = MakeChan<Node>(1);
    ch.Send({1, MakeChan<Node>(1)});
    std::optional<Node> node = ch.Recv();
    node->next.Send({2, nullptr});
    EXPECT_EQ(node->next.Recv()->value, 2);
  });
}

// Lifetime.

TEST_P(ChanTest, TheLastHandleDestroysTheBuffer) {
  Run([] {
    {
      Chan<Counted> ch = MakeChan<Counted>(4);
      for (int i = 0; i < 3; i++) ch.Send(Counted(i));
      ch.Recv();  // so that what is left does not begin at the front
      ch.Send(Counted(3));
      ch.Send(Counted(4));
      RecvChan<Counted> recv = ch;
      SendChan<Counted> send = std::move(ch);
      EXPECT_FALSE(ch);
      recv = nullptr;
      EXPECT_EQ(Counted::alive, 4);
      SendChan<Counted> other = send;
      send = SendChan<Counted>();
      EXPECT_EQ(other.Len(), 4u);
      EXPECT_EQ(Counted::alive, 4);
    }
    EXPECT_EQ(Counted::alive, 0);
  });
}

TEST_P(ChanTest, AssignmentRefersToTheOtherChannel) {
  Run([] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>(1);
    Chan<int> c = a;
    a = b;
    EXPECT_EQ(a, b);
    EXPECT_NE(a, c);
    a.Send(1);
    EXPECT_EQ(c.Len(), 0u);
    EXPECT_EQ(b.Recv(), 1);
    const Chan<int>& self = a;
    a = self;
    EXPECT_EQ(a, b);
  });
}

// While goroutines are parked in calls through it, a handle may go, as long as
// the channel has another.
TEST_P(ChanTest, ParkedGoroutinesDoNotNeedTheirHandle) {
  Run([] {
    auto receive = std::make_unique<Chan<Counted>>(MakeChan<Counted>());
    auto send = std::make_unique<Chan<Counted>>(MakeChan<Counted>());
    Chan<Counted> receive_too = *receive;
    Chan<Counted> send_too = *send;
    Chan<int> got = MakeChan<int>();
    Go([&, ch = receive.get()] {
      std::optional<Counted> c = ch->Recv();
      got.Send(c->value());
    });
    Go([&, ch = send.get()] { ch->Send(Counted(6)); });
    AwaitReceivers(receive_too, 1);
    AwaitSenders(send_too, 1);
    receive.reset();
    send.reset();
    receive_too.Send(Counted(5));
    EXPECT_EQ(got.Recv(), 5);
    EXPECT_EQ(send_too.Recv()->value(), 6);
    receive_too = send_too = nullptr;
    EXPECT_EQ(AwaitGoroutines(1), 1);
    EXPECT_EQ(Counted::alive, 0);
  });
}

// The receiver frees the channel while the sender that woke it is still on its
// way out of Send.
TEST_P(ChanTest, TheServedMayDestroyTheChannelAtOnce) {
  const int rounds = kSanitized ? 2000 : 20000;
  Run([] {
    struct Job {
      Chan<Unit> done = MakeChan<Unit>();
    };
    Chan<Job*> jobs = MakeChan<Job*>();
    Go([jobs] {
      for (Job* job : jobs) job->done.Send({});
    });
    for (int i = 0; i < rounds; i++) {
      auto job = std::make_unique<Job>();
      jobs.Send(job.get());
      job->done.Recv();
      job.reset();
    }
    jobs.Close();
  });
}

// They wait for the lock, and are no longer pinned afterwards.
TEST_P(ChanTest, AllThatChangesAChannelTakesItsLock) {
  Run([] {
    const auto expect_after = [](const LockHolder& holder) {
      EXPECT_TRUE(holder.Released());
      EXPECT_EQ(sched::CurrentM()->pinned, 0u);
    };
    for (int i = 0; i < 10; i++) {
      auto ch = std::make_unique<Chan<int>>(MakeChan<int>(1));
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(*ch)));
        ch->Send(i);
        expect_after(holder);
      }
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(*ch)));
        EXPECT_EQ(ch->Recv(), i);
        expect_after(holder);
      }
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(*ch)));
        ch->Close();
        expect_after(holder);
      }
      LockHolder holder(AsHchan(internal::ChanAccess::Core(*ch)));
      ch.reset();
      expect_after(holder);
    }
  });
}

// The channel may be gone by then; here the waker holds its lock.
TEST(Chan, OneThatHasWaitedLeavesTheLockAlone) {
  RunWith(1, [] {
    Chan<int> ch = MakeChan<int>();
    sched::LightMutex& lock = AsHchan(internal::ChanAccess::Core(ch))->lock;
    std::atomic<int> served{0};
    const auto serve = [&](auto&& wait, auto&& meet) {
      const int before = served;
      Go([&, wait] {
        wait();
        served++;
      });
      while (CountWaiters(ch, &Hchan::recvq) +
                 CountWaiters(ch, &Hchan::sendq) ==
             0) {
        runtime::Gosched();
      }
      {
        const sched::Pinned pin;  // it does not run before the lock is held
        meet();
        EXPECT_TRUE(lock.TryLock());
      }
      while (served == before) runtime::Gosched();
      EXPECT_FALSE(lock.TryLock());
      UnlockHeld(lock);
    };
    serve([&] { ch.Recv(); }, [&] { EXPECT_TRUE(ch.TrySend(1)); });
    serve([&] { ch.Send(2); },
          [&] {
            std::optional<int> out;
            EXPECT_TRUE(ch.TryRecv(out));
          });
  });
}

TEST_P(ChanTest, OperationsAllocateNothing) {
  Run([] {
    Chan<int> ping = MakeChan<int>();
    Chan<int> pong = MakeChan<int>(1);
    Go([ping, pong] {
      for (int v : ping) pong.Send(v);
    });
    const auto round = [&] {
      std::optional<int> out;
      for (int i = 0; i < 1000; i++) {
        ping.Send(i);
        pong.Recv();
        pong.TryRecv(out);
      }
    };
    round();  // lets the runtime make its threads first
    const std::size_t before = allocations;
    round();
    // Nothing of the channels' is rare; leave room for a thread made late.
    EXPECT_LT(allocations - before, 20u);
    ping.Close();
  });
}

// Handles.

TEST(Chan, HandlesCompareByChannel) {
  Chan<int> a = MakeChan<int>();
  Chan<int> b = MakeChan<int>();
  Chan<int> nil;
  EXPECT_TRUE(a);
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil, nullptr);
  EXPECT_NE(a, nullptr);
  EXPECT_EQ(a, Chan<int>(a));
  EXPECT_NE(a, b);
  EXPECT_EQ(nil, Chan<int>());
  EXPECT_EQ(a, RecvChan<int>(a)) << "compared as what both convert to";
  EXPECT_EQ(SendChan<int>(a), SendChan<int>(a));
  EXPECT_FALSE(SendChan<int>(nil));

  std::unordered_set<Chan<int>> set{a, b, a, nil};
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(std::hash<RecvChan<int>>()(a), std::hash<SendChan<int>>()(a));
}

static_assert(std::is_convertible_v<Chan<int>, SendChan<int>>);
static_assert(std::is_convertible_v<Chan<int>, RecvChan<int>>);
static_assert(!std::is_convertible_v<SendChan<int>, Chan<int>>);
static_assert(!std::is_convertible_v<RecvChan<int>, SendChan<int>>);
static_assert(!std::is_convertible_v<Chan<int>, bool>);
static_assert(!std::is_convertible_v<Chan<int>, Chan<long>>);
static_assert(std::is_nothrow_move_constructible_v<Chan<int>>);
static_assert(sizeof(Chan<int>) == sizeof(void*));
static_assert(std::ranges::input_range<Chan<int>>);
static_assert(std::ranges::input_range<RecvChan<std::unique_ptr<int>>>);

TEST_P(ChanTest, LoopsEndWhenTheChannelIsClosed) {
  Run([] {
    Chan<std::unique_ptr<int>> ch = MakeChan<std::unique_ptr<int>>(8);
    for (int i = 0; i < 5; i++) ch.Send(std::make_unique<int>(i));
    ch.Close();
    int sum = 0;
    for (std::unique_ptr<int> p : ch) sum += *p;
    EXPECT_EQ(sum, 10);
    for (std::unique_ptr<int> p : ch) ADD_FAILURE() << *p;
  });
}

TEST_P(ChanTest, LoopsKeepTheirChannel) {
  Run([] {
    Chan<int> ch = MakeChan<int>(3);
    for (int i = 0; i < 3; i++) ch.Send(i);
    ch.Close();
    int n = 0;
    for (int v : ch) {
      ch = nullptr;
      EXPECT_EQ(v, n++);
    }
    EXPECT_EQ(n, 3);
  });
}

// Memory ordering; TSan is the judge of these.

TEST_P(ChanTest, SendHappensBeforeReceive) {
  const int rounds = kSanitized ? 500 : 5000;
  for (std::size_t capacity : {0, 1, 4}) {
    Run([capacity] {
      struct Box {
        int value = 0;
      };
      Chan<Box*> ch = MakeChan<Box*>(capacity);
      Go([ch] {
        for (int i = 0; i < rounds; i++) {
          Box* box = new Box;
          box->value = i;
          ch.Send(box);
        }
        ch.Close();
      });
      int next = 0;
      for (Box* box : ch) {
        ASSERT_EQ(box->value, next++);
        delete box;
      }
    });
  }
}

TEST_P(ChanTest, UnbufferedReceiveHappensBeforeSendReturns) {
  Run([] {
    Chan<Unit> ch = MakeChan<Unit>();
    int value = 0;
    Go([&value, ch] {
      for (int i = 1; i <= 500; i++) {
        value = i;
        ch.Recv();
        ch.Recv();
      }
    });
    for (int i = 1; i <= 500; i++) {
      ch.Send({});
      ASSERT_EQ(value, i);
      ch.Send({});
    }
  });
}

TEST_P(ChanTest, ABufferedChannelIsASemaphore) {
  Run([] {
    Chan<Unit> lock = MakeChan<Unit>(1);
    Chan<Unit> done = MakeChan<Unit>();
    int counter = 0;
    for (int g = 0; g < 8; g++) {
      Go([&counter, lock, done] {
        for (int i = 0; i < 200; i++) {
          lock.Send({});
          counter++;
          lock.Recv();
        }
        done.Send({});
      });
    }
    for (int g = 0; g < 8; g++) done.Recv();
    EXPECT_EQ(counter, 1600);
  });
}

TEST_P(ChanTest, CloseHappensBeforeReceivesThatSeeIt) {
  Run([] {
    for (int i = 0; i < 200; i++) {
      Chan<Unit> ch = MakeChan<Unit>();
      Chan<Unit> done = MakeChan<Unit>();
      int value = 0;
      for (int g = 0; g < 3; g++) {
        Go([&value, ch, done] {
          ch.Recv();
          EXPECT_EQ(value, 1);
          done.Send({});
        });
      }
      value = 1;
      ch.Close();
      for (int g = 0; g < 3; g++) done.Recv();
    }
  });
}

// Threads that are not goroutines, and several runs.

TEST_P(ChanTest, ThreadsAndGoroutinesExchangeValues) {
  Run([] {
    Chan<int> to_thread = MakeChan<int>();
    Chan<int> to_goroutine = MakeChan<int>(2);
    std::thread thread([=] {
      for (int v : to_thread) to_goroutine.Send(v + 1);
      to_goroutine.Close();
    });
    Go([to_thread] {
      for (int i = 0; i < 200; i++) to_thread.Send(i);
      to_thread.Close();
    });
    int next = 1;
    for (int v : to_goroutine) EXPECT_EQ(v, next++);
    EXPECT_EQ(next, 201);
    thread.join();
  });
}

TEST(Chan, ThreadsUseChannelsWithoutRun) {
  const TimeLimit limit(std::chrono::seconds(60));
  Chan<int> ch = MakeChan<int>();
  Chan<int> back = MakeChan<int>(1);
  std::thread thread([&] {
    for (int v : ch) back.Send(v * 2);
    back.Close();
  });
  for (int i = 0; i < 200; i++) {
    ch.Send(i);
    ASSERT_EQ(back.Recv(), 2 * i);
  }
  ch.Close();
  EXPECT_EQ(back.Recv(), std::nullopt);
  thread.join();
}

TEST(Chan, GoroutinesOfAnEarlierRunAreNotServed) {
  Chan<int> ch = MakeChan<int>();
  RunWith(
      2,
      [&] {
        Go([&] {
          ch.Recv();
          ADD_FAILURE() << "resumed";
        });
        AwaitReceivers(ch, 1);
      },
      /*left_behind=*/1);
  RunWith(2, [&] {
    EXPECT_FALSE(ch.TrySend(1));
    Go([ch] { ch.Send(2); });
    EXPECT_EQ(ch.Recv(), 2);
    ch.Close();
  });
}

}  // namespace
}  // namespace gosling
