// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/group.h: errors, limits, cancellation, exceptions, leaving a block.
// GO_BEHAVIOURS.md M10. Tests named after x/sync's say so.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;
using sync::Group;
using sync::Scope;

constexpr int kRounds = kSanitized ? 100 : 1000;

class GroupTest : public GoTest {};
class ScopeTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, GroupTest, kProcs, ProcsName);
INSTANTIATE_TEST_SUITE_P(Procs, ScopeTest, kProcs, ProcsName);

// WordsOf returns what the std::exception says that f throws.
template <class F>
std::string WordsOf(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no exception";
}

// --- Group -------------------------------------------------------------------

TEST_P(GroupTest,
       OfDefaultReportsTheFirstErrorAndGoesOn) {  // x/sync: ZeroGroup
  Run([] {
    const Error first = errors::New("first");
    const Error second = errors::New("second");
    const std::vector<std::vector<Error>> cases = {{},
                                                   {nullptr},
                                                   {nullptr, nullptr},
                                                   {first},
                                                   {first, nullptr},
                                                   {first, nullptr, second},
                                                   {nullptr, second}};
    for (const std::vector<Error>& errs : cases) {
      Group group;
      Error expected;
      for (const Error& err : errs) {
        group.Go([err] { return err; });
        if (!expected) expected = err;
        EXPECT_EQ(group.Wait(), expected);
      }
      EXPECT_EQ(group.Wait(), expected);
    }
  });
}

TEST_P(GroupTest, WithContextCancelsAtTheLatestWhenWaitReturns) {
  // x/sync: WithContext
  Run([] {
    const Error doom = errors::New("doomed");
    for (const Error& err : {Error(), doom}) {
      const auto [group, ctx] = sync::WithContext(Background());
      group.Go([err = err] { return err; });
      group.Go([]() -> Error { return nullptr; });
      EXPECT_EQ(group.Wait(), err);
      EXPECT_EQ(ctx.Err(), context::Canceled);
      EXPECT_EQ(context::Cause(ctx), err ? err : context::Canceled);
    }
  });
}

TEST_P(GroupTest, TheFirstErrorCancelsTheOthers) {
  Run([] {
    const auto [group, ctx] = sync::WithContext(Background());
    const Error doom = errors::New("doomed");
    std::atomic<int> gave_up{0};
    for (int i = 0; i < 20; i++) {
      group.Go([&gave_up, ctx = ctx]() -> Error {
        ctx.Done().Recv();
        gave_up++;
        return ctx.Err();
      });
    }
    group.Go([doom] { return doom; });
    EXPECT_EQ(group.Wait(), doom);
    EXPECT_EQ(gave_up, 20);
    EXPECT_EQ(context::Cause(ctx), doom);
  });
}

TEST_P(GroupTest, IsCancelledWithItsParent) {
  Run([] {
    const auto [parent, cancel] = context::WithCancel(Background());
    const auto [group, ctx] = sync::WithContext(parent);
    group.Go([ctx = ctx]() -> Error {
      ctx.Done().Recv();
      return ctx.Err();
    });
    cancel();
    EXPECT_EQ(group.Wait(), context::Canceled);
  });
}

TEST_P(GroupTest, NeverHasMoreActiveThanItsLimit) {  // x/sync: GoLimit
  Run([] {
    constexpr int kLimit = 3;
    Group group;
    group.SetLimit(kLimit);
    std::atomic<int> active{0};
    std::atomic<int> most{0};
    for (int i = 0; i < kRounds; i++) {
      group.Go([&]() -> Error {
        const int now = ++active;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        runtime::Gosched();
        active--;
        return nullptr;
      });
    }
    EXPECT_FALSE(group.Wait());
    EXPECT_LE(most, kLimit);
    EXPECT_EQ(active, 0);
  });
}

TEST_P(GroupTest, TryGoStartsAsManyAsTheLimitAllows) {  // x/sync: TryGo
  Run([] {
    constexpr int kLimit = 42;
    Group group;
    group.SetLimit(kLimit);
    const Chan<Unit> go_on = MakeChan<Unit>();
    auto wait = [go_on]() -> Error {
      go_on.Recv();
      return nullptr;
    };
    for (int i = 0; i < kLimit; i++) EXPECT_TRUE(group.TryGo(wait));
    EXPECT_FALSE(group.TryGo(wait));
    go_on.Close();
    EXPECT_FALSE(group.Wait());
    // Every place is free again when Wait has returned.
    group.SetLimit(1);
    for (int i = 0; i < kRounds; i++) {
      EXPECT_TRUE(group.TryGo([]() -> Error { return nullptr; }));
      group.Wait();
    }
  });
}

TEST_P(GroupTest, OfNegativeLimitIsUnlimitedAndOfZeroStartsNone) {
  Run([] {
    Group group;
    group.SetLimit(0);
    EXPECT_FALSE(group.TryGo([]() -> Error { return nullptr; }));
    group.SetLimit(-1);
    const Chan<Unit> go_on = MakeChan<Unit>();
    for (int i = 0; i < 100; i++) {
      EXPECT_TRUE(group.TryGo([go_on]() -> Error {
        go_on.Recv();
        return nullptr;
      }));
    }
    go_on.Close();
    EXPECT_FALSE(group.Wait());
  });
}

TEST_P(GroupTest, TryGoMovesItsFunctionOnlyIfItStartsIt) {
  Run([] {
    Group group;
    group.SetLimit(0);
    auto f = [p = std::make_unique<int>(1)]() -> Error { return nullptr; };
    EXPECT_FALSE(group.TryGo(std::move(f)));
    group.SetLimit(1);
    EXPECT_TRUE(group.TryGo(std::move(f)));  // NOLINT(bugprone-use-after-move)
    group.Wait();
  });
}

TEST_P(GroupTest, SetLimitPanicsWhileGoroutinesAreActive) {
  Run([] {
    for (const int limit : {2, -1}) {
      Group group;
      group.SetLimit(limit);
      const Chan<Unit> go_on = MakeChan<Unit>();
      for (int i = 0; i < 2; i++) {
        group.Go([go_on]() -> Error {
          go_on.Recv();
          return nullptr;
        });
      }
      EXPECT_EQ(PanicOf([&] { group.SetLimit(3); }),
                "errgroup: modify limit while 2 goroutines in the group are "
                "still active");
      go_on.Close();
      EXPECT_FALSE(group.Wait());
      group.SetLimit(3);
    }
  });
}

TEST_P(GroupTest, WaitThrowsAnExceptionOfItsGoroutines) {
  Run([] {
    const auto [group, ctx] = sync::WithContext(Background());
    group.Go([]() -> Error { throw std::out_of_range("beyond"); });
    group.Go([ctx = ctx]() -> Error {
      ctx.Done().Recv();
      return ctx.Err();
    });
    for (int i = 0; i < 2; i++) {
      EXPECT_THROW(group.Wait(), std::out_of_range);
      EXPECT_EQ(WordsOf([&group = group] { group.Wait(); }), "beyond");
    }
    EXPECT_EQ(context::Cause(ctx), context::Canceled);
  });
}

TEST_P(GroupTest, WaitReportsWhateverFailureCameFirst) {
  Run([] {
    Group group;
    const Error err = errors::New("an error");
    group.Go([err] { return err; });
    EXPECT_EQ(group.Wait(), err);
    group.Go([]() -> Error { throw std::runtime_error("later"); });
    EXPECT_EQ(group.Wait(), err);
  });
}

TEST_P(GroupTest, TakesGoexitForAnEndWithoutAnError) {
  Run([] {
    const auto [group, ctx] = sync::WithContext(Background());
    group.SetLimit(1);
    for (int i = 0; i < 3; i++) {
      group.Go([]() -> Error { runtime::Goexit(); });
    }
    EXPECT_FALSE(group.Wait());
  });
}

TEST_P(GroupTest, DestroysTheFunctionsBeforeWaitReturns) {
  Run([] {
    for (int i = 0; i < kRounds; i++) {
      Group group;
      const auto witness = std::make_shared<int>(0);
      group.Go([witness]() -> Error {
        runtime::Gosched();
        return nullptr;
      });
      group.Wait();
      EXPECT_EQ(witness.use_count(), 1);
    }
  });
}

TEST_P(GroupTest, MayGoWhileItsGoroutinesRun) {
  Run([] {
    const Chan<Unit> go_on = MakeChan<Unit>();
    const Chan<Unit> done = MakeChan<Unit>();
    {
      Group group;
      const Group copy = group;
      copy.Go([go_on, done]() -> Error {
        go_on.Recv();
        done.Send(Unit());
        return errors::New("unheard");
      });
    }
    go_on.Close();
    done.Recv();
  });
}

TEST_P(GroupTest, CopiesAreTheSameGroup) {
  Run([] {
    Group group;
    Group copy = group;
    const Error err = errors::New("x");
    copy.Go([err] { return err; });
    EXPECT_EQ(group.Wait(), err);
    const Group moved = std::move(copy);
    EXPECT_EQ(copy.Wait(), err);  // NOLINT(bugprone-use-after-move)
  });
}

TEST_P(GroupTest, WorksFromAThread) {
  Run([] {
    Group group;
    group.SetLimit(2);
    std::atomic<int> ran{0};
    std::thread thread([&] {
      for (int i = 0; i < kRounds; i++) {
        group.Go([&ran]() -> Error {
          ran++;
          return nullptr;
        });
      }
      EXPECT_FALSE(group.Wait());
      EXPECT_EQ(ran, kRounds);
    });
    runtime::Blocking([&] { thread.join(); });
  });
}

TEST(Group, OfANilParentPanics) {
  EXPECT_EQ(PanicOf([] { (void)sync::WithContext(nullptr); }),
            "cannot create context from nil parent");
  EXPECT_EQ(PanicOf([] { const Scope scope(nullptr); }),
            "cannot create context from nil parent");
}

// --- Scope -------------------------------------------------------------------

TEST_P(ScopeTest, LeavingItWaits) {
  Run([] {
    for (int i = 0; i < kRounds; i++) {
      int sum = 0;
      const auto witness = std::make_shared<int>(0);
      {
        Scope scope;
        scope.Go([&sum, witness] {
          runtime::Gosched();
          sum += 1;
        });
      }
      EXPECT_EQ(sum, 1);
      EXPECT_EQ(witness.use_count(), 1);
    }
  });
}

TEST_P(ScopeTest, WaitWaitsAndItMayBeUsedAgain) {
  Run([] {
    Scope scope;
    std::atomic<int> ran{0};
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 10; i++) scope.Go([&] { ran++; });
      scope.Wait();
      EXPECT_EQ(ran, 10 * round);
      EXPECT_FALSE(scope.Context().Err());
    }
  });
}

TEST_P(ScopeTest, GoroutinesOfItStartFurtherOnes) {
  Run([] {
    std::atomic<int> ran{0};
    {
      Scope scope;
      for (int i = 0; i < 4; i++) {
        scope.Go([&] {
          for (int j = 0; j < 4; j++) {
            scope.Go([&] {
              runtime::Gosched();
              ran++;
            });
          }
        });
      }
    }
    EXPECT_EQ(ran, 16);
  });
}

TEST_P(ScopeTest, AnExceptionCancelsTheRestAndWaitThrowsItOnce) {
  Run([] {
    std::atomic<int> gave_up{0};
    {
      Scope scope;
      for (int i = 0; i < 8; i++) {
        scope.Go([&] {
          scope.Context().Done().Recv();
          gave_up++;
        });
      }
      scope.Go([] { throw std::out_of_range("beyond"); });
      EXPECT_EQ(WordsOf([&] { scope.Wait(); }), "beyond");
      EXPECT_EQ(gave_up, 8);
      EXPECT_EQ(scope.Context().Err(), context::Canceled);
      scope.Wait();
    }  // nothing is left to throw
  });
}

TEST_P(ScopeTest, TheDestructorThrowsWhatNoWaitHas) {
  Run([] {
    std::atomic<int> gave_up{0};
    EXPECT_EQ(WordsOf([&] {
                Scope scope;
                scope.Go([&gave_up, ctx = scope.Context()] {
                  ctx.Done().Recv();
                  gave_up++;
                });
                scope.Go([] { throw std::runtime_error("unasked"); });
              }),
              "unasked");
    EXPECT_EQ(gave_up, 1);
  });
}

TEST_P(ScopeTest, LeftByAnExceptionCancelsWaitsAndPassesThatOneOn) {
  Run([] {
    std::atomic<int> ended{0};
    EXPECT_EQ(WordsOf([&] {
                Scope scope;
                for (int i = 0; i < 4; i++) {
                  scope.Go([&ended, ctx = scope.Context()] {
                    ctx.Done().Recv();
                    ended++;
                    throw std::runtime_error("theirs");
                  });
                }
                throw std::runtime_error("the block's");
              }),
              "the block's");
    EXPECT_EQ(ended, 4);
  });
}

// UsesScope has a scope in a destructor, which runs while an exception is under
// way, but the scope itself is left in the usual way.
struct UsesScope {
  std::string* words;
  ~UsesScope() {
    *words = WordsOf([] {
      Scope scope;
      scope.Go([] { throw std::runtime_error("inner"); });
    });
  }
};

TEST_P(ScopeTest, InADestructorDuringUnwindingThrowsItsOwn) {
  Run([] {
    std::string inner;
    EXPECT_EQ(WordsOf([&] {
                const UsesScope uses{&inner};
                throw std::runtime_error("outer");
              }),
              "outer");
    EXPECT_EQ(inner, "inner");
  });
}

TEST_P(ScopeTest, LeftByGoexitCancelsAndWaits) {
  Run([] {
    std::atomic<bool> ended{false};
    std::atomic<bool> after{false};
    sync::WaitGroup group;
    group.Go([&] {
      Scope scope;
      scope.Go([&ended, ctx = scope.Context()] {
        ctx.Done().Recv();
        ended = true;
      });
      runtime::Goexit();
      after = true;
    });
    group.Wait();
    EXPECT_TRUE(ended);
    EXPECT_FALSE(after);
  });
}

TEST_P(ScopeTest, TakesGoexitInAGoroutineForItsEnd) {
  Run([] {
    Scope scope(1);
    for (int i = 0; i < 3; i++) scope.Go([] { runtime::Goexit(); });
    scope.Wait();
    EXPECT_FALSE(scope.Context().Err());
  });
}

TEST_P(ScopeTest, KeepsItsLimit) {
  Run([] {
    std::atomic<int> active{0};
    std::atomic<bool> too_many{false};
    {
      Scope scope(2);
      for (int i = 0; i < kRounds; i++) {
        scope.Go([&] {
          if (++active > 2) too_many = true;
          runtime::Gosched();
          active--;
        });
      }
    }
    EXPECT_FALSE(too_many);
  });
}

TEST_P(ScopeTest, ContextIsAChildAndEndsWithTheScope) {
  Run([] {
    const auto [parent, cancel] = context::WithCancel(
        context::WithValue(Background(), "key", std::string("value")));
    context::Context kept;
    {
      Scope scope(parent);
      kept = scope.Context();
      EXPECT_EQ(*kept.Value<std::string>("key"), "value");
      EXPECT_FALSE(kept.Err());
    }
    EXPECT_EQ(kept.Err(), context::Canceled);
    EXPECT_FALSE(parent.Err());
    Scope scope(parent);
    scope.Go([&] { scope.Context().Done().Recv(); });
    cancel();
    scope.Wait();
    EXPECT_EQ(scope.Context().Err(), context::Canceled);
  });
}

TEST_P(ScopeTest, MovesAWholeTreeOfScopesThroughFailures) {
  Run([] {
    // Whatever fails where, everything has ended when the outermost is left.
    std::atomic<int> alive{0};
    int thrown = 0;
    for (int i = 0; i < kRounds / 10; i++) {
      try {
        Scope outer;
        for (int j = 0; j < 5; j++) {
          outer.Go([&, i, j] {
            alive++;
            struct Leave {
              std::atomic<int>* alive;
              ~Leave() { (*alive)--; }
            } const leave{&alive};
            Scope inner(outer.Context(), 2);
            for (int k = 0; k < 5; k++) {
              inner.Go([&, k] {
                runtime::Gosched();
                if ((i + j + k) % 7 == 0) throw std::runtime_error("seven");
                if ((i + j + k) % 5 == 0) runtime::Goexit();
              });
            }
          });
        }
      } catch (const std::runtime_error&) {
        thrown++;
      }
      EXPECT_EQ(alive, 0);
    }
    EXPECT_GT(thrown, 0);
  });
}

TEST(Scope, IsNotCopiedAndMayThrowFromItsEnd) {
  EXPECT_FALSE(std::is_copy_constructible_v<Scope>);
  EXPECT_FALSE(std::is_nothrow_destructible_v<Scope>);
}

TEST_P(ScopeTest, WorksOnAThread) {
  Run([] {
    std::thread thread([] {
      std::atomic<int> ran{0};
      EXPECT_EQ(WordsOf([&] {
                  Scope scope(3);
                  for (int i = 0; i < 100; i++) scope.Go([&] { ran++; });
                  scope.Wait();
                  EXPECT_EQ(ran, 100);
                  scope.Go([] { throw std::runtime_error("to a thread"); });
                }),
                "to a thread");
    });
    runtime::Blocking([&] { thread.join(); });
  });
}

class GroupDeathTest : public FreshDeathTest {};

TEST_F(GroupDeathTest, AScopeThatWaitsForWhatCannotEndIsADeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                Scope scope;
                scope.Go([] { Chan<int>().Recv(); });
              }),
              ::testing::ExitedWithCode(2),
              "all goroutines are asleep - deadlock!");
}

}  // namespace
}  // namespace gosling
