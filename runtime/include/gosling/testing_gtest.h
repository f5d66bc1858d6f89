// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Explore as a GoogleTest. Include <gtest/gtest.h> first; <gosling/gosling.h> does
// not include this header.
//
//     #include <gosling/sync.h>
//     #include <gtest/gtest.h>
//     #include <gosling/testing_gtest.h>
//
//     GOSLING_EXPLORE_TEST(Cache, ComputesOnce, {.schedules = 2000}) {
//       int computed = 0;
//       gosling::sync::Once once;
//       gosling::sync::WaitGroup group;
//       for (int i = 0; i < 3; i++) {
//         group.Go([&] { once.Do([&] { computed++; }); });
//       }
//       group.Wait();
//       EXPECT_EQ(computed, 1);
//     }
//
// The body is run under one schedule after the other, as Explore says. A failed
// EXPECT or ASSERT in any of its goroutines ends the run and fails the test,
// once, with the schedule and GOSLING_REPLAY's number.

#ifndef GOSLING_TESTING_GTEST_H_
#define GOSLING_TESTING_GTEST_H_

#include <gosling/testing.h>

#include <string>

// GOSLING_EXPLORE_TEST(suite, name, options) defines a test; `options` is what
// an ExploreOptions is initialized with.
//
// The reporter is for the calling thread, on which all goroutines of the bubble
// run; GoogleTest puts the former one back when it is destroyed.
#define GOSLING_EXPLORE_TEST(suite, name, ...)                                \
  static void GoslingExplored_##suite##_##name();                             \
  TEST(suite, name) {                                                         \
    gosling::testing::ExploreOptions options = __VA_ARGS__;                   \
    gosling::testing::ExploreResult result;                                   \
    {                                                                         \
      struct Reporter final : ::testing::internal::HasNewFatalFailureHelper { \
        void ReportTestPartResult(                                            \
            const ::testing::TestPartResult& part) override {                 \
          if (!part.failed()) return;                                         \
          std::string words(part.file_name() != nullptr ? part.file_name()    \
                                                        : "unknown file");    \
          words += ':';                                                       \
          words += std::to_string(part.line_number());                        \
          words += ": ";                                                      \
          words += part.message();                                            \
          gosling::testing::Fail(words);                                      \
        }                                                                     \
      } reporter;                                                             \
      result = gosling::testing::Explore(                                     \
          options, [] { GoslingExplored_##suite##_##name(); });               \
    }                                                                         \
    EXPECT_TRUE(result.ok()) << result.failure();                             \
  }                                                                           \
  static void GoslingExplored_##suite##_##name()

#endif  // GOSLING_TESTING_GTEST_H_
