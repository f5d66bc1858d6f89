// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The further forms of select in gosling/select.h: receiving into variables,
// SelectInOrder, SelectFor, and lists made of vectors.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

class SelectFormsTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, SelectFormsTest, kProcs, ProcsName);

// Receiving into variables.

TEST_P(SelectFormsTest, AVariableIsGivenWhatIsReceived) {
  Run([] {
    Chan<std::string> ch = MakeChan<std::string>(1);
    Chan<int> other = MakeChan<int>();
    std::string v = "old";
    int untouched = 7;
    ch.Send("new");
    EXPECT_EQ(Select(OnRecv(other, untouched), OnRecv(ch, v)), 1);
    EXPECT_EQ(v, "new");
    EXPECT_EQ(untouched, 7);
    ch.Close();
    EXPECT_EQ(Select(OnRecv(ch, v)), 0);
    EXPECT_EQ(v, "") << "closed: the zero value, as in Go";
  });
}

TEST_P(SelectFormsTest, OkTellsAValueFromAClosedChannel) {
  Run([] {
    Chan<int> ch = MakeChan<int>(1);
    ch.Send(0);
    int v = 5;
    bool ok = false;
    EXPECT_EQ(Select(OnRecv(ch, v, ok)), 0);
    EXPECT_TRUE(ok);
    EXPECT_EQ(v, 0);
    v = 5;
    ch.Close();
    bool ran = false;
    EXPECT_EQ(Select(OnRecv(ch, v, ok, [&] { ran = true; })), 0);
    EXPECT_FALSE(ok);
    EXPECT_TRUE(ran);
    EXPECT_EQ(v, 0);
  });
}

TEST_P(SelectFormsTest, TheHandlerFindsTheVariableAssigned) {
  Run([] {
    Chan<int> ch = MakeChan<int>(1);
    ch.Send(3);
    int v = 0;
    int seen = 0;
    EXPECT_EQ(Select(OnRecv(ch, v, [&] { seen = v; }), OnDefault()), 0);
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(Select(OnRecv(ch, v, [&] { seen = -1; }), OnDefault()), 1);
    EXPECT_EQ(seen, 3);
  });
}

TEST_P(SelectFormsTest, AnOptionalTakesWhatHasNoDefaultAndCannotBeAssigned) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>(1);
    ch.Send(Counted(4));
    std::optional<Counted> v;
    bool ok = false;
    Select(OnRecv(ch, v, ok));
    ASSERT_TRUE(v.has_value());
    EXPECT_TRUE(ok);
    EXPECT_EQ(v->value(), 4);
    EXPECT_EQ(Counted::alive, 1);
    ch.Close();
    Select(OnRecv(ch, v));
    EXPECT_FALSE(v.has_value());
    EXPECT_EQ(Counted::alive, 0);
  });
}

TEST_P(SelectFormsTest, AVariableOfFunctionsIsNoHandler) {
  Run([] {
    using Function = std::function<void()>;
    Chan<Function> ch = MakeChan<Function>(1);
    int calls = 0;
    ch.Send([&calls] { calls++; });
    Function f;
    Select(OnRecv(ch, f));
    f();
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(SelectFormsTest, HandlersGivenByNameAreStillCalled) {
  Run([] {
    Chan<int> ch = MakeChan<int>(2);
    ch.Send(1);
    ch.Send(2);
    int sum = 0;
    auto add = [&sum](std::optional<int> v) { sum += *v; };
    const auto constant = add;
    Select(OnRecv(ch, add));
    Select(OnRecv(ch, constant));
    EXPECT_EQ(sum, 3);
  });
}

TEST_P(SelectFormsTest, TheHeadsLoopEndsByItsPosition) {
  Run([] {
    Chan<int> ch = MakeChan<int>();
    Chan<Unit> done = MakeChan<Unit>();
    Go([=] {
      for (int i = 1; i <= 4; i++) ch.Send(i);
      done.Close();
    });
    int v = 0;
    bool ok = false;
    int sum = 0;
    while (Select(OnRecv(ch, v, ok), OnRecv(done)) == 0) {
      if (!ok) break;
      sum += v;
    }
    EXPECT_EQ(sum, 10);
  });
}

// Lists.

TEST_P(SelectFormsTest, AVectorOfChannelsIsSelectedFrom) {
  Run([] {
    constexpr int kChannels = 20;  // more than a select has room for inline
    std::vector<Chan<int>> inputs;
    for (int i = 0; i < kChannels; i++) inputs.push_back(MakeChan<int>());
    int v = 0;
    std::vector<decltype(OnRecv(inputs[0], v))> cases;
    for (const Chan<int>& input : inputs) cases.push_back(OnRecv(input, v));
    std::vector<SelectCase*> list;
    for (auto& c : cases) list.push_back(&c);
    for (int i = 0; i < kChannels; i++) {
      Go([ch = inputs[static_cast<std::size_t>(i)], i] { ch.Send(i); });
    }
    std::vector<bool> seen(kChannels);
    for (int i = 0; i < kChannels; i++) {
      const int from = i % 2 == 0 ? Select(list) : SelectInOrder(list);
      EXPECT_EQ(from, v);
      EXPECT_FALSE(seen[static_cast<std::size_t>(v)]);
      seen[static_cast<std::size_t>(v)] = true;
    }
    EXPECT_EQ(SelectFor(0s, list), -1);
    EXPECT_EQ(SelectFor(1ms, list), -1);
  });
}

// SelectInOrder.

TEST_P(SelectFormsTest, InOrderTheFirstReadyCaseIsDone) {
  Run([] {
    Chan<int> a = MakeChan<int>(100);
    Chan<int> b = MakeChan<int>(100);
    Chan<int> empty = MakeChan<int>();
    for (int i = 0; i < 50; i++) {
      a.Send(i);
      b.Send(i);
    }
    int v = 0;
    for (int i = 0; i < 50; i++) {
      ASSERT_EQ(
          SelectInOrder(OnRecv(empty), OnRecv(b, v), OnRecv(a, v), OnDefault()),
          1);
      ASSERT_EQ(v, i);
    }
    EXPECT_EQ(a.Len(), 50u);
    EXPECT_EQ(SelectInOrder(OnRecv(empty), OnRecv(b), OnRecv(a)), 2);
    EXPECT_EQ(SelectInOrder(OnDefault(), OnRecv(b)), 0);
    EXPECT_EQ(SelectInOrder(OnRecv(b), OnRecv(empty), OnDefault()), 2);
  });
}

// With one look at a time it would find the first channel empty, and wait for the
// lock of the second, which it would then receive from.
TEST_P(SelectFormsTest, InOrderSeesAllCasesAtOneMoment) {
  Run([] {
    for (int i = 0; i < 5; i++) {
      Chan<int> first = MakeChan<int>(1);
      Chan<int> second = MakeChan<int>(1);
      // Locked in the order of addresses: the second must be the first here.
      if (internal::ChanAccess::Core(first) <
          internal::ChanAccess::Core(second)) {
        std::swap(first, second);
      }
      second.Send(2);
      const LockHolder holder(AsHchan(internal::ChanAccess::Core(second)),
                              [first](Hchan*) { first.Send(1); });
      EXPECT_EQ(SelectInOrder(OnRecv(first), OnRecv(second)), 0);
    }
  });
}

TEST_P(SelectFormsTest, InOrderOneChannelsCasesAreServedInOrder) {
  Run([] {
    for (int i = 0; i < 20; i++) {
      Chan<int> ch = MakeChan<int>();
      Go([ch] { ch.Send(1); });  // meets a select that is parked, or not
      EXPECT_EQ(SelectInOrder(OnRecv(ch), OnRecv(ch), OnRecv(ch)), 0);
      Go([ch] {
        AwaitReceivers(ch, 2);
        ch.Send(1);
      });
      EXPECT_EQ(SelectInOrder(OnRecv(ch), OnRecv(ch)), 0);
      auto twice = OnRecv(ch);
      Go([ch] { ch.Send(1); });
      EXPECT_EQ(SelectInOrder(std::vector<SelectCase*>{&twice, &twice}), 0);
    }
  });
}

TEST_P(SelectFormsTest, InOrderParksUntilACaseCanGoOn) {
  Run([] {
    Chan<int> a = MakeChan<int>();
    Chan<int> b = MakeChan<int>();
    Chan<int> nil;
    Go([=] {
      AwaitReceivers(a, 1);
      AwaitSenders(b, 1);
      EXPECT_EQ(b.Recv(), 9);
    });
    EXPECT_EQ(SelectInOrder(OnRecv(nil), OnRecv(a), OnSend(b, 9)), 2);
    EXPECT_EQ(CountWaiters(a, &Hchan::recvq), 0);
  });
}

TEST_P(SelectFormsTest, InOrderPanicsAsSelectDoes) {
  Run([] {
    Chan<int> closed = MakeChan<int>();
    closed.Close();
    EXPECT_EQ(PanicOf([&] { SelectInOrder(OnSend(closed, 1)); }),
              "send on closed channel");
    Chan<int> ch = MakeChan<int>(1);
    auto send = OnSend(ch, 1);
    EXPECT_EQ(SelectInOrder(send), 0);
    EXPECT_EQ(PanicOf([&] { SelectInOrder(send); }),
              "select: the case has sent its value already");
    auto d1 = OnDefault();
    auto d2 = OnDefault();
    EXPECT_EQ(PanicOf([&] {
                SelectInOrder(std::vector<SelectCase*>{&d1, &d2});
              }),
              "reflect.Select: multiple default cases");
  });
}

// SelectFor.

TEST_P(SelectFormsTest, ForReturnsThePositionOfWhatWasReadyOrBecameSo) {
  Run([] {
    Chan<int> a = MakeChan<int>(1);
    Chan<int> b = MakeChan<int>();
    a.Send(1);
    int v = 0;
    EXPECT_EQ(SelectFor(0s, OnRecv(b, v), OnRecv(a, v)), 1);
    EXPECT_EQ(v, 1);
    Go([b] {
      AwaitReceivers(b, 1);
      b.Send(2);
    });
    EXPECT_EQ(SelectFor(1h, OnRecv(b, v), OnRecv(a, v)), 0);
    EXPECT_EQ(v, 2);
  });
}

TEST_P(SelectFormsTest, ForGivesUpWhenItsTimeIsOver) {
  Run([] {
    Chan<Counted> ch = MakeChan<Counted>();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(SelectFor(5ms, OnSend(ch, Counted(1), [] { FAIL(); })), -1);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_EQ(CountWaiters(ch, &Hchan::sendq), 0);
    EXPECT_EQ(SelectFor(-1s, OnRecv(ch, [] { FAIL(); })), -1);
    EXPECT_EQ(SelectFor(1ms), -1) << "no case at all";
    EXPECT_EQ(SelectFor(1ms, OnRecv(Chan<int>())), -1) << "nil";
    EXPECT_EQ(SelectFor(1h, OnRecv(ch), OnDefault()), 1);
  });
}

TEST_P(SelectFormsTest, ForMayBeUsedByAThread) {
  Chan<int> ch = MakeChan<int>(1);
  EXPECT_EQ(SelectFor(1ms, OnRecv(ch)), -1);
  EXPECT_EQ(SelectFor(1h, OnSend(ch, 1)), 0);
}

}  // namespace
}  // namespace gosling
