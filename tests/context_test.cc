// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/context.h: cancellation, deadlines, values, misuse, trees without end.
// Tests named after Go's say so.

#include <gosling/gosling.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/go_test.h"

// The objects that new has given and not got back, and how often it will give
// still; below 0: always. Not inlined, or GCC compares the function that one
// half calls with the name of the other.
namespace {
std::atomic<int> objects{0};
std::atomic<int> allocations_left{-1};
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (allocations_left >= 0 && allocations_left.fetch_sub(1) == 0) {
    allocations_left = 0;
    throw std::bad_alloc();
  }
  void* p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  objects++;
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  if (p != nullptr) objects--;
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  operator delete(p);
}

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;
using context::Canceled;
using context::CancelFunc;
using context::Cause;
using context::Context;
using context::DeadlineExceeded;
using context::TODO;
using context::WithCancel;
using context::WithCancelCause;
using context::WithDeadline;
using context::WithoutCancel;
using context::WithTimeout;
using context::WithValue;

class ContextTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ContextTest, kProcs, ProcsName);

bool IsDone(const Context& ctx) {
  std::optional<Unit> nothing;
  return ctx.Done().TryRecv(nothing);
}

// Expects of ctx that it is cancelled and why.
void ExpectEnded(const Context& ctx, const Error& err, const Error& cause) {
  EXPECT_TRUE(IsDone(ctx)) << ctx.String();
  EXPECT_TRUE(ctx.Err() == err) << ctx.String() << ": " << ctx.Err().message();
  EXPECT_TRUE(Cause(ctx) == cause)
      << ctx.String() << ": " << Cause(ctx).message();
}

void ExpectGoesOn(const Context& ctx) {
  EXPECT_FALSE(IsDone(ctx)) << ctx.String();
  EXPECT_FALSE(ctx.Err()) << ctx.String() << ": " << ctx.Err().message();
  EXPECT_FALSE(Cause(ctx)) << ctx.String() << ": " << Cause(ctx).message();
}

TEST(Context, HasGosWords) {
  EXPECT_EQ(Canceled.message(), "context canceled");
  EXPECT_EQ(DeadlineExceeded.message(), "context deadline exceeded");
  EXPECT_TRUE(DeadlineExceeded.Timeout());
  EXPECT_FALSE(Canceled == DeadlineExceeded);
}

// Each allocation fails once: nothing stays behind, in the parent neither.
template <class F>
void ExpectAllOrNothing(F make) {
  make();  // makes the objects that stay
  for (int n = 0;; n++) {
    const int before = objects;
    bool made = false;
    allocations_left = n;
    try {
      make();
      made = true;
    } catch (const std::bad_alloc&) {
    }
    allocations_left = -1;
    EXPECT_EQ(objects, before) << n;
    if (made) {
      EXPECT_GT(n, 1);
      return;
    }
    ASSERT_LT(n, 100);
  }
}

TEST(Context, WithoutMemoryNothingIsMade) {
  const auto [parent, cancel] = WithCancel(Background());
  const Context& above = parent;
  ExpectAllOrNothing([&] { WithCancel(above).second(); });
  ExpectAllOrNothing([&] { WithCancelCause(above).second(Error()); });
  ExpectAllOrNothing([&] { WithTimeout(above, 1h).second(); });
  ExpectAllOrNothing(
      [&] { EXPECT_TRUE(WithValue(above, std::string("a key"), 1)); });
  ExpectAllOrNothing([&] { context::AfterFunc(above, [] { FAIL(); })(); });
  ExpectGoesOn(parent);
  cancel();
}

TEST(Context, BackgroundHasNothing) {
  for (const Context& ctx : {Background(), TODO()}) {
    EXPECT_FALSE(ctx.Done());
    EXPECT_FALSE(ctx.Err());
    EXPECT_FALSE(ctx.Deadline());
    EXPECT_EQ(ctx.Value<int>(1), nullptr);
    EXPECT_FALSE(Cause(ctx));
  }
  EXPECT_TRUE(Background() == Background());
  EXPECT_FALSE(Background() == TODO());
}

TEST(Context, NilIsRefused) {
  const Context nil;
  EXPECT_FALSE(nil);
  EXPECT_TRUE(nil == nullptr);
  const std::string no_parent = "cannot create context from nil parent";
  EXPECT_EQ(PanicOf([&] { (void)WithCancel(nil); }), no_parent);
  EXPECT_EQ(PanicOf([&] { (void)WithCancelCause(nil); }), no_parent);
  EXPECT_EQ(PanicOf([&] { (void)WithTimeout(nil, 1s); }), no_parent);
  EXPECT_EQ(PanicOf([&] { (void)WithValue(nil, 1, 2); }), no_parent);
  EXPECT_EQ(PanicOf([&] { (void)WithValue(nil, nullptr, 2); }), no_parent);
  EXPECT_EQ(PanicOf([&] { (void)WithoutCancel(nil); }), no_parent);
  const std::string nil_pointer =
      "invalid memory address or nil pointer dereference";
  EXPECT_EQ(PanicOf([&] { (void)nil.Done(); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { (void)nil.Err(); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { (void)nil.Deadline(); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { (void)nil.Value<int>(1); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { (void)nil.String(); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { (void)Cause(nil); }), nil_pointer);
  EXPECT_EQ(PanicOf([&] { context::AfterFunc(nil, [] {}); }), nil_pointer);
}

TEST_P(ContextTest, CancelEndsItAndAllBelowBeforeItReturns) {
  Run([] {
    auto [parent, cancel] = WithCancel(Background());
    auto [child, cancel_child] = WithCancel(WithValue(parent, "key", 1));
    auto [grandchild, cancel_grandchild] = WithTimeout(child, 1h);
    const Context apart = WithoutCancel(child);
    const RecvChan<Unit> done = grandchild.Done();
    ExpectGoesOn(parent);
    ExpectGoesOn(child);
    cancel();
    ExpectEnded(parent, Canceled, Canceled);
    ExpectEnded(child, Canceled, Canceled);
    ExpectEnded(grandchild, Canceled, Canceled);
    EXPECT_TRUE(grandchild.Done() == done);
    EXPECT_FALSE(apart.Err());
    EXPECT_FALSE(apart.Done());
    EXPECT_FALSE(Cause(apart));
    cancel();  // once more does nothing
    cancel_child();
    cancel_grandchild();
  });
}

TEST_P(ContextTest, CancelSparesWhatIsAbove) {
  Run([] {
    auto [parent, cancel] = WithCancel(Background());
    auto [left, cancel_left] = WithCancel(parent);
    auto [right, cancel_right] = WithCancel(parent);
    cancel_left();
    ExpectEnded(left, Canceled, Canceled);
    ExpectGoesOn(right);
    ExpectGoesOn(parent);
    cancel();
    ExpectEnded(right, Canceled, Canceled);
  });
}

TEST_P(ContextTest, TheChildOfAnEndedOneHasEnded) {
  Run([] {
    auto [parent, cancel] = WithCancelCause(Background());
    const Error why = errors::New("why");
    cancel(why);
    auto [child, cancel_child] = WithCancel(parent);
    ExpectEnded(child, Canceled, why);
    auto [timed, cancel_timed] = WithTimeout(parent, 1h);
    ExpectEnded(timed, Canceled, why);
  });
}

TEST_P(ContextTest, WhoWaitsIsWoken) {
  Run([] {
    auto [ctx, cancel] = WithCancel(Background());
    sync::WaitGroup group;
    for (int i = 0; i < 10; i++) {
      group.Go([ctx = ctx] {
        EXPECT_EQ(ctx.Done().Recv(), std::nullopt);
        EXPECT_TRUE(ctx.Err() == Canceled);
      });
    }
    std::thread thread([ctx = ctx] { ctx.Done().Recv(); });
    runtime::Gosched();
    cancel();
    group.Wait();
    thread.join();
  });
}

// Go: TestCause.
TEST_P(ContextTest, TheFirstCauseStands) {
  Run([] {
    const Error first = errors::New("first");
    const Error second = errors::New("second");
    {
      auto [ctx, cancel] = WithCancelCause(Background());
      cancel(first);
      cancel(second);
      ExpectEnded(ctx, Canceled, first);
    }
    {
      auto [ctx, cancel] = WithCancelCause(Background());
      cancel(nullptr);
      ExpectEnded(ctx, Canceled, Canceled);
    }
    {
      auto [parent, cancel] = WithCancelCause(Background());
      auto [child, cancel_child] = WithCancelCause(parent);
      cancel(first);
      cancel_child(second);
      ExpectEnded(parent, Canceled, first);
      ExpectEnded(child, Canceled, first);
    }
    {
      auto [parent, cancel] = WithCancelCause(Background());
      auto [child, cancel_child] = WithCancelCause(parent);
      cancel_child(second);
      cancel(first);
      ExpectEnded(parent, Canceled, first);
      ExpectEnded(child, Canceled, second);
    }
    {
      auto [parent, cancel] = WithCancelCause(Background());
      auto [child, cancel_child] = WithCancel(parent);
      cancel(first);
      cancel_child();
      ExpectEnded(child, Canceled, first);
    }
    {
      auto [ctx, cancel] = WithTimeout(Background(), 0s, first);
      ExpectEnded(ctx, DeadlineExceeded, first);
      auto [child, cancel_child] = WithCancel(WithValue(ctx, 1, 2));
      ExpectEnded(child, DeadlineExceeded, first);
    }
    {
      auto [ctx, cancel] = WithTimeout(Background(), 1h, first);
      cancel();
      ExpectEnded(ctx, Canceled, Canceled);
    }
  });
}

TEST_P(ContextTest, ADeadlineEndsIt) {
  Run([] {
    const auto begin = std::chrono::steady_clock::now();
    auto [ctx, cancel] = WithTimeout(Background(), 20ms);
    const Context below = WithValue(ctx, 1, 1);
    ASSERT_TRUE(ctx.Deadline());
    EXPECT_GE(*ctx.Deadline(), begin + 20ms);
    EXPECT_EQ(below.Deadline(), ctx.Deadline());
    EXPECT_FALSE(WithoutCancel(ctx).Deadline());
    // It may be over by now, if this thread was stopped for so long.
    const bool over = IsDone(ctx) || ctx.Err() || Cause(ctx);
    if (std::chrono::steady_clock::now() < *ctx.Deadline()) {
      EXPECT_FALSE(over);
    }
    below.Done().Recv();
    EXPECT_GE(std::chrono::steady_clock::now(), begin + 20ms);
    ExpectEnded(ctx, DeadlineExceeded, DeadlineExceeded);
    cancel();
    ExpectEnded(ctx, DeadlineExceeded, DeadlineExceeded);
  });
}

TEST_P(ContextTest, TheEarlierDeadlineStands) {
  Run([] {
    const auto now = std::chrono::steady_clock::now();
    auto [parent, cancel] = WithDeadline(Background(), now + 1h);
    auto [later, cancel_later] = WithDeadline(parent, now + 2h);
    auto [earlier, cancel_earlier] = WithDeadline(parent, now + 1min);
    EXPECT_EQ(later.Deadline(), now + 1h);
    EXPECT_EQ(earlier.Deadline(), now + 1min);
    for (time::Time passed : {now - 1s, now, time::Time::min()}) {
      auto [past, cancel_past] = WithDeadline(parent, passed);
      ExpectEnded(past, DeadlineExceeded, DeadlineExceeded);
      EXPECT_NE(past.String(), "");
    }
    EXPECT_TRUE(WithTimeout(parent, time::Duration::min()).first.Err());
    ExpectGoesOn(parent);
    auto [never, cancel_never] =
        WithTimeout(Background(), time::Duration::max());
    EXPECT_EQ(never.Deadline(), time::Time::max());
    ExpectGoesOn(never);
    cancel();
    cancel_never();
    ExpectEnded(never, Canceled, Canceled);
  });
}

// The test holds no more than the channel.
TEST_P(ContextTest, ADoneChannelOutlivesItsContext) {
  Run([] {
    const RecvChan<Unit> done = WithTimeout(Background(), 10ms).first.Done();
    EXPECT_EQ(done.Recv(), std::nullopt);
    auto [parent, cancel] = WithCancel(Background());
    const RecvChan<Unit> below = WithCancel(parent).first.Done();
    cancel();
    EXPECT_EQ(below.Recv(), std::nullopt);
  });
}

enum class Key { kUser, kTrace };
struct Point {
  int x, y;
  bool operator==(const Point&) const = default;
};

TEST(Context, ValuesAreFoundByKeyAndType) {
  const Context user = WithValue(Background(), Key::kUser, std::string("ada"));
  const Context both = WithValue(user, Key::kTrace, 7);
  EXPECT_EQ(*both.Value<std::string>(Key::kUser), "ada");
  EXPECT_EQ(*both.Value<int>(Key::kTrace), 7);
  EXPECT_EQ(user.Value<int>(Key::kTrace), nullptr);
  EXPECT_EQ(both.Value<int>(Key::kUser), nullptr) << "of another type";
  EXPECT_EQ(both.Value<std::string>(0), nullptr) << "another type's key";
  EXPECT_EQ(both.Value<int>(Point{1, 2}), nullptr);
  const Context point = WithValue(both, Point{1, 2}, 3.5);
  EXPECT_EQ(*point.Value<double>(Point{1, 2}), 3.5);
  EXPECT_EQ(point.Value<double>(Point{2, 1}), nullptr);
  const Context hidden = WithValue(both, Key::kUser, 5);
  EXPECT_EQ(*hidden.Value<int>(Key::kUser), 5);
  EXPECT_EQ(hidden.Value<std::string>(Key::kUser), nullptr)
      << "the nearest counts";
  EXPECT_EQ(*WithoutCancel(both).Value<int>(Key::kTrace), 7);
}

TEST(Context, TextKeysAreComparedByWhatTheySay) {
  const std::string name = "na";
  const Context ctx = WithValue(Background(), "name", 1);
  EXPECT_EQ(*ctx.Value<int>("name"), 1);
  EXPECT_EQ(*ctx.Value<int>(name + "me"), 1);
  EXPECT_EQ(*ctx.Value<int>(std::string_view("name!", 4)), 1);
  EXPECT_EQ(ctx.Value<int>("nam"), nullptr);
  EXPECT_EQ(*WithValue(ctx, name, 2).Value<int>("na"), 2);
}

// Go: TestWithValueChecksKey. A key that cannot be compared does not compile.
TEST(Context, ANilKeyIsRefused) {
  EXPECT_EQ(PanicOf([] { (void)WithValue(Background(), nullptr, 1); }),
            "nil key");
  const char* none = nullptr;
  EXPECT_EQ(PanicOf([&] { (void)WithValue(Background(), none, 1); }),
            "nil key");
  EXPECT_EQ(Background().Value<int>(none), nullptr);
}

TEST(Context, ValuesMayBeMoveOnlyAndEndWithTheLastContext) {
  auto value = std::make_unique<std::shared_ptr<int>>(std::make_shared<int>(4));
  const std::weak_ptr<int> watch = *value;
  {
    Context child;
    {
      const Context ctx = WithValue(Background(), 1, std::move(value));
      child = WithCancel(ctx).first;
    }
    EXPECT_EQ(**child.Value<std::unique_ptr<std::shared_ptr<int>>>(1)->get(),
              4);
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST_P(ContextTest, AfterFuncRunsOnceInAGoroutineOfItsOwn) {
  Run([] {
    auto [ctx, cancel] = WithCancel(Background());
    auto ran = MakeChan<std::uint64_t>(2);
    auto stop = context::AfterFunc(ctx, [ran, kept = std::make_unique<int>(1)] {
      ran.Send(runtime::Goid());
    });
    EXPECT_EQ(ran.Len(), 0u);
    cancel();
    EXPECT_NE(ran.Recv(), runtime::Goid());
    cancel();
    EXPECT_FALSE(stop());
    auto late = context::AfterFunc(ctx, [ran] { ran.Send(0); });
    EXPECT_EQ(ran.Recv(), 0u) << "of one that has ended, at once";
    EXPECT_FALSE(late());
    EXPECT_EQ(ran.Len(), 0u);
  });
}

// Go: TestAfterFuncNotCalledAfterStop.
TEST_P(ContextTest, AfterFuncIsNotCalledAfterStop) {
  Run([] {
    auto [ctx, cancel] = WithCancel(Background());
    auto kept = std::make_shared<int>();
    std::atomic<int> calls{0};
    auto stop = context::AfterFunc(ctx, [&calls, kept] { calls++; });
    EXPECT_EQ(kept.use_count(), 2);
    EXPECT_TRUE(stop());
    EXPECT_EQ(kept.use_count(), 1) << "the function is gone";
    EXPECT_FALSE(stop());
    cancel();
    auto never = context::AfterFunc(Background(), [&calls] { calls++; });
    EXPECT_TRUE(never());
    EXPECT_FALSE(never());
    for (int i = 0; i < 10; i++) runtime::Gosched();
    EXPECT_EQ(calls, 0);
  });
}

TEST_P(ContextTest, AllFunctionsBelowRunWhenOneEnds) {
  Run([] {
    constexpr int kFunctions = 100;
    auto [root, cancel] = WithCancel(Background());
    auto ran = MakeChan<int>(kFunctions);
    Context ctx = root;
    for (int i = 0; i < kFunctions; i++) {
      if (i % 3 == 0) ctx = WithCancel(ctx).first;
      context::AfterFunc(i % 2 == 0 ? ctx : root, [ran, i] { ran.Send(i); });
    }
    cancel();
    std::vector<bool> seen(kFunctions);
    for (int i = 0; i < kFunctions; i++) {
      seen[static_cast<std::size_t>(*ran.Recv())] = true;
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), true), kFunctions);
  });
}

TEST_P(ContextTest, StopAndCancelAgreeOnWhetherAFunctionRan) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 200 : 2000); i++) {
      auto [ctx, cancel] = WithCancel(Background());
      auto ran = MakeChan<Unit>(1);
      auto stop = context::AfterFunc(ctx, [ran] { ran.Send({}); });
      sync::WaitGroup group;
      bool stopped = false;
      group.Go([&] { stopped = stop(); });
      group.Go(cancel);
      group.Wait();
      if (!stopped) ran.Recv();
      EXPECT_EQ(ran.Len(), 0u);
    }
  });
}

// Go: TestLayersCancel.
TEST_P(ContextTest, ManyLayersOfEveryKind) {
  Run([] {
    constexpr int kLayers = 200;
    std::vector<CancelFunc> cancels;
    std::vector<Context> layers = {Background()};
    unsigned seed = 7;
    for (int i = 0; i < kLayers; i++) {
      seed = seed * 1664525u + 1013904223u;
      switch ((seed >> 16) % 3) {
        case 0:
          layers.push_back(WithValue(layers.back(), i, i));
          break;
        case 1: {
          auto [ctx, cancel] = WithCancel(layers.back());
          layers.push_back(ctx);
          cancels.push_back(cancel);
          break;
        }
        default: {
          auto [ctx, cancel] = WithTimeout(layers.back(), 1h);
          layers.push_back(ctx);
          cancels.push_back(cancel);
          break;
        }
      }
    }
    for (int i = 0; i < kLayers; i++) {
      const int* value = layers.back().Value<int>(i);
      EXPECT_TRUE(value == nullptr || *value == i);
    }
    ASSERT_FALSE(cancels.empty());
    ExpectGoesOn(layers.back());
    cancels[cancels.size() / 2]();
    ExpectEnded(layers.back(), Canceled, Canceled);
    cancels.front()();
    for (const Context& ctx : layers) {
      if (ctx.Done()) ExpectEnded(ctx, Canceled, Canceled);
    }
  });
}

// Go: TestInterlockedCancels.
TEST_P(ContextTest, ChildrenMayCancelTheirParents) {
  Run([] {
    auto [parent, cancel_parent] = WithCancel(Background());
    auto [child, cancel_child] = WithCancel(parent);
    Go([parent = parent, cancel_child = cancel_child] {
      parent.Done().Recv();
      cancel_child();
    });
    cancel_parent();
    child.Done().Recv();
    auto stop = context::AfterFunc(child, cancel_parent);
    EXPECT_FALSE(stop());
  });
}

// Each goroutine makes children, ends them and their parents, and looks.
TEST_P(ContextTest, ATreeThatGrowsAndDiesEverywhereAtOnce) {
  Run([] {
    const int rounds = kSanitized ? 20 : 200;
    std::atomic<int> functions{0};
    std::atomic<int> refused{0};
    int made = 0;
    for (int round = 0; round < rounds; round++) {
      auto [root, cancel_root] = WithCancel(Background());
      sync::WaitGroup group;
      std::vector<std::thread> threads;
      auto work = [&, root = root](int i) {
        auto [a, cancel_a] = WithCancel(root);
        auto [b, cancel_b] = WithTimeout(a, std::chrono::microseconds(i * 50));
        auto [c, cancel_c] = WithCancel(WithValue(b, i, i));
        auto stop = context::AfterFunc(c, [&functions] { functions++; });
        if (i % 3 == 0) cancel_a();
        if (i % 3 == 1) cancel_c();
        if (i % 5 == 0 && stop()) refused++;
        if (a.Err()) {
          EXPECT_TRUE(c.Err());
          EXPECT_TRUE(b.Err());
        }
        if (i % 2 == 0) {
          cancel_a();
          EXPECT_TRUE(c.Err());
          EXPECT_TRUE(IsDone(c));
        }
      };
      for (int i = 0; i < 12; i++) group.Go([&work, i] { work(i); });
      for (int i = 0; i < 2; i++) threads.emplace_back(work, i);
      made += 14;
      if (round % 2 == 0) runtime::Gosched();
      cancel_root();
      group.Wait();
      for (std::thread& thread : threads) thread.join();
      ExpectEnded(root, Canceled, Canceled);
    }
    while (functions + refused < made) runtime::Gosched();
    EXPECT_EQ(functions + refused, made);
  });
}

// Stacks do not grow.
TEST_P(ContextTest, TreesMayBeAsDeepAndAsWideAsOneLikes) {
  Run([] {
    constexpr int kMany = kSanitized ? 5'000 : 50'000;
    for (bool cancelled : {true, false}) {
      auto [root, cancel] = WithCancel(Background());
      {
        Context deep = root;
        std::vector<Context> wide;
        for (int i = 0; i < kMany; i++) {
          deep = WithCancel(WithValue(deep, "depth", i)).first;
          wide.push_back(WithCancel(root).first);
        }
        EXPECT_EQ(*deep.Value<int>("depth"), kMany - 1);
        if (cancelled) {
          cancel();
          ExpectEnded(deep, Canceled, Canceled);
          ExpectEnded(wide.front(), Canceled, Canceled);
        }
      }
      root = nullptr;
      cancel = nullptr;
    }
  });
}

// A cancelled context is no longer its parent's child.
TEST_P(ContextTest, EndedChildrenAreForgotten) {
  Run([] {
    auto [parent, cancel] = WithCancel(Background());
    auto kept = std::make_shared<int>();
    for (int i = 0; i < 100; i++) {
      auto [child, cancel_child] = WithTimeout(parent, 1h);
      auto stop = context::AfterFunc(child, [kept] {});
      cancel_child();
    }
    // Their functions have been started, and end.
    while (kept.use_count() > 1) runtime::Gosched();
    for (int i = 0; i < 100; i++) {
      auto stop = context::AfterFunc(parent, [kept] {});
      EXPECT_TRUE(stop());
    }
    EXPECT_EQ(kept.use_count(), 1);
    cancel();
  });
}

TEST(Context, TellsHowItWasMade) {
  auto [a, cancel_a] = WithCancel(Background());
  EXPECT_EQ(a.String(), "context.Background.WithCancel");
  EXPECT_EQ(WithoutCancel(TODO()).String(), "context.TODO.WithoutCancel");
  auto [b, cancel_b] = WithTimeout(a, 1h);
  std::this_thread::sleep_for(1ms);  // rounded, it would still be an hour
  // A busy machine may take seconds for that.
  EXPECT_EQ(
      b.String().rfind("context.Background.WithCancel.WithDeadline(in 359", 0),
      0u)
      << b.String();
  EXPECT_EQ(WithValue(TODO(), 1, 2.0).String(),
            "context.TODO.WithValue(int, double)");
  // Go: stringify.
  EXPECT_EQ(WithValue(TODO(), "key", "value").String(),
            "context.TODO.WithValue(key, value)");
  EXPECT_EQ(
      WithValue(TODO(), std::string("key"), std::string("value")).String(),
      "context.TODO.WithValue(key, value)");
  const char* none = nullptr;
  EXPECT_EQ(WithValue(TODO(), "key", none).String(),
            "context.TODO.WithValue(key, <nil>)");
  cancel_a();
}

TEST(Context, WorksOutsideRunAndInTheNext) {
  auto [ctx, cancel] = WithCancel(Background());
  RunWith(2, [&ctx = ctx] { ExpectGoesOn(ctx); });
  auto [timed, cancel_timed] = WithTimeout(ctx, 5ms);
  EXPECT_EQ(timed.Done().Recv(), std::nullopt);
  EXPECT_TRUE(timed.Err() == DeadlineExceeded);
  cancel();
  RunWith(2, [&ctx = ctx] { ExpectEnded(ctx, Canceled, Canceled); });
}

}  // namespace
}  // namespace gosling
