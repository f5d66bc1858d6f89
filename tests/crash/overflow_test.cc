// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How the overflow of a goroutine's stack is reported.

#include <gosling/go.h>
#include <gosling/select.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sched/proc.h"
#include "sched/stack.h"
#include "sched/stack_guard.h"
#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;

template <std::size_t kKiB>
[[gnu::noinline]] int CrashTestFrame(int depth) {
  volatile char lowest[kKiB << 10];
  asm volatile("" : : "r"(lowest));  // as large as declared
  lowest[0] = 1;
  return depth > 0 ? CrashTestFrame<kKiB>(depth - 1) + lowest[0] : 0;
}

[[gnu::noinline]] int CrashTestAlloca(std::size_t size, int depth) {
  auto* lowest = static_cast<volatile char*>(__builtin_alloca(size));
  lowest[0] = 1;
  return depth > 0 ? CrashTestAlloca(size, depth - 1) + lowest[0] : 0;
}

class OverflowDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, OverflowDeathTest, kProcs, ProcsName);

constexpr char kOverflow[] =
    "runtime: goroutine [0-9]+ \"worker\" exceeds its stack of 128 KiB "
    "\\(GoOptions::stack_size sets it\\)\nfatal error: stack overflow\n";

// 50 frames from either end.
std::string DeepFrames() {
  return "(crash_test_dig" AT
         "){40,50}\\.\\.\\.[0-9]+ frames elided\\.\\.\\.\n"
         "(crash_test_dig" AT "){30,49}.*crash_test_overflow" AT;
}

TEST_P(OverflowDeathTest, HasNameSizeAndBothEnds) {
  EXPECT_EXIT(InWorker([] { crash_test_overflow(); }), ExitedWithCode(2),
              Report(kOverflow, kSanitized ? "" : DeepFrames()));
}

TEST_P(OverflowDeathTest, OnAGuardByMprotect) {
  EXPECT_EXIT(
      {
        sched::StackResetForTest(sched::GuardMode::kMprotect, -1);
        InWorker([] { crash_test_overflow(); });
      },
      ExitedWithCode(2), Report(kOverflow, kSanitized ? "" : DeepFrames()));
}

TEST_P(OverflowDeathTest, AtTheFarEndOfTheGuard) {
  if (kSanitized) GTEST_SKIP() << "sanitizers follow stacks of their own";
  EXPECT_EXIT(InWorker([] {
                crash_test_write(reinterpret_cast<std::uintptr_t>(
                    sched::CurrentG()->stack.lo - sched::StackGuardSize()));
              }),
              ExitedWithCode(2), Report(kOverflow, "crash_test_write" AT));
}

// The tests are compiled with -fstack-clash-protection where the compiler has
// it. stack_clash_test.py does the same with users' flags.
TEST_P(OverflowDeathTest, ByFramesLargerThanTheGuard) {
  if (kSanitized) GTEST_SKIP() << "sanitizers follow stacks of their own";
#if defined(__APPLE__) || (defined(__aarch64__) && defined(__clang__))
  GTEST_SKIP() << "the compiler may lack -fstack-clash-protection";
#endif
#if !defined(__arm__)  // whose compilers protect alloca only
  EXPECT_EXIT(InWorker([] { CrashTestFrame<64>(4); }), ExitedWithCode(2),
              Report(kOverflow, ""));
  EXPECT_EXIT(InWorker([] { CrashTestFrame<256>(1); }), ExitedWithCode(2),
              Report(kOverflow, ""));
  EXPECT_EXIT(InWorker([] { CrashTestFrame<1024>(1); }), ExitedWithCode(2),
              Report(kOverflow, ""));
  EXPECT_EXIT(InWorker([] { CrashTestFrame<8192>(1); }), ExitedWithCode(2),
              Report(kOverflow, ""));
#endif
  for (std::size_t kib : {64, 256, 1024, 8192}) {
    EXPECT_EXIT(InWorker([kib] { CrashTestAlloca(kib << 10, 4); }),
                ExitedWithCode(2), Report(kOverflow, ""))
        << kib;
  }
}

// Without a guard page it is noticed late, and that is said.
TEST_P(OverflowDeathTest, WithoutAGuardPageIsToldAtTheEnd) {
  if (kAddressSanitizer) GTEST_SKIP() << "it notices at once";
  EXPECT_EXIT(
      {
        sched::StackResetForTest(sched::GuardMode::kCanary, 0);
        InWorker([] {
          char* lo = sched::CurrentG()->stack.lo;
          std::fill(lo - 64, lo, 'x');
        });
      },
      ExitedWithCode(2),
      "runtime: goroutine [0-9]+ \"worker\" exceeds its stack of 128 KiB [^\n]*"
      "\nfatal error: stack overflow \\(noticed only now that the goroutine "
      "has "
      "ended: its stack had no guard page\\)\n\n"
      "goroutine [0-9]+ \\[dead\\] \"worker\":\ncreated by [^\n]*SpawnWorker");
}

// Go: TestStackOverflow: named, with its size; no core dump.
TEST_P(OverflowDeathTest, StackOverflowNamesTheGoroutine) {
  EXPECT_EXIT(Child([] {
                Go(GoOptions{.name = "deep", .stack_size = 128 * 1024},
                   [] { crash_test_overflow(); });
                Select();
              }),
              ExitedWithCode(2),
              "^runtime: goroutine [0-9]+ \"deep\" exceeds its stack of 128 "
              "KiB .*\nfatal error: stack overflow\n\ngoroutine ");
}

TEST_P(OverflowDeathTest, StackOverflowOfANamelessGoroutine) {
  EXPECT_EXIT(Child([] { crash_test_overflow(); }), ExitedWithCode(2),
              "^runtime: goroutine [0-9]+ exceeds its stack of [0-9]+ KiB "
              ".*\nfatal error: stack overflow\n\ngoroutine ");
}

}  // namespace
}  // namespace gosling
