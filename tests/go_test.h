// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For tests of goroutines: a fixture that runs a test's body as the main
// goroutine at several values of GOMAXPROCS, in limited time, and checks that
// it leaves no goroutine behind.
//
//     class ChanTest : public GoTest {};
//     INSTANTIATE_TEST_SUITE_P(Procs, ChanTest, kProcs, ProcsName);
//
//     TEST_P(ChanTest, SendMeetsReceive) {
//       Run([] { … });
//     }
//
// A failed ASSERT_… leaves the function that it stands in: a goroutine's lambda
// or the body, not the test.

#ifndef GOSLING_TESTS_GO_TEST_H_
#define GOSLING_TESTS_GO_TEST_H_

#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "tests/emulated.h"
#include "tests/sanitizers.h"

namespace gosling {

inline const auto kProcs = ::testing::Values(1, 2, 8);

inline std::string ProcsName(const ::testing::TestParamInfo<int>& info) {
  return "Procs" + std::to_string(info.param);
}

// As many goroutines at once as there is room for where addresses have 32 bits.
inline constexpr int kManyGoroutines = sizeof(void*) == 4 ? 20'000 : 100'000;

// TimeLimit ends the process if it is not destroyed in time: a hang then names
// its test. It watches from a thread that never enters the runtime.
class TimeLimit {
 public:
  explicit TimeLimit(std::chrono::seconds limit)
      : watcher_([this, limit] {
          std::unique_lock<std::mutex> lock(mutex_);
          if (done_changed_.wait_for(lock, limit, [this] { return done_; })) {
            return;
          }
          const auto* test =
              ::testing::UnitTest::GetInstance()->current_test_info();
          std::fprintf(stderr, "%s.%s did not end within %lld seconds\n",
                       test != nullptr ? test->test_suite_name() : "",
                       test != nullptr ? test->name() : "",
                       static_cast<long long>(limit.count()));
          std::abort();
        }) {}
  ~TimeLimit() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    done_changed_.notify_one();
    watcher_.join();
  }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;  // under mutex_
  std::thread watcher_;
};

// IgnoreNoSignals undoes what the tests' parent may have set: a shell lets its
// background jobs ignore SIGINT and SIGQUIT, nohup SIGHUP, and Python its
// children SIGPIPE.
inline void IgnoreNoSignals() {
  for (int sig : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE}) ::signal(sig, SIG_DFL);
}

// PanicOf calls f and returns the words of the Panic that it throws.
template <class F>
std::string PanicOf(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const Panic& panic) {
    return panic.what();
  }
  return "no panic";
}

// YieldUntil lets others run until done(); false if that takes very long.
template <class F>
bool YieldUntil(F&& done,
                std::chrono::seconds longest = std::chrono::seconds(20)) {
  const auto limit = std::chrono::steady_clock::now() + longest;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    runtime::Gosched();
  }
  return true;
}

// AwaitGoroutines yields until `n` goroutines exist, the caller included, or
// ten seconds are over; returns how many exist then. For goroutines that have
// done what the test waited for and still have to end.
inline int AwaitGoroutines(int n) {
  YieldUntil([n] { return runtime::NumGoroutine() == n; },
             std::chrono::seconds(10));
  return runtime::NumGoroutine();
}

// RunWith runs `body` as the main goroutine with GOMAXPROCS set to `procs`.
// `left_behind` is how many goroutines the body leaves parked on purpose.
template <class F>
void RunWith(int procs, F&& body, int left_behind = 0) {
  const bool slow = kSanitized || Emulator() != nullptr;
  const TimeLimit limit(std::chrono::seconds(slow ? 120 : 30));
  const int former = runtime::GOMAXPROCS(procs);
  gosling::Run([&] {
    std::forward<F>(body)();
    EXPECT_EQ(AwaitGoroutines(1 + left_behind), 1 + left_behind)
        << "goroutines: the test has left some behind";
  });
  runtime::GOMAXPROCS(former);
}

class GoTest : public ::testing::TestWithParam<int> {
 protected:
  template <class F>
  void Run(F&& body, int left_behind = 0) {
    RunWith(GetParam(), std::forward<F>(body), left_behind);
  }
};

// ProcsTest is for tests that call gosling::Run themselves.
class ProcsTest : public GoTest {
 protected:
  void SetUp() override { former_ = runtime::GOMAXPROCS(GetParam()); }
  void TearDown() override { runtime::GOMAXPROCS(former_); }

 private:
  int former_ = 0;
};

}  // namespace gosling

#endif  // GOSLING_TESTS_GO_TEST_H_
