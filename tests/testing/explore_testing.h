// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of Explore.

#ifndef GOSLING_TESTS_TESTING_EXPLORE_TESTING_H_
#define GOSLING_TESTS_TESTING_EXPLORE_TESTING_H_

#include <gosling/testing.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace gosling {

// Replay sets GOSLING_REPLAY as long as it lives.
class Replay {
 public:
  explicit Replay(const std::string& text) {
    ::setenv("GOSLING_REPLAY", text.c_str(), 1);
  }
  ~Replay() { ::unsetenv("GOSLING_REPLAY"); }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;
};

// For INSTANTIATE_TEST_SUITE_P.
inline const auto kStrategies =
    ::testing::Values(testing::Strategy::kUniform, testing::Strategy::kPct,
                      testing::Strategy::kExhaustive);

inline std::string StrategyName(
    const ::testing::TestParamInfo<testing::Strategy>& info) {
  switch (info.param) {
    case testing::Strategy::kUniform:
      return "Uniform";
    case testing::Strategy::kPct:
      return "Pct";
    case testing::Strategy::kExhaustive:
      return "Exhaustive";
  }
  return "";
}

}  // namespace gosling

#endif  // GOSLING_TESTS_TESTING_EXPLORE_TESTING_H_
