// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Explore in tests of Catch2's. What a schedule shows to be wrong is told by Fail,
// which ends that run; Catch2 hears of it once, with the shortest schedule. A
// REQUIRE in a goroutine would count for every run, those that shorten too.

#include <gosling/sync.h>
#include <gosling/testing.h>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_MAIN  // Catch2 2 is a header
#include <catch2/catch.hpp>
#endif

#include <memory>
#include <mutex>
#include <string>

namespace go = gosling;

// HOLDS is what REQUIRE is elsewhere, in the goroutines of an exploration.
#define HOLDS(condition)                                                     \
  ((condition) ? void()                                                      \
               : go::testing::Fail(__FILE__ ":" + std::to_string(__LINE__) + \
                                   ": " #condition))

// RequireExplored fails the test if a schedule of f fails.
template <class F>
void RequireExplored(go::testing::ExploreOptions options, F f) {
  options.print = false;
  const go::testing::ExploreResult result = go::testing::Explore(options, f);
  INFO(result.failure() << "\n"
                        << result.schedule()
                        << "again with GOSLING_REPLAY=" << result.seed());
  REQUIRE(result.ok());
}

// Account is what is tested. Without the lock around both, an update may be lost.
class Account {
 public:
  int Balance() {
    const std::lock_guard lock(mutex_);
    return balance_;
  }
  void Set(int balance) {
    const std::lock_guard lock(mutex_);
    balance_ = balance;
  }
  void Add(int amount) {
    const std::lock_guard lock(mutex_);
    balance_ += amount;
  }

 private:
  go::sync::Mutex mutex_;
  int balance_ = 0;
};

TEST_CASE("no update of an account is lost") {
  RequireExplored({.schedules = 500}, [] {
    auto account = std::make_unique<Account>();
    go::sync::WaitGroup group;
    for (int i = 0; i < 3; i++) group.Go([&] { account->Add(1); });
    group.Wait();
    HOLDS(account->Balance() == 3);
  });
}

TEST_CASE("reading and writing apart is found to be wrong") {
  const auto result = go::testing::Explore({.print = false}, [] {
    auto account = std::make_unique<Account>();
    go::sync::WaitGroup group;
    for (int i = 0; i < 3; i++) {
      group.Go([&] { account->Set(account->Balance() + 1); });
    }
    group.Wait();
    HOLDS(account->Balance() == 3);
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().find("account->Balance() == 3") != std::string::npos);
  CHECK_FALSE(result.schedule().empty());
}
