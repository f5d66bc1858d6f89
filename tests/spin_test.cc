// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How long a thread waits awake (sched/os/spin.h).

#include "sched/os/spin.h"

#include <gosling/runtime.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sched/os/os.h"
#include "tests/system.h"

namespace gosling::sched {
namespace {

class SpinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (os::NumCPU() == 1) GTEST_SKIP() << "no spin on one processor";
  }
};

struct Spun {
  std::int64_t ns;
  int looks;
};

Spun SpinOnce(SpinTime time) {
  const std::int64_t start = os::Nanotime();
  int looks = 0;
  for (Spin spin(time); spin.Left();) {
    spin.Pass();
    looks++;
  }
  return {os::Nanotime() - start, looks};
}

// Counted in PAUSEs it lasted from 2 to 7 us, as the CPU pleased.
TEST_F(SpinTest, LastsForItsTimeWhateverThePauseOfTheCpu) {
  for (const SpinTime time : {kLockSpin, SpinTime{200'000, 10'000}}) {
    std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 1000; i++) {
      const Spun spun = SpinOnce(time);
      shortest = std::min(shortest, spun.ns);
      // A thread that loses its processor has fewer.
      EXPECT_LE(spun.looks, static_cast<int>(time.all / time.look));
      EXPECT_GE(spun.looks, 1);
    }
    // A cycle is known within a factor of two.
    EXPECT_GE(shortest, time.all / 3);
    EXPECT_LE(shortest, std::int64_t{time.all} * 3);
  }
}

TEST_F(SpinTest, IsShortWithMorePsThanProcessors) {
  const int former = runtime::GOMAXPROCS(os::NumCPU());
  EXPECT_EQ(LockSpin().all, kLockSpin.all);
  runtime::GOMAXPROCS(os::NumCPU() + 1);
  EXPECT_EQ(LockSpin().all, kCrowdedLockSpin.all);
  runtime::GOMAXPROCS(former);
}

TEST_F(SpinTest, TimeLostInALookIsNotSpunAgain) {
  constexpr SpinTime kTime{100'000, 50};
  // Its looks are too short for the clock of some CPUs, and a PAUSE may be
  // longer than one.
  EXPECT_GE(SpinOnce(kTime).looks, 1);
  EXPECT_LE(SpinOnce(kTime).looks, 2000);
}

TEST(SpinDeathTest, NoneOnOneProcessor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        if (!StayOnOneProcessor()) ::_exit(2);
        ::_exit(Spin(kLockSpin).Left() ? 1 : 0);
      },
      [](int status) {
        return ::testing::ExitedWithCode(0)(status) ||
               ::testing::ExitedWithCode(2)(status);
      },
      "");
}

}  // namespace
}  // namespace gosling::sched
