// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Random programs of channel operations, run by the scheduler and under Explore:
// each comes to nothing but what the model allows, and under Explore to all of
// it. (That Go agrees with the model: tests/programs_test.py.)

#include <gosling/testing.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/programs/interpret.h"
#include "tests/programs/model.h"
#include "tests/programs/program.h"
#include "tests/sanitizers.h"

namespace gosling::programs {
namespace {

std::shared_ptr<const Program> Numbered(std::uint64_t seed) {
  return std::make_shared<const Program>(GenerateFromSeed(seed));
}

class ProgramsTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ProgramsTest, kProcs, ProcsName);

TEST_P(ProgramsTest, ComeToWhatTheModelAllows) {
  Run([] {
    const int programs = kSanitized ? 400 : 4000;
    for (int i = 0; i < programs; i++) {
      const auto seed = static_cast<std::uint64_t>(i);
      const std::shared_ptr<const Program> program = Numbered(seed);
      std::set<std::string> seen;
      for (std::uint64_t run = 0; run < 3; run++) {
        const std::string text = RunFreely(program, 1000 * seed + 10 * run);
        if (!seen.insert(text).second) continue;
        ASSERT_TRUE(Allows(*program, ParseOutcome(text)))
            << "program " << seed << ": " << Text(*program)
            << "\ncame to: " << text;
      }
    }
  });
}

TEST(Programs, ComeToAllThatTheModelAllowsUnderExplore) {
  const int programs = kSanitized ? 100 : 1000;
  int several = 0;
  for (int i = 0; i < programs; i++) {
    const std::shared_ptr<const Program> program =
        Numbered(static_cast<std::uint64_t>(i));
    const std::optional<std::set<std::string>> all = Outcomes(*program, 2000);
    if (!all || all->size() > 20) continue;
    several += all->size() > 1 ? 1 : 0;
    std::set<std::string> seen;
    std::uint64_t seed = 1;
    for (; seen.size() < all->size() && seed < 20'000; seed++) {
      // PCT soon has a goroutine that comes after all others, uniform choice
      // ones that change at every step.
      const testing::ExploreOptions options = {
          .schedules = 20,
          .seed = seed,
          .strategy = seed % 2 == 0 ? testing::Strategy::kPct
                                    : testing::Strategy::kUniform};
      const testing::ExploreResult result = testing::Explore(options, [&] {
        std::string text = RunInBubble(program);
        if (!all->contains(text)) testing::Fail(text);
        seen.insert(std::move(text));
      });
      ASSERT_TRUE(result.ok()) << "program " << i << ": " << Text(*program)
                               << "\ncame to: " << result.failure();
    }
    for (const std::string& text : *all) {
      ASSERT_TRUE(seen.contains(text))
          << "program " << i << ": " << Text(*program)
          << "\nnever came to: " << text;
    }
  }
  EXPECT_GT(several, programs / 10);
}

// --- The model ---

Op Plain(Case c) { return {Form::kPlain, {c}, false}; }
Op Close(int channel) { return {Form::kClose, {{false, channel, 0}}, false}; }

std::set<std::string> OutcomesOf(
    std::vector<int> capacities,
    std::initializer_list<std::vector<Op>> goroutines) {
  return Outcomes({std::move(capacities), goroutines}).value();
}

TEST(ProgramsModel, OneReceiverMeetsEitherOfTwoSenders) {
  EXPECT_EQ(OutcomesOf({0}, {{Plain({true, 0, 1})},
                             {Plain({true, 0, 2})},
                             {Plain({false, 0})}}),
            (std::set<std::string>{"0 | ? | 0=1 | # ,", "? | 0 | 0=2 | # ,"}));
}

TEST(ProgramsModel, ASendMeetsACloseBeforeOrAfter) {
  EXPECT_EQ(OutcomesOf({0}, {{Plain({true, 0, 1})}, {Close(0)}}),
            (std::set<std::string>{"!send | c | # ,"}));
  EXPECT_EQ(OutcomesOf({1}, {{Plain({true, 0, 1})}, {Close(0)}}),
            (std::set<std::string>{"!send | c | # ,", "0 | c | # 1 ,"}));
}

TEST(ProgramsModel, ASelectThatWaitsMayTakeEitherOfTwoCasesOnAChannel) {
  const Op twice = {Form::kSelect, {{false, 0}, {false, 0}}, false};
  EXPECT_EQ(OutcomesOf({0}, {{twice}, {Plain({true, 0, 1})}}),
            (std::set<std::string>{"0=1 | 0 | # ,", "1=1 | 0 | # ,"}));
}

TEST(ProgramsModel, APanicEndsOrDoesNot) {
  const Program program = {{0}, {{Plain({true, 0, 1})}, {Close(0)}}};
  EXPECT_EQ(Endings(program).value(), (std::set<std::string>{"!send | #"}));
}

TEST(ProgramsModel, WhatNoOrderExplainsIsRefused) {
  const Program program = {{1},
                           {{Plain({true, 0, 1}), Plain({true, 0, 2})},
                            {Plain({false, 0}), Plain({false, 0})}}};
  EXPECT_TRUE(Allows(program, ParseOutcome("0 0 | 0=1 0=2 | # ,")));
  for (const char* wrong :
       {"0 0 | 0=2 0=1 | # ,", "0 0 | 0=1 ? | # ,", "0 ? | 0=1 0=2 | # ,",
        "0 0 | 0=1 0=2 | # 2 ,", "0 0 | 0=1 0=- | # ,", "0 0 | # ,"}) {
    EXPECT_FALSE(Allows(program, ParseOutcome(wrong))) << wrong;
  }
}

TEST(ProgramsModel, AnOutcomeIsReadAsItIsWritten) {
  const std::string text = "0 !send !close !nil ? | 1=7 0=- d c | | # 5 6 , ,";
  EXPECT_EQ(Text(ParseOutcome(text)), text);
  EXPECT_THROW(ParseOutcome(text + " 7"), std::invalid_argument);
}

}  // namespace
}  // namespace gosling::programs
