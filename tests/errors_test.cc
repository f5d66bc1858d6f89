// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/errors.h: identity, wrapping, what Is finds, codes, lifetime.

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/signal.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <span>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling {
namespace {

using errors::Is;
using errors::Join;
using errors::New;
using errors::Unwrap;
using errors::Wrap;

TEST(Error, IsNilByDefault) {
  Error err;
  EXPECT_FALSE(err);
  EXPECT_EQ(err.message(), "<nil>");
  EXPECT_TRUE(err == nullptr);
  EXPECT_FALSE(err.code());
  EXPECT_FALSE(err.Timeout());
  err = New("it broke");
  EXPECT_TRUE(err);
  EXPECT_FALSE(err == nullptr);
  EXPECT_EQ(err.message(), "it broke");
}

TEST(Error, OfTheSameTextIsAnother) {
  const Error a = New("text");
  const Error b = New("text");
  const Error copy = a;
  EXPECT_FALSE(a == b);
  EXPECT_TRUE(a == copy);
  Error moved = copy;
  const Error taken = std::move(moved);
  EXPECT_TRUE(taken == a);
  EXPECT_FALSE(moved);  // NOLINT(bugprone-use-after-move): that is the test
  moved = taken;
  EXPECT_TRUE(moved == a);
  Error& itself = moved;
  moved = itself;
  EXPECT_EQ(moved.message(), "text");
}

TEST(Error, StandsForACode) {
  const Error err = std::make_error_code(std::errc::permission_denied);
  EXPECT_EQ(err.code(), std::errc::permission_denied);
  EXPECT_EQ(err.message(),
            std::make_error_code(std::errc::permission_denied).message());
  EXPECT_TRUE(err == std::errc::permission_denied);
  EXPECT_FALSE(err == std::errc::timed_out);
  EXPECT_FALSE(err == New("x"));
  EXPECT_FALSE(Error(std::error_code()));
  EXPECT_FALSE(err.Timeout());
  EXPECT_TRUE(Error(std::errc::timed_out).Timeout());
}

TEST(Error, WrapsAnother) {
  const Error inner = New("no such thing");
  const Error outer = Wrap(Wrap(inner, "open"), "load");
  EXPECT_EQ(outer.message(), "load: open: no such thing");
  EXPECT_FALSE(outer == inner);
  EXPECT_TRUE(Is(outer, inner));
  EXPECT_TRUE(Is(outer, outer));
  EXPECT_FALSE(Is(inner, outer));
  EXPECT_TRUE(Unwrap(Unwrap(outer)) == inner);
  EXPECT_FALSE(Unwrap(inner));
  EXPECT_FALSE(Unwrap(nullptr));
  EXPECT_FALSE(Wrap(nullptr, "text")) << "nothing went wrong";
}

TEST(Error, JoinsSeveral) {
  const Error a = New("a");
  const Error b = New("b");
  const Error c = New("c");
  const Error all = Join(a, nullptr, Wrap(b, "in b"));
  EXPECT_EQ(all.message(), "a\nin b: b");
  EXPECT_TRUE(Is(all, a));
  EXPECT_TRUE(Is(all, b));
  EXPECT_FALSE(Is(all, c));
  EXPECT_FALSE(Unwrap(all)) << "a list is not unwrapped";
  EXPECT_FALSE(Join(nullptr, Error()));
  EXPECT_FALSE(Join(std::span<const Error>()));
  EXPECT_EQ(Join(a).message(), "a");
  EXPECT_FALSE(Join(a) == a);
}

TEST(Error, IsNilOnlyIfBothAre) {
  EXPECT_TRUE(Is(nullptr, nullptr));
  EXPECT_FALSE(Is(nullptr, New("x")));
  EXPECT_FALSE(Is(New("x"), nullptr));
}

TEST(Error, IsTheSameConditionInAnotherCategory) {
  const Error system = std::error_code(ENOENT, std::system_category());
  EXPECT_FALSE(system == std::errc::no_such_file_or_directory);
  EXPECT_TRUE(Is(system, std::errc::no_such_file_or_directory));
  EXPECT_TRUE(Is(Wrap(system, "open"), std::errc::no_such_file_or_directory));
  EXPECT_FALSE(Is(system, std::errc::permission_denied));
  EXPECT_FALSE(Is(New("x"), std::errc::permission_denied));
}

TEST(Error, TellsWhatItWrapsByCodeAndTimeout) {
  const Error err = Join(New("x"), Wrap(std::errc::timed_out, "dial"));
  EXPECT_EQ(err.code(), std::errc::timed_out);
  EXPECT_TRUE(err.Timeout());
  EXPECT_TRUE(Wrap(context::DeadlineExceeded, "get").Timeout());
  EXPECT_FALSE(context::Canceled.Timeout());
}

// Stacks do not grow.
TEST(Error, MayBeWrappedAsOftenAsOneLikes) {
  const Error root = New("");
  Error chain = root;
  Error list = root;
  Error half;
  for (int i = 0; i < 20'000; i++) {
    chain = Wrap(std::move(chain), "");
    if (i == 10'000) half = chain;
  }
  for (int i = 0; i < 1'000; i++) list = Join(list, New(""));
  EXPECT_TRUE(Is(chain, root));
  EXPECT_TRUE(Is(list, root));
  EXPECT_EQ(chain.message().size(), 40'000u);
  chain = nullptr;
  EXPECT_TRUE(Is(half, root)) << "still wanted";
}

TEST(Error, IsSharedByThreads) {
  const Error shared = Wrap(New("inner"), "outer");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([shared] {
      for (int k = 0; k < 10'000; k++) {
        Error copy = shared;
        const Error more = Wrap(copy, "more");
        copy = nullptr;
        ASSERT_TRUE(Is(more, shared));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.message(), "outer: inner");
}

// Kinds of a program's own.

class Coded {  // an interface, as another library might have one
 public:
  virtual ~Coded() = default;
  virtual int Code() const = 0;
};

class NotFound : public errors::Base, public Coded {
 public:
  explicit NotFound(std::string name, Error wrapped = nullptr)
      : name_(std::move(name)), wrapped_(std::move(wrapped)) {}
  std::string message() const override { return name_ + " not found"; }
  Error Unwrap() const override { return wrapped_; }
  bool Is(const Error& target) const override {
    return target == std::errc::no_such_file_or_directory;
  }
  bool Timeout() const override { return name_ == "in time"; }
  int Code() const override { return 404; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  Error wrapped_;
};

class Other : public errors::Base {
 public:
  std::string message() const override { return "other"; }
};

TEST(OwnKind, SaysItsTextAndIsFoundByItsClass) {
  const Error err = Wrap(errors::Make<NotFound>("x"), "load");
  EXPECT_EQ(err.message(), "load: x not found");
  const auto* found = errors::As<NotFound>(err);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name(), "x");
  EXPECT_EQ(errors::As<Other>(err), nullptr);
  EXPECT_EQ(errors::As<NotFound>(New("x not found")), nullptr);
  EXPECT_EQ(errors::As<NotFound>(nullptr), nullptr);
}

TEST(OwnKind, IsFoundByAnyBaseClass) {
  const Error err =
      Join(New("a"), errors::Make<Other>(), errors::Make<NotFound>("x"),
           errors::Make<NotFound>("y"));
  const auto* coded = errors::As<Coded>(err);
  ASSERT_NE(coded, nullptr);
  EXPECT_EQ(coded->Code(), 404);
  EXPECT_EQ(errors::As<NotFound>(err)->name(), "x") << "the first";
  EXPECT_EQ(errors::As<errors::Base>(err)->message(), "other");
}

TEST(OwnKind, IsSearchedWithWhatItWraps) {
  const Error inner = New("inner");
  const Error err = errors::Make<NotFound>(
      "x", Join(inner, errors::Make<NotFound>("y", errors::Make<Other>())));
  EXPECT_TRUE(Is(err, inner));
  EXPECT_FALSE(Is(err, New("inner")));
  EXPECT_NE(errors::As<Other>(err), nullptr);
  EXPECT_EQ(errors::As<NotFound>(err)->name(), "x") << "from the outside";
  EXPECT_EQ(errors::As<NotFound>(Unwrap(err))->name(), "y");
}

TEST(OwnKind, DecidesItselfWhatItIs) {
  const Error err = errors::Make<NotFound>("x");
  EXPECT_TRUE(Is(err, std::errc::no_such_file_or_directory));
  EXPECT_TRUE(Is(Wrap(err, "w"), std::errc::no_such_file_or_directory));
  EXPECT_FALSE(Is(err, std::errc::timed_out));
  EXPECT_TRUE(Is(err, err));
  EXPECT_FALSE(Is(err, errors::Make<NotFound>("x"))) << "identity";
  EXPECT_FALSE(err.Timeout());
  EXPECT_TRUE(errors::Make<NotFound>("in time").Timeout());
}

TEST(Error, IsWrittenToStreams) {
  std::ostringstream out;
  out << Wrap(New("b"), "a") << '|' << Error() << '|'
      << errors::Make<NotFound>("x") << '|' << signal::Signal(SIGINT);
  EXPECT_EQ(out.str(), "a: b|<nil>|x not found|interrupt");
}

#ifdef __cpp_lib_format
TEST(Error, IsFormattedAsItsText) {
  EXPECT_EQ(std::format("{:>4}|{}", New("b"), Error()), "   b|<nil>");
  EXPECT_EQ(std::format("{}", signal::Signal(SIGINT)), "interrupt");
}
#endif

}  // namespace
}  // namespace gosling
