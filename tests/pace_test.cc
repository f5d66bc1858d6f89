// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pace keeps what pace.h promises, with clocks of our own.

#include "sched/pace.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace gosling::sched {
namespace {

constexpr std::int64_t kUs = 1000;
constexpr std::int64_t kSecond = 1'000'000 * kUs;

// Looks that cost so much each.
class Looks {
 public:
  explicit Looks(std::int64_t cost) : cost_(cost) {}

  // Look returns the pause that follows.
  std::int64_t Look(const Pace::Look& look) {
    now_ += cost_;
    cpu_ += cost_;
    const std::int64_t pause = pace_.Next(now_, cpu_, look);
    now_ += pause;
    return pause;
  }

  // UseUp looks in vain until there is no credit.
  void UseUp() {
    while (Look({}) == Pace::kShortPause) {
    }
  }

  std::int64_t now() const { return now_; }
  std::int64_t cpu() const { return cpu_; }

 private:
  const std::int64_t cost_;
  std::int64_t now_ = 3600 * kSecond;
  std::int64_t cpu_ = 0;
  Pace pace_;
};

const Pace::Look kVain;
const Pace::Look kFind = {.acted = true};
const Pace::Look kOpen = {.open = true};
const Pace::Look kIdle = {.idle = true};

class PaceTest : public ::testing::TestWithParam<int> {
 protected:
  std::int64_t cost() const { return GetParam() * kUs; }
};
INSTANTIATE_TEST_SUITE_P(Microseconds, PaceTest,
                         ::testing::Values(1, 2, 5, 17, 40));

// A program that never blocks need not pay more than this.
TEST_P(PaceTest, LooksInVainTakeLessThanAHundredthOfACore) {
  for (const Pace::Look& look : {kVain, kOpen, kIdle}) {
    Looks looks(cost());
    const std::int64_t start = looks.now();
    while (looks.now() - start < 10 * kSecond) looks.Look(look);
    EXPECT_LT(looks.cpu(), (looks.now() - start) / 100);
  }
}

// One in ten milliseconds, as of code that computes, is asked to yield.
TEST_P(PaceTest, AskingTakesLittleMore) {
  Looks looks(cost());
  const std::int64_t start = looks.now();
  std::int64_t asked = start;
  while (looks.now() - start < 10 * kSecond) {
    Pace::Look look;
    if (looks.now() - asked >= 10'000 * kUs) {
      asked = looks.now();
      look.at_most = 200 * kUs;
    }
    EXPECT_LE(looks.Look(look), look.at_most);
  }
  EXPECT_LT(looks.cpu(), (looks.now() - start) / 100);
}

TEST_P(PaceTest, LooksAreCloseTogetherAfterAFind) {
  Looks looks(cost());
  looks.UseUp();
  const std::int64_t before = looks.cpu();
  EXPECT_EQ(looks.Look(kFind), Pace::kShortPause);
  while (looks.cpu() - before < Pace::kMostCredit) {
    EXPECT_EQ(looks.Look(kVain), Pace::kShortPause);
  }
}

// Sysmon looks for an M that blocks every five milliseconds less often than for
// one that blocks every two, but far more often than for one that does not
// block.
TEST_P(PaceTest, PausesGrowWithTheTimeSinceAFind) {
  Looks looks(cost());
  looks.Look(kFind);
  const std::int64_t found = looks.now();
  while (looks.now() - found < kSecond) {
    const std::int64_t pause = looks.Look(kVain);
    const std::int64_t since = looks.now() - found;
    if (pause > Pace::kShortPause) {
      EXPECT_LE(pause * pause, cost() * since);
    }
  }
}

TEST_P(PaceTest, AnOpenQuestionIsAnsweredSoon) {
  Looks looks(cost());
  looks.UseUp();
  EXPECT_EQ(looks.Look(kOpen), Pace::kShortPause);
  EXPECT_GT(looks.Look(kOpen), Pace::kShortPause);
}

TEST_P(PaceTest, WhileNothingRunsPausesGrowAndThenAreShortAgain) {
  Looks looks(cost());
  std::int64_t pause = 0;
  for (int i = 0; i < 100; i++) {
    const std::int64_t next = looks.Look(kIdle);
    EXPECT_GE(next, pause);
    pause = next;
  }
  EXPECT_EQ(pause, Pace::kLongPause);
  EXPECT_EQ(looks.Look(kVain), Pace::kShortPause);
}

}  // namespace
}  // namespace gosling::sched
