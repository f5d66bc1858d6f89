// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The library as -Dtrace=false builds it: asked for a recording it says why there
// is none, and the rest works. The build compiles what has to do with the
// recorder once more for this program (tests/meson.build).

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/trace.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "sched/trace/recorder.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

static_assert(!sched::trace::kBuilt);

constexpr char kSentence[] =
    "tracing was left out of this library (-Dtrace=false)";

void Busy() {
  const auto numbers = MakeChan<int>();
  sync::WaitGroup group;
  group.Go([=] {
    for (int i = 0; i < 100; i++) numbers.Send(i);
    numbers.Close();
  });
  int sum = 0;
  for (int i : numbers) {
    sum += i;
    runtime::Gosched();
  }
  group.Wait();
  EXPECT_EQ(sum, 4950);
}

TEST(NoTrace, EachCallSaysWhyThereIsNone) {
  RunWith(2, [] {
    EXPECT_EQ(trace::Start("/nowhere/at/all").message(), kSentence);
    EXPECT_EQ(trace::StartFlightRecorder(1s).message(), kSentence);
    EXPECT_EQ(trace::WriteTo("/nowhere/at/all").message(), kSentence);
    EXPECT_FALSE(trace::IsEnabled());
  });
}

TEST(NoTrace, NothingIsRecorded) {
  RunWith(2, [] {
    EXPECT_FALSE(sched::trace::TurnOn());
    trace::Log(context::Background(), "a", "remark");
    EXPECT_EQ(trace::WithRegion(context::Background(), "r", [] { return 7; }),
              7);
    Busy();
    EXPECT_EQ(sched::trace::FirstLog(), nullptr);
  });
}

class NoTraceEnvironment : public FreshDeathTest {};

TEST_F(NoTraceEnvironment, IsToldThatItAsksInVain) {
  ::setenv("GODEBUG", "flight=10s", 1);
  EXPECT_EXIT(std::exit(gosling::Run([] {
                Busy();
                return 0;
              })),
              ::testing::ExitedWithCode(0),
              "^runtime: GODEBUG=flight: tracing was left out of this library "
              "\\(-Dtrace=false\\)\n$");
  ::unsetenv("GODEBUG");
}

}  // namespace
}  // namespace gosling
