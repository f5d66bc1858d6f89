// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contexts of a program's own, and Scoped, of gosling/context.h. Tests that
// follow one of Go's name it.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/chan_testing.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using context::Background;
using context::Context;

class ContextOwnTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ContextOwnTest, kProcs, ProcsName);

enum class Key { kUser, kOther };

// Own ends when its channel is closed, with an error of its own.
class Own : public context::Base {
 public:
  Own(RecvChan<Unit> done, Error err) : done_(std::move(done)), err_(err) {}
  RecvChan<Unit> Done() const override { return done_; }
  Error Err() const override {
    return done_.TryRecv().Closed() ? err_ : nullptr;
  }
  std::optional<time::Time> Deadline() const override { return kDeadline; }
  const void* Value(const context::Lookup& wanted) const override {
    if (wanted.Is(Key::kUser)) return wanted.Found(user_);
    if (wanted.Is("text")) return wanted.Found(user_);
    return nullptr;
  }

  static constexpr time::Time kDeadline = time::Time::max() - 1h;

 private:
  RecvChan<Unit> done_;
  Error err_;
  std::string user_ = "gopher";
};

// Renamed is another context with a value more.
class Renamed : public context::Embedding {
 public:
  using Embedding::Embedding;
  const void* Value(const context::Lookup& wanted) const override {
    return wanted.Is(Key::kOther) ? wanted.Found(seven_)
                                  : Embedding::Value(wanted);
  }
  std::string String() const override { return "Renamed"; }

 private:
  int seven_ = 7;
};

// Detached is like another one, but ends by its own channel.
class Detached : public context::Embedding {
 public:
  Detached(Context ctx, RecvChan<Unit> done)
      : Embedding(std::move(ctx)), done_(std::move(done)) {}
  RecvChan<Unit> Done() const override { return done_; }
  Error Err() const override {
    return done_.TryRecv().Closed() ? context::Canceled : nullptr;
  }

 private:
  RecvChan<Unit> done_;
};

TEST_P(ContextOwnTest, IsUsedAsAnyOther) {
  Run([] {
    const Chan<Unit> done = MakeChan<Unit>();
    const Error over = errors::New("over");
    const Context ctx = context::Make<Own>(done, over);
    EXPECT_EQ(ctx.Done(), RecvChan<Unit>(done));
    EXPECT_FALSE(ctx.Err());
    EXPECT_EQ(ctx.Deadline(), Own::kDeadline);
    ASSERT_NE(ctx.Value<std::string>(Key::kUser), nullptr);
    EXPECT_EQ(*ctx.Value<std::string>(Key::kUser), "gopher");
    EXPECT_EQ(*ctx.Value<std::string>(std::string("text")), "gopher");
    EXPECT_EQ(ctx.Value<int>(Key::kUser), nullptr) << "of another type";
    EXPECT_EQ(ctx.Value<std::string>(Key::kOther), nullptr);
    EXPECT_NE(ctx.String().find("Own"), std::string::npos) << ctx.String();
    done.Close();
    EXPECT_EQ(ctx.Err(), over);
    EXPECT_EQ(context::Cause(ctx), over);
  });
}

// Go: TestCustomContextPropagation, and what WithValue makes of it.
TEST_P(ContextOwnTest, ItsChildrenAreCancelledWhenItEnds) {
  Run([] {
    const Chan<Unit> done = MakeChan<Unit>();
    const Error over = errors::New("over");
    const Context own = context::Make<Own>(done, over);
    const Context value = context::WithValue(own, Key::kOther, 1);
    const context::Scoped child = context::WithCancel(value);
    const context::Scoped grandchild = context::WithTimeout(*child, 1h);
    EXPECT_EQ(value.Done(), RecvChan<Unit>(done));
    EXPECT_EQ(*grandchild->Value<std::string>(Key::kUser), "gopher");
    EXPECT_EQ(*grandchild->Value<int>(Key::kOther), 1);
    EXPECT_FALSE(child->Err());
    done.Close();
    grandchild->Done().Recv();
    EXPECT_EQ(child->Err(), over);
    EXPECT_EQ(grandchild->Err(), over);
    EXPECT_EQ(context::Cause(*grandchild), over);
    EXPECT_EQ(value.Err(), over);
    const context::Scoped late = context::WithCancel(own);
    EXPECT_EQ(late->Err(), over) << "at once";
  });
}

// The fixture counts goroutines at the end: those that watch are gone.
TEST_P(ContextOwnTest, CancellingAChildEndsItsWatching) {
  Run([] {
    const Context own = context::Make<Own>(MakeChan<Unit>(), errors::New("x"));
    const auto made = context::WithCancel(own);
    EXPECT_EQ(AwaitGoroutines(2), 2);
    made.second();
    EXPECT_EQ(made.first.Err(), context::Canceled);
    EXPECT_EQ(AwaitGoroutines(1), 1);
    {
      const context::Scoped child = context::WithTimeout(own, 1ms);
      child->Done().Recv();
    }
    EXPECT_EQ(AwaitGoroutines(1), 1);
    const auto stop = context::AfterFunc(own, [] { FAIL(); });
    EXPECT_EQ(AwaitGoroutines(2), 2);
    EXPECT_TRUE(stop());
    EXPECT_FALSE(stop());
  });
}

TEST_P(ContextOwnTest, ItsEndCallsFunctions) {
  Run([] {
    const Chan<Unit> done = MakeChan<Unit>();
    const Chan<Unit> called = MakeChan<Unit>();
    const Context own = context::Make<Own>(done, errors::New("x"));
    const auto stop = context::AfterFunc(own, [called] { called.Close(); });
    done.Close();
    called.Recv();
    EXPECT_FALSE(stop());
  });
}

TEST_P(ContextOwnTest, OneThatNeverEndsNeedsNoWatching) {
  Run([] {
    const Context own = context::Make<Own>(nullptr, nullptr);
    const context::Scoped child = context::WithCancel(own);
    EXPECT_EQ(AwaitGoroutines(1), 1);
    const Context without = context::WithoutCancel(own);
    EXPECT_FALSE(without.Done());
    EXPECT_FALSE(without.Deadline());
    EXPECT_EQ(*without.Value<std::string>(Key::kUser), "gopher");
  });
}

// Go: TestCustomContextGoroutines.
TEST_P(ContextOwnTest, OneWithTheDoneOfAnotherNeedsNoWatching) {
  Run([] {
    const context::Scoped outer = context::WithCancelCause(Background());
    const Context own = context::Make<Renamed>(*outer);
    EXPECT_EQ(*own.Value<int>(Key::kOther), 7);
    EXPECT_EQ(own.String(), "Renamed");
    const context::Scoped child = context::WithCancel(own);
    EXPECT_EQ(child->String(), "Renamed.WithCancel");
    EXPECT_EQ(AwaitGoroutines(1), 1);
    const Error cause = errors::New("cause");
    outer.Cancel(cause);
    EXPECT_EQ(child->Err(), context::Canceled) << "before Cancel returned";
    EXPECT_EQ(context::Cause(*child), cause);
    EXPECT_EQ(own.Err(), context::Canceled);
    EXPECT_EQ(context::Cause(own), cause);
  });
}

TEST_P(ContextOwnTest, OneWithAnotherDoneIsWatchedThough) {
  Run([] {
    const Chan<Unit> done = MakeChan<Unit>();
    const context::Scoped outer = context::WithCancel(Background());
    const Context own = context::Make<Detached>(*outer, done);
    const context::Scoped child = context::WithCancel(own);
    outer.Cancel();
    EXPECT_FALSE(own.Err());
    EXPECT_FALSE(child->Err());
    done.Close();
    child->Done().Recv();
    EXPECT_EQ(child->Err(), context::Canceled);
  });
}

TEST(ContextOwn, ANilContextIsNotEmbedded) {
  EXPECT_EQ(PanicOf([] { (void)context::Make<Renamed>(Context()); }),
            "cannot create context from nil parent");
}

// Scoped.

TEST_P(ContextOwnTest, ScopedCancelsHoweverItsBlockIsLeft) {
  Run([] {
    Context kept;
    {
      const context::Scoped work = context::WithTimeout(Background(), 1h);
      kept = *work;
      // By a lambda, which any compiler lets capture it.
      const auto err = [&work] { return work->Err(); };
      EXPECT_FALSE(err());
      const Context& as_context = work;
      EXPECT_EQ(as_context, kept);
    }
    EXPECT_EQ(kept.Err(), context::Canceled);
    try {
      const context::Scoped work = context::WithCancelCause(Background());
      kept = *work;
      throw std::runtime_error("x");
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(kept.Err(), context::Canceled);
    EXPECT_EQ(context::Cause(kept), context::Canceled);
  });
}

}  // namespace
}  // namespace gosling
