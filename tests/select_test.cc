// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Select as programs see it: gosling/select.h. Tests that follow one of Go's
// name it.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

class SelectTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, SelectTest, kProcs, ProcsName);

// One case at a time.

TEST_P(SelectTest, ReceivesFromTheChannelThatHasAValue) {
  Run([] {
    Chan<int> a = MakeChan<int>(1);
    Chan<std::string> b = MakeChan<std::string>(1);
    b.Send("x");
    std::string got;
    int chosen =
        Select(OnRecv(a, [](std::optional<int>) { FAIL(); }),
               OnRecv(b, [&](std::optional<std::string> s) { got = *s; }));
    EXPECT_EQ(chosen, 1);
    EXPECT_EQ(got, "x");
    EXPECT_EQ(b.Len(), 0u);
  });
}

TEST_P(SelectTest, SendsToTheChannelThatHasRoom) {
  Run([] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>(1);
    a.Send(0);
    bool ran = false;
    EXPECT_EQ(Select(OnSend(a, 1), OnSend(b, 2, [&] { ran = true; })), 1);
    EXPECT_TRUE(ran);
    EXPECT_EQ(a.Recv(), 0);
    EXPECT_EQ(b.Recv(), 2);
  });
}

TEST_P(SelectTest, HandlersMayBeLeftOutOrTakeNothing) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(2);
    ch.Send(Counted(1));
    ch.Send(Counted(2));
    bool ran = false;
    EXPECT_EQ(Select(OnRecv(ch, [&] { ran = true; }), OnDefault()), 0);
    EXPECT_TRUE(ran);
    EXPECT_EQ(Counted::alive, 1) << "the value nobody asked for lives on";
    EXPECT_EQ(Select(OnRecv(ch)), 0);
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_EQ(Select(OnDefault()), 0);
  });
}

TEST_P(SelectTest, DefaultRunsWhenNothingIsReady) {
  Run([] {
    Chan<int> empty = MakeChan<int>(1);
    Chan<int> full = MakeChan<int>(1);
    full.Send(1);
    int defaults = 0;
    const auto count = [&] { defaults++; };
    EXPECT_EQ(Select(OnRecv(empty), OnDefault(count)), 1);
    EXPECT_EQ(Select(OnDefault(count), OnSend(full, 2)), 0);
    EXPECT_EQ(Select(OnRecv(empty), OnSend(full, 2), OnDefault(count)), 2);
    EXPECT_EQ(Select(OnRecv(empty), OnDefault(count), OnSend(full, 2)), 1);
    EXPECT_EQ(defaults, 4);
  });
}

// Nor does a receive from what is closed and empty.
TEST(Select, ADefaultTakesNoLock) {
  TimeLimit limit(std::chrono::seconds(20));
  Chan<int> empty = MakeChan<int>(1);
  Chan<int> full = MakeChan<int>(1);
  full.Send(1);
  Chan<int> drained = MakeChan<int>();
  drained.Close();
  const auto all = {empty, full, drained};
  for (const auto& ch : all) {
    EXPECT_TRUE(AsHchan(internal::ChanAccess::Core(ch))->lock.TryLock());
  }
  EXPECT_EQ(Select(OnRecv(empty), OnSend(full, 2), OnDefault()), 2);
  const internal::Poll nil = {nullptr, internal::CaseKind::kRecv};
  const internal::Poll nils[] = {nil, nil};
  EXPECT_TRUE(internal::NoneReady(nils, 2));
  auto recv = OnRecv(empty);
  auto send = OnSend(full, 2);
  auto otherwise = OnDefault();
  auto end = OnRecv(drained);
  EXPECT_EQ(Select(std::vector<SelectCase*>{&send, &otherwise, &recv}), 1);
  EXPECT_EQ(Select(std::vector<SelectCase*>{&send, &otherwise, &end}), 2);
  for (const auto& ch : all) {
    UnlockHeld(AsHchan(internal::ChanAccess::Core(ch))->lock);
  }
}

TEST_P(SelectTest, DefaultDoesNotRunWhenSomethingIsReady) {
  Run([] {
    Chan<int> empty = MakeChan<int>(1);
    Chan<int> full = MakeChan<int>(1);
    full.Send(1);
    EXPECT_EQ(Select(OnDefault([] { FAIL(); }), OnSend(empty, 5)), 1);
    EXPECT_EQ(Select(OnRecv(empty), OnDefault([] { FAIL(); })), 0);
    EXPECT_EQ(Select(OnDefault([] { FAIL(); }), OnRecv(full), OnRecv(empty)),
              1);
  });
}

TEST_P(SelectTest, WaitsForAValue) {
  Run([] {
    Chan<Counted> a = MakeChan<Counted>();
    Chan<Counted> b = MakeChan<Counted>(3);
    Chan<int> got = MakeChan<int>();
    for (int round = 0; round < 50; round++) {
      Go([&] {
        int value = 0;
        int chosen = Select(
            OnRecv(a, [&](std::optional<Counted> c) { value = c->value(); }),
            OnRecv(b, [&](std::optional<Counted> c) { value = c->value(); }));
        got.Send(10 * value + chosen);
      });
      if (round < 5) AwaitReceivers(a, 1);
      (round % 2 == 0 ? a : b).Send(Counted(round));
      EXPECT_EQ(got.Recv(), 10 * round + round % 2);
    }
    EXPECT_EQ(Counted::alive, 0);
  });
}

// Not ready at the first look, but once the locks are had.
TEST_P(SelectTest, TakesWhatBecomesReadyWhileItWaitsForTheLocks) {
  Run([] {
    for (int i = 0; i < 10; i++) {
      Chan<int> in = MakeChan<int>(1);
      Chan<int> other = MakeChan<int>(1);
      Chan<int> out = MakeChan<int>(1);
      out.Send(-1);
      int got = -1;
      const auto take = [&](std::optional<int> v) { got = v.value_or(-2); };
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(in)),
                          [i](Hchan* c) { EXPECT_TRUE(c->PutPlain(&i)); });
        EXPECT_EQ(Select(OnRecv(other), OnRecv(in, take)), 1);
      }
      EXPECT_EQ(got, i);
      EXPECT_EQ(in.Len(), 0u);
      {
        LockHolder holder(AsHchan(internal::ChanAccess::Core(out)),
                          [&got](Hchan* c) { EXPECT_TRUE(c->GetPlain(&got)); });
        EXPECT_EQ(Select(OnRecv(other), OnSend(out, i)), 1);
      }
      EXPECT_EQ(got, -1);
      EXPECT_EQ(out.Recv(), i);
      EXPECT_EQ(sched::CurrentM()->pinned, 0u);
    }
  });
}

// Likewise, but the other side waits in the channel by then.
TEST_P(SelectTest, ServesOneThatComesWhileItWaitsForTheLocks) {
  Run([] {
    const auto core = [](const Chan<int>& ch) {
      return AsHchan(internal::ChanAccess::Core(ch));
    };
    for (int i = 0; i < 10; i++) {
      Chan<int> low = MakeChan<int>();
      Chan<int> high = MakeChan<int>();
      if (!std::less<>()(core(low), core(high))) std::swap(low, high);
      std::thread partner;
      // The select may have come late, and served the partner unseen.
      std::atomic<bool> served{false};
      const auto await = [&](std::uint64_t ready) {
        while ((core(high)->ready & ready) == 0 && !served) {
          std::this_thread::yield();
        }
      };
      int got = -1;
      {
        LockHolder holder(core(low), [&](Hchan*) {
          partner = std::thread([&, high] {
            high.Send(i);
            served = true;
          });
          await(kRecvReady);
        });
        EXPECT_EQ(Select(OnRecv(low), OnRecv(high, [&](auto v) { got = *v; })),
                  1);
      }
      partner.join();
      EXPECT_EQ(got, i);
      served = false;
      {
        LockHolder holder(core(low), [&](Hchan*) {
          partner = std::thread([&, high] {
            got = high.Recv().value_or(-2);
            served = true;
          });
          await(kSendReady);
        });
        EXPECT_EQ(Select(OnRecv(low), OnSend(high, i + 1)), 1);
      }
      partner.join();
      EXPECT_EQ(got, i + 1);
    }
  });
}

// As when one that waited in the channel could not be woken any more.
TEST_P(SelectTest, WaitsAlthoughAReadinessWordIsOutOfDate) {
  Run([] {
    for (bool while_it_waits : {false, true}) {
      Chan<int> in = MakeChan<int>();
      Chan<int> other = MakeChan<int>();
      const auto promise = [](Hchan* c) {
        c->ready.store(kRecvReady, std::memory_order_release);
      };
      int got = -1;
      Chan<Unit> done = MakeChan<Unit>();
      Hchan* c = AsHchan(internal::ChanAccess::Core(in));
      if (!while_it_waits) promise(c);
      Go([&] {
        std::optional<LockHolder> holder;
        if (while_it_waits) holder.emplace(c, promise);
        EXPECT_EQ(Select(OnRecv(other),
                         OnRecv(in, [&](auto v) { got = v.value_or(-2); })),
                  1);
        done.Send({});
      });
      AwaitReceivers(in, 1);
      EXPECT_EQ(c->ready & kRecvReady, 0u);
      in.Send(5);
      done.Recv();
      EXPECT_EQ(got, 5);
    }
  });
}

TEST_P(SelectTest, WaitsForRoom) {
  Run([] {
    Chan<Counted> a = MakeChan<Counted>();
    Chan<Counted> b = MakeChan<Counted>(1);
    b.Send(Counted(0));
    Chan<int> chosen = MakeChan<int>();
    for (int round = 1; round < 50; round++) {
      Go([&] {
        int index =
            Select(OnSend(a, Counted(-round)), OnSend(b, Counted(round)));
        EXPECT_EQ(Counted::alive, 2) << "the value not sent is destroyed";
        chosen.Send(index);
      });
      if (round < 5) AwaitSenders(a, 1);
      if (round % 2 == 0) {
        std::optional<Counted> c = a.Recv();
        EXPECT_EQ(c->value(), -round);
        EXPECT_EQ(chosen.Recv(), 0);
      } else {
        std::optional<Counted> c = b.Recv();
        EXPECT_EQ(chosen.Recv(), 1);
        EXPECT_EQ(b.Len(), 1u);
        b.Recv();
        b.Send(Counted(0));
      }
    }
    b.Recv();
    EXPECT_EQ(Counted::alive, 0);
  });
}

TEST_P(SelectTest, LosersLeaveTheirQueues) {
  Run([] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>();
    Chan<Unit> done = MakeChan<Unit>();
    Go([&] {
      EXPECT_EQ(Select(OnRecv(a), OnRecv(b), OnSend(b, 1)), 0);
      done.Send({});
    });
    AwaitReceivers(b, 1);
    a.Send(1);
    done.Recv();
    std::optional<int> out;
    EXPECT_FALSE(b.TrySend(1));
    EXPECT_FALSE(b.TryRecv(out));
  });
}

// A waiter that another case has woken already is not to be served again, even
// before it has had time to leave its queues.
TEST(Select, AWinnersOtherCasesAreNotServed) {
  RunWith(1, [] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>();
    Go([&] { EXPECT_EQ(Select(OnRecv(a), OnRecv(b)), 0); });
    AwaitReceivers(b, 1);
    a.Send(1);  // with one P, the other goroutine has not run since
    EXPECT_FALSE(b.TrySend(2));
    EXPECT_EQ(Select(OnSend(b, 2), OnDefault()), 1);
    Chan<int> c = MakeChan<int>();
    EXPECT_EQ(Select(OnSend(b, 2), OnRecv(c), OnDefault()), 2);
  });
}

// Closed and nil channels.

TEST_P(SelectTest, AClosedChannelIsReady) {
  Run([] {
    Chan<int> closed = MakeChan<int>(1);
    closed.Send(1);
    closed.Close();
    Chan<int> empty = MakeChan<int>();
    std::vector<std::optional<int>> got;
    for (int i = 0; i < 2; i++) {
      EXPECT_EQ(Select(OnRecv(empty),
                       OnRecv(closed,
                              [&](std::optional<int> v) { got.push_back(v); })),
                1);
    }
    EXPECT_EQ(got, (std::vector<std::optional<int>>{1, std::nullopt}));
    EXPECT_EQ(PanicOf([&] { Select(OnRecv(empty), OnSend(closed, 1)); }),
              "send on closed channel");
    EXPECT_EQ(PanicOf([&] { Select(OnDefault(), OnSend(closed, 1)); }),
              "send on closed channel");
  });
}

TEST_P(SelectTest, CloseWakesASelectThatReceives) {
  Run([] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>();
    Chan<bool> got = MakeChan<bool>();
    Go([&] {
      bool value = true;
      EXPECT_EQ(
          Select(
              OnRecv(a),
              OnRecv(b, [&](std::optional<int> v) { value = v.has_value(); })),
          1);
      got.Send(value);
    });
    AwaitReceivers(b, 1);
    b.Close();
    EXPECT_EQ(got.Recv(), false);
  });
}

TEST_P(SelectTest, CloseMakesASelectThatSendsPanic) {
  Run([] {
    Chan<Counted> a = MakeChan<Counted>();
    Chan<Counted> b = MakeChan<Counted>();
    Chan<std::string> panics = MakeChan<std::string>();
    Go([&] {
      panics.Send(PanicOf(
          [&] { Select(OnSend(b, Counted(1), [] { FAIL(); }), OnRecv(a)); }));
    });
    AwaitSenders(b, 1);
    b.Close();
    EXPECT_EQ(panics.Recv(), "send on closed channel");
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_FALSE(a.TrySend(Counted(2))) << "still in the other queue";
  });
}

// Go: test/chan/select3.go.
TEST_P(SelectTest, NilChannelsAreNeverReady) {
  Run([] {
    Chan<int> nil;
    Chan<int> ready = MakeChan<int>(1);
    EXPECT_EQ(Select(OnRecv(nil), OnSend(nil, 1), OnDefault()), 2);
    EXPECT_EQ(Select(OnRecv(nil), OnDefault()), 1);
    EXPECT_EQ(Select(OnRecv(nil), OnSend(nil, 1), OnSend(ready, 1)), 2);
    Go([&] { ready.Send(2); });
    EXPECT_EQ(Select(OnRecv(nil), OnRecv(ready), OnSend(nil, 1)), 1);
    EXPECT_EQ(Select(OnRecv(nil), OnRecv(ready), OnSend(nil, 1)), 1);
  });
}

TEST_P(SelectTest, NothingThatCouldBecomeReadyBlocksForEver) {
  Run(
      [] {
        std::atomic<const sched::G*> asleep[3] = {};
        Go([&] {
          asleep[0] = sched::CurrentG();
          Select();
          ADD_FAILURE() << "returned";
        });
        Go([&] {
          asleep[1] = sched::CurrentG();
          Select(OnRecv(Chan<int>()), OnSend(Chan<int>(), 1));
          ADD_FAILURE() << "returned";
        });
        Go([&] {
          asleep[2] = sched::CurrentG();
          Select(std::span<SelectCase* const>());
          ADD_FAILURE() << "returned";
        });
        using sched::WaitReason;
        const WaitReason reasons[] = {WaitReason::kSelectNoCases,
                                      WaitReason::kSelect,
                                      WaitReason::kSelectNoCases};
        for (int i = 0; i < 3; i++) {
          EXPECT_TRUE(YieldUntil([&] {
            return asleep[i] != nullptr &&
                   (asleep[i].load()->wait_reason & ~sched::kWaitSeen) ==
                       static_cast<int>(reasons[i]);
          }));
        }
      },
      /*left_behind=*/3);
}

// A channel in both directions, and more than once.

// Go: TestSelectDuplicateChannel.
TEST_P(SelectTest, AChannelMayAppearMoreThanOnce) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Chan<int> d = MakeChan<int>();
    Chan<int> e = MakeChan<int>();
    Chan<int> order = MakeChan<int>(4);
    Go([&] {
      const int chosen = Select(OnRecv(c), OnRecv(d), OnRecv(e));
      EXPECT_EQ(chosen, 1);
      order.Send(1);
    });
    AwaitReceivers(d, 1);
    Go([&] {
      Select(OnRecv(c), OnRecv(c), OnRecv(c));
      order.Send(2);
    });
    AwaitReceivers(c, 4);
    d.Send(7);
    EXPECT_EQ(order.Recv(), 1);
    c.Send(8);
    EXPECT_EQ(order.Recv(), 2);
    EXPECT_FALSE(c.TrySend(9)) << "a duplicate is still queued";
  });
}

// Go: TestSelfSelect. Two goroutines, each of which offers to send and to
// receive on the same channel: they meet each other, never themselves.
TEST_P(SelectTest, ASelectDoesNotMeetItself) {
  const int rounds = kSanitized ? 300 : 1000;
  for (std::size_t capacity : {0, 10}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      Chan<Unit> done = MakeChan<Unit>();
      for (int p = 0; p < 2; p++) {
        Go([=] {
          for (int i = 0; i < rounds; i++) {
            const auto check = [&](std::optional<int> v) {
              if (capacity == 0) {
                EXPECT_NE(v, p) << "received its own value";
              }
            };
            if (p == 0 || i % 2 == 0) {
              Select(OnSend(ch, p), OnRecv(ch, check));
            } else {
              Select(OnRecv(ch, check), OnSend(ch, p));
            }
          }
          done.Send({});
        });
      }
      done.Recv();
      done.Recv();
    });
  }
}

// Whatever the order of the cases: the lock of the highest channel comes last.
TEST_P(SelectTest, LocksAreTakenInTheOrderOfAddresses) {
  Run([] {
    for (std::size_t n : {2, 3, 5}) {
      std::vector<Chan<int>> channels;
      for (std::size_t i = 0; i < n; i++) channels.push_back(MakeChan<int>(1));
      const auto core = [](const Chan<int>& ch) {
        return AsHchan(internal::ChanAccess::Core(ch));
      };
      std::sort(channels.begin(), channels.end(),
                [&](const auto& a, const auto& b) {
                  return std::less<>()(core(a), core(b));
                });
      for (bool upwards : {true, false}) {
        // Holds the highest until all others are held too.
        LockHolder holder(core(channels.back()), [&](Hchan* highest) {
          for (std::size_t i = 0; i + 1 < n; i++) {
            sched::LightMutex& lock = core(channels[i])->lock;
            while (lock.TryLock()) {
              lock.Unlock();
              std::this_thread::yield();
            }
          }
          const int value = 1;
          EXPECT_TRUE(highest->PutPlain(&value));
        });
        std::vector<decltype(OnRecv(channels[0]))> receives;
        for (auto& ch : channels) receives.push_back(OnRecv(ch));
        std::vector<SelectCase*> cases;
        for (auto& receive : receives) cases.push_back(&receive);
        if (!upwards) std::reverse(cases.begin(), cases.end());
        EXPECT_EQ(Select(cases), upwards ? static_cast<int>(n) - 1 : 0);
      }
    }
  });
}

// Selects that name the same channels in different orders lock them in one.
TEST_P(SelectTest, OrderOfCasesDoesNotDeadlock) {
  const int rounds = kSanitized ? 500 : 5000;
  Run([] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>();
    Chan<Unit> done = MakeChan<Unit>();
    for (int g = 0; g < 2; g++) {
      Go([=] {
        for (int i = 0; i < rounds; i++) Select(OnSend(a, i), OnSend(b, i));
        done.Send({});
      });
      Go([=] {
        for (int i = 0; i < rounds; i++) Select(OnRecv(b), OnRecv(a));
        done.Send({});
      });
    }
    for (int g = 0; g < 4; g++) done.Recv();
  });
}

// Fairness.

// Go: TestSelectFairness.
TEST_P(SelectTest, ReadyCasesAreChosenEvenly) {
  Run([] {
    constexpr int kTrials = 10000;
    Chan<int> a = MakeChan<int>(kTrials + 1);
    Chan<int> b = MakeChan<int>(kTrials + 1);
    for (int i = 0; i < kTrials + 1; i++) {
      a.Send(1);
      b.Send(2);
    }
    Chan<int> c = MakeChan<int>();
    Chan<int> d = MakeChan<int>();
    std::array<int, 4> counts{};
    for (int i = 0; i < kTrials; i++) {
      counts[static_cast<std::size_t>(
          Select(OnRecv(c), OnRecv(a), OnRecv(d), OnRecv(b)))]++;
    }
    EXPECT_EQ(counts[0] + counts[2], 0);
    // An even coin leaves this band, 10 standard deviations wide, once in 1e23.
    EXPECT_NEAR(counts[1], kTrials / 2, 500);
  });
}

TEST_P(SelectTest, EachOfManyReadyCasesIsChosenAsOften) {
  Run([] {
    constexpr int kCases = 8;
    constexpr int kTrials = 16000;
    std::vector<Chan<int>> channels;
    for (int i = 0; i < kCases; i++) {
      channels.push_back(MakeChan<int>());
      channels.back().Close();
    }
    std::deque<decltype(OnRecv(channels[0]))> cases;
    std::vector<SelectCase*> list;
    for (Chan<int>& ch : channels) {
      cases.push_back(OnRecv(ch));
      list.push_back(&cases.back());
    }
    std::array<int, kCases> counts{};
    for (int i = 0; i < kTrials; i++) {
      counts[static_cast<std::size_t>(Select(list))]++;
    }
    for (int n : counts) EXPECT_NEAR(n, kTrials / kCases, 420);  // 10 sigma
  });
}

// Several cases of one channel. 1,000 draws of an even coin leave a band of 10
// standard deviations once in 1e23.

constexpr int kCoins = 1000;
constexpr int kBand = 158;

// Go: TestPseudoRandomSend, which has no buffer and one for all the values.
TEST_P(SelectTest, EachValueOfferedToOneChannelIsSentAsOften) {
  for (const std::size_t capacity : {0, kCoins}) {
    Run([capacity] {
      Chan<int> ch = MakeChan<int>(capacity);
      Go([ch] {
        for (int i = 0; i < kCoins; i++) Select(OnSend(ch, 0), OnSend(ch, 1));
        ch.Close();
      });
      int ones = 0;
      for (int i = 0; i < kCoins; i++) {
        if (capacity == 0) AwaitSenders(ch, 2);  // so that it waits each time
        ones += *ch.Recv();
      }
      EXPECT_NEAR(ones, kCoins / 2, kBand) << "capacity " << capacity;
    });
  }
}

TEST_P(SelectTest, EachWaitingReceiveOfOneChannelIsServedAsOften) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> other = MakeChan<int>();
    Chan<int> chosen = MakeChan<int>(1);
    Go([=] {
      for (int i = 0; i < kCoins; i++) {
        chosen.Send(Select(OnRecv(ch), OnRecv(other), OnRecv(ch)));
      }
    });
    int last = 0;
    for (int i = 0; i < kCoins; i++) {
      AwaitReceivers(ch, 2);
      ch.Send(1);
      last += *chosen.Recv() == 2 ? 1 : 0;
    }
    EXPECT_NEAR(last, kCoins / 2, kBand);
  });
}

TEST_P(SelectTest, EachWaitingCaseOfAListIsServedAsOften) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> chosen = MakeChan<int>(1);
    constexpr int kCases = 20;  // more than fit without memory
    Go([=] {
      std::vector<decltype(OnSend(ch, 1))> cases;
      for (int i = 0; i < kCases; i++) cases.push_back(OnSend(ch, i));
      std::vector<SelectCase*> list;
      for (auto& c : cases) list.push_back(&c);
      for (int i = 0; i < kCoins; i++) {
        const int index = Select(list);
        cases[static_cast<std::size_t>(index)].Set(index);
        chosen.Send(index);
      }
    });
    int upper = 0;
    for (int i = 0; i < kCoins; i++) {
      AwaitSenders(ch, kCases);
      const int value = *ch.Recv();
      EXPECT_EQ(value, chosen.Recv());
      upper += value >= kCases / 2 ? 1 : 0;
    }
    EXPECT_NEAR(upper, kCoins / 2, kBand);
  });
}

TEST_P(SelectTest, EachPlaceOfACaseListedTwiceIsNamedAsOften) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> chosen = MakeChan<int>(1);
    Go([=] {
      auto twice = OnRecv(ch);
      SelectCase* list[] = {&twice, &twice};
      for (int i = 0; i < kCoins; i++) chosen.Send(Select(list));
    });
    int second = 0;
    for (int i = 0; i < kCoins; i++) {
      AwaitReceivers(ch, 1);
      ch.Send(1);
      second += *chosen.Recv();
    }
    EXPECT_NEAR(second, kCoins / 2, kBand);
  });
}

TEST_P(SelectTest, EachWaitingCaseOfAThreadIsServedAsOften) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> chosen = MakeChan<int>(1);
    std::thread thread([=] {
      for (int i = 0; i < kCoins; i++) {
        chosen.Send(Select(OnRecv(ch), OnRecv(ch)));
      }
    });
    int second = 0;
    for (int i = 0; i < kCoins; i++) {
      AwaitReceivers(ch, 2);
      ch.Send(1);
      second += *chosen.Recv();
    }
    thread.join();
    EXPECT_NEAR(second, kCoins / 2, kBand);
  });
}

// The same, where the choice is made among goroutines that wait.
TEST_P(SelectTest, WaitingSendersAreChosenEvenly) {
  const int trials = kSanitized ? 1000 : 4000;
  Run(
      [] {
        Chan<int> a = MakeChan<int>();
        Chan<int> b = MakeChan<int>();
        for (const Chan<int>& ch : {a, b}) {
          for (int g = 0; g < 3; g++) {
            Go([ch] {
              while (true) ch.Send(1);
            });
          }
        }
        std::array<int, 2> counts{};
        for (int i = 0; i < trials; i++) {
          runtime::Gosched();  // lets them all come and wait
          counts[static_cast<std::size_t>(Select(OnRecv(a), OnRecv(b)))]++;
        }
        EXPECT_GT(counts[0], trials / 8);
        EXPECT_GT(counts[1], trials / 8);
      },
      /*left_behind=*/6);
}

// Races.

// Go: TestNonblockSelectRace. One of the two channels is ready at every moment,
// though neither is all the time.
TEST_P(SelectTest, DefaultIsRightAboutAllChannelsAtOnce) {
  const int rounds = kSanitized ? 3000 : 30000;
  for (bool reverse : {false, true}) {
    Run([=] {
      std::atomic<int> failures{0};
      Chan<Unit> done = MakeChan<Unit>(1);
      for (int i = 0; i < rounds; i++) {
        Chan<int> a = MakeChan<int>(1);
        Chan<int> b = MakeChan<int>(1);
        a.Send(1);
        Go([&, a, b] {
          const auto fail = [&] { failures++; };
          if (reverse) {
            Select(OnRecv(b), OnRecv(a), OnDefault(fail));
          } else {
            Select(OnRecv(a), OnRecv(b), OnDefault(fail));
          }
          done.Send({});
        });
        b.Send(1);
        Select(OnRecv(a), OnDefault());
        done.Recv();
      }
      EXPECT_EQ(failures, 0);
    });
  }
}

// As above with goroutines that stay: a token that is always in one of two
// channels, moved to and fro while others look for it.
TEST_P(SelectTest, ATokenThatMovesIsAlwaysSeen) {
  const int rounds = kSanitized ? 5000 : 50000;
  Run([] {
    Chan<int> a = MakeChan<int>(2);
    Chan<int> b = MakeChan<int>(2);
    std::atomic<bool> stop{false};
    Chan<Unit> done = MakeChan<Unit>();
    a.Send(0);
    Go([&] {
      std::optional<int> out;
      for (int i = 0; !stop; i++) {
        b.Send(0);  // before the other goes: at least one is there
        while (!a.TryRecv(out)) runtime::Gosched();
        a.Send(0);
        while (!b.TryRecv(out)) runtime::Gosched();
        if (i % 64 == 0) runtime::Gosched();
      }
      done.Send({});
    });
    int missed = 0;
    for (int i = 0; i < rounds; i++) {
      // Takes a token and puts it back; an observer may not see "none".
      int at = Select(OnRecv(a), OnRecv(b), OnDefault());
      if (at == 2) missed++;
      if (at == 0) a.Send(0);
      if (at == 1) b.Send(0);
      if (i % 64 == 0) runtime::Gosched();
    }
    stop = true;
    done.Recv();
    EXPECT_EQ(missed, 0);
  });
}

// Go: TestNonblockSelectRace2.
TEST_P(SelectTest, DefaultIsRightAboutAClosedChannel) {
  const int rounds = kSanitized ? 3000 : 30000;
  Run([] {
    std::atomic<int> failures{0};
    Chan<Unit> done = MakeChan<Unit>(1);
    for (int i = 0; i < rounds; i++) {
      Chan<int> a = MakeChan<int>(1);
      Chan<int> b = MakeChan<int>();
      a.Send(1);
      Go([&, a, b] {
        Select(OnRecv(a), OnRecv(b), OnDefault([&] { failures++; }));
        done.Send({});
      });
      b.Close();
      Select(OnRecv(a), OnDefault());
      done.Recv();
    }
    EXPECT_EQ(failures, 0);
  });
}

// Go: TestSelectStress. Senders and receivers, plain and selecting, over the
// same four channels; everything must come to an end and to the right sums.
TEST_P(SelectTest, PlainAndSelectingGoroutinesMix) {
  const int rounds = kSanitized ? 300 : 3000;
  Run([rounds] {
    std::array<Chan<int>, 4> c = {MakeChan<int>(), MakeChan<int>(),
                                  MakeChan<int>(2), MakeChan<int>(3)};
    Chan<Unit> done = MakeChan<Unit>();
    std::array<std::atomic<int>, 4> sent{};
    std::array<std::atomic<int>, 4> received{};
    for (std::size_t k = 0; k < 4; k++) {
      Go([&, k] {
        for (int i = 0; i < rounds; i++) c[k].Send(0);
        done.Send({});
      });
      Go([&, k] {
        for (int i = 0; i < rounds; i++) c[k].Recv();
        done.Send({});
      });
    }
    Go([&] {
      std::array<int, 4> n{};
      std::array<Chan<int>, 4> c1 = c;
      for (int i = 0; i < 4 * rounds; i++) {
        auto k = static_cast<std::size_t>(
            Select(OnSend(c1[3], 0), OnSend(c1[2], 0), OnSend(c1[0], 0),
                   OnSend(c1[1], 0)));
        constexpr std::size_t kOrder[] = {3, 2, 0, 1};
        k = kOrder[k];
        sent[k]++;
        if (++n[k] == rounds) c1[k] = nullptr;
      }
      done.Send({});
    });
    Go([&] {
      std::array<int, 4> n{};
      std::array<Chan<int>, 4> c1 = c;
      for (int i = 0; i < 4 * rounds; i++) {
        auto k = static_cast<std::size_t>(
            Select(OnRecv(c1[0]), OnRecv(c1[1]), OnRecv(c1[2]), OnRecv(c1[3])));
        received[k]++;
        if (++n[k] == rounds) c1[k] = nullptr;
      }
      done.Send({});
    });
    for (int i = 0; i < 10; i++) done.Recv();
    for (std::size_t k = 0; k < 4; k++) {
      EXPECT_EQ(sent[k], rounds);
      EXPECT_EQ(received[k], rounds);
      EXPECT_EQ(c[k].Len(), 0u);
    }
  });
}

TEST_P(SelectTest, FanInLosesNothing) {
  static constexpr int rounds = kSanitized ? 300 : 3000;
  Run([] {
    constexpr std::size_t kSources = 8;
    std::vector<Chan<Counted>> in;
    for (std::size_t k = 0; k < kSources; k++) {
      in.push_back(MakeChan<Counted>(k % 3));
      Go([ch = in.back()] {
        for (int i = 0; i < rounds; i++) ch.Send(Counted(i));
        ch.Close();
      });
    }
    std::size_t open = kSources;
    std::array<int, kSources> next{};
    const auto take = [&](std::size_t k) {
      return [&, k](std::optional<Counted> v) {
        if (!v.has_value()) {
          open--;
          in[k] = nullptr;  // never ready again
        } else {
          EXPECT_TRUE(v->owns());
          EXPECT_EQ(v->value(), next[k]++);
        }
      };
    };
    while (open > 0) {
      Select(OnRecv(in[0], take(0)), OnRecv(in[1], take(1)),
             OnRecv(in[2], take(2)), OnRecv(in[3], take(3)),
             OnRecv(in[4], take(4)), OnRecv(in[5], take(5)),
             OnRecv(in[6], take(6)), OnRecv(in[7], take(7)));
    }
    for (int n : next) EXPECT_EQ(n, rounds);
    EXPECT_EQ(Counted::alive, 0);
  });
}

// Handlers.

TEST_P(SelectTest, HandlersMayThrow) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(1);
    ch.Send(Counted(1));
    const auto fail = [](std::optional<Counted>) {
      throw std::runtime_error("x");
    };
    EXPECT_THROW(Select(OnRecv(ch, fail)), std::runtime_error);
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_EQ(ch.Len(), 0u);
  });
}

TEST_P(SelectTest, HandlersMaySelectAndUseTheChannel) {
  Run([] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>(1);
    int got = 0;
    a.Send(1);
    Select(OnRecv(a,
                  [&](std::optional<int>) {
                    a.Send(2);
                    Select(OnRecv(b), OnRecv(a, [&](std::optional<int> v) {
                             got = *v;
                             a.Close();
                           }));
                  }),
           OnRecv(b));
    EXPECT_EQ(got, 2);
  });
}

TEST_P(SelectTest, ArgumentsAreEvaluatedOnce) {
  Run([] {
    Chan<int> full = MakeChan<int>(1);
    full.Send(0);
    int channels = 0;
    int values = 0;
    const auto channel = [&]() -> Chan<int> {
      channels++;
      return full;
    };
    const auto value = [&] { return ++values; };
    Chan<Unit> done = MakeChan<Unit>();
    Go([&] {
      Select(OnSend(channel(), value()), OnSend(Chan<int>(), value()));
      done.Send({});
    });
    AwaitSenders(full, 1);
    full.Recv();
    done.Recv();
    EXPECT_EQ(channels, 1);
    EXPECT_EQ(values, 2);
    EXPECT_EQ(Select(OnSend(channel(), value()), OnDefault()), 1);
    EXPECT_EQ(values, 3) << "evaluated though not sent";
  });
}

// Lists of cases.

TEST_P(SelectTest, AListOfCasesMayBeMadeAtRunTime) {
  Run([] {
    Chan<int> in = MakeChan<int>();
    Chan<std::string> out = MakeChan<std::string>(1);
    int got = 0;
    int sent = 0;
    int defaults = 0;
    auto recv = OnRecv(in, [&](std::optional<int> v) { got = *v; });
    auto send = OnSend(out, std::string("x"), [&] { sent++; });
    auto otherwise = OnDefault([&] { defaults++; });
    std::vector<SelectCase*> cases = {&recv, nullptr, &send};
    EXPECT_EQ(Select(cases), 2);
    EXPECT_EQ(sent, 1);
    cases = {&recv, &otherwise};
    EXPECT_EQ(Select(cases), 1);
    EXPECT_EQ(defaults, 1);
    Go([in] { in.Send(5); });
    SelectCase* only[] = {nullptr, &recv};
    EXPECT_EQ(Select(only), 1);
    EXPECT_EQ(got, 5);
  });
}

TEST_P(SelectTest, ManyCasesWaitTogether) {
  for (std::size_t n : {16u, 17u, 300u}) {
    Run([n] {
      std::vector<Chan<int>> channels;
      for (std::size_t i = 0; i < n; i++) channels.push_back(MakeChan<int>());
      int got = 0;
      const auto take = [&got](std::optional<int> v) { got = *v; };
      std::deque<decltype(OnRecv(channels[0], take))> cases;
      std::vector<SelectCase*> list;
      for (Chan<int>& ch : channels) {
        cases.push_back(OnRecv(ch, take));
        list.push_back(&cases.back());
      }
      for (std::size_t i = 0; i < n; i += 7) {
        Go([ch = channels[i], i] { ch.Send(static_cast<int>(i)); });
        EXPECT_EQ(Select(list), static_cast<int>(i));
        EXPECT_EQ(got, static_cast<int>(i));
      }
    });
  }
}

TEST_P(SelectTest, ACaseListedTwiceWaitsOnce) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<int> other = MakeChan<int>();
    auto a = OnRecv(ch);
    auto b = OnRecv(other);
    SelectCase* cases[] = {&a, &b, &a, &a};
    for (int i = 0; i < 50; i++) {
      Go([ch] { ch.Send(1); });
      const int chosen = Select(cases);
      EXPECT_TRUE(chosen == 0 || chosen == 2 || chosen == 3) << chosen;
    }
  });
}

TEST_P(SelectTest, CasesMayBeUsedAgainAndMoved) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(1);
    std::vector<int> got;
    auto recv = OnRecv(
        ch, [&](std::optional<Counted> c) { got.push_back(c->value()); });
    auto send = OnSend(ch, Counted(1));
    EXPECT_EQ(Select(recv, send), 1);
    EXPECT_EQ(Select(recv), 0);
    EXPECT_EQ(PanicOf([&] { Select(recv, send); }),
              "select: the case has sent its value already");
    EXPECT_EQ(PanicOf([&] { Select(send, OnDefault()); }),
              "select: the case has sent its value already");
    send.Set(Counted(2));
    auto moved_send = std::move(send);
    auto moved_recv = std::move(recv);
    EXPECT_EQ(Select(moved_recv, moved_send), 1);
    EXPECT_EQ(Select(moved_recv, OnDefault()), 0);
    EXPECT_EQ(got, (std::vector<int>{1, 2}));
    moved_send.Set(Counted(3));
    moved_send.Set(Counted(4));
    EXPECT_EQ(Counted::alive, 1);
  });
  EXPECT_EQ(Counted::alive, 0);
}

TEST_P(SelectTest, WrongListsPanic) {
  Run([] {
    auto a = OnDefault([] { FAIL(); });
    auto b = OnDefault([] { FAIL(); });
    SelectCase* twice[] = {&a, &b};
    EXPECT_EQ(PanicOf([&] { Select(twice); }),
              "reflect.Select: multiple default cases");
    std::vector<SelectCase*> many(65537, nullptr);
    EXPECT_EQ(PanicOf([&] { Select(many); }),
              "reflect.Select: too many cases (max 65536)");
    auto yes = OnDefault();
    many.resize(65536);
    many.back() = &yes;
    EXPECT_EQ(Select(many), 65535);
  });
}

// Lifetime.

TEST_P(SelectTest, ACaseOwnsAChannelThatIsMovedIntoIt) {
  Run([] {
    const auto make = [] {
      Chan<Counted> ch = MakeChan<Counted>(1);
      ch.Send(Counted(3));
      return ch;
    };
    int got = 0;
    {
      auto a =
          OnRecv(make(), [&](std::optional<Counted> c) { got = c->value(); });
      auto b = OnRecv(RecvChan<Counted>(make()));
      EXPECT_EQ(Counted::alive, 2);
      EXPECT_EQ(Select(a), 0);
      EXPECT_EQ(got, 3);
    }
    EXPECT_EQ(Counted::alive, 0);
  });
}

// The channel's last handle goes while a select waits in its queue: the channel
// stays until the select has left it, and its buffer goes with it.
TEST_P(SelectTest, AWaitingSelectKeepsItsChannels) {
  Run([] {
    for (int round = 0; round < 100; round++) {
      Chan<int> wake = MakeChan<int>();
      auto lost = std::make_unique<Chan<Counted>>(MakeChan<Counted>(2));
      lost->Send(Counted(1));
      lost->Send(Counted(2));
      Chan<Unit> done = MakeChan<Unit>();
      Go([&, full = lost.get()] {
        EXPECT_EQ(Select(OnSend(*full, Counted(3)), OnRecv(wake),
                         OnSend(*full, Counted(4))),
                  1);
        done.Send({});
      });
      if (round < 10) {
        AwaitSenders(*lost, 2);
        lost.reset();
        EXPECT_EQ(Counted::alive, 4);
      }
      wake.Send(1);
      done.Recv();
      lost.reset();
      ASSERT_EQ(AwaitGoroutines(1), 1);
      ASSERT_EQ(Counted::alive, 0);
    }
  });
}

TEST_P(SelectTest, ThreadsMaySelect) {
  Run([] {
    Chan<int> to_thread = MakeChan<int>();
    Chan<int> from_thread = MakeChan<int>();
    Chan<Unit> quit = MakeChan<Unit>();
    std::thread thread([=] {
      bool more = true;
      while (more) {
        Select(OnRecv(to_thread,
                      [&](std::optional<int> v) {
                        Select(OnSend(from_thread, *v + 1), OnRecv(quit));
                      }),
               OnRecv(quit, [&] { more = false; }));
      }
    });
    for (int i = 0; i < 200; i++) {
      to_thread.Send(i);
      EXPECT_EQ(from_thread.Recv(), i + 1);
    }
    quit.Close();
    thread.join();
  });
}

}  // namespace
}  // namespace gosling
