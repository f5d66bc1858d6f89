// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of fatal reports. Each crash is played in a child process that
// starts from nothing; a test looks at the child's words and at its exit
// status.
//
//     class PanicDeathTest : public CrashTest {};
//     INSTANTIATE_TEST_SUITE_P(Procs, PanicDeathTest, kProcs, ProcsName);
//
//     TEST_P(PanicDeathTest, NamesItsType) {
//       EXPECT_EXIT(InWorker([] { throw 1; }), ExitedWithCode(2),
//                   Report("panic: exception of type int\n", ""));
//     }

#ifndef GOSLING_TESTS_CRASH_CRASH_TESTING_H_
#define GOSLING_TESTS_CRASH_CRASH_TESTING_H_

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "sched/gpool.h"
#include "sched/sched.h"
#include "sched/world.h"
#include "tests/children.h"
#include "tests/go_test.h"

// For the ends of functions that are looked for in stacks: it keeps their calls
// from becoming jumps.
#define KEEP_FRAME() asm volatile("" : : : "memory")

// The line of an address: where the system tells which file it is from, also its
// place there.
#if defined(__linux__)
#define ADDRESS "\t0x[0-9a-f]+( [^ \n]+\\+0x[0-9a-f]+)?\n"
#define ADDRESS_OF_PROGRAM "\t0x[0-9a-f]+ [^ \n]+\\+0x[0-9a-f]+\n"
#else
#define ADDRESS "\t0x[0-9a-f]+\n"
#define ADDRESS_OF_PROGRAM ADDRESS
#endif

// The text between a function's name and the next one's.
#define AT "[^\n]*\n" ADDRESS

// A fault is the sanitizer's to report, which handled it before the runtime
// did.
#define SKIP_IF_FAULTS_ARE_THE_SANITIZERS() \
  if (kSanitized) GTEST_SKIP() << "the sanitizer reports faults itself"

// SKIP_IF_TERMINATE_ENDS_THE_STACK is for tests that look at the stack of an
// uncaught exception. On arm libstdc++ has no unwind table for std::terminate
// ("cantunwind"), so nothing is known of what threw.
#if defined(__arm__) && !defined(__APPLE__)
#define SKIP_IF_TERMINATE_ENDS_THE_STACK() \
  GTEST_SKIP() << "std::terminate cannot be unwound on arm"
#else
#define SKIP_IF_TERMINATE_ENDS_THE_STACK()
#endif

// Names to be found in stacks.
extern "C" {

[[gnu::noinline]] inline void crash_test_write(std::uintptr_t address) {
  *reinterpret_cast<volatile int*>(address) = 1;
  KEEP_FRAME();
}

[[gnu::noinline]] inline void crash_test_receive(gosling::Chan<int> c) {
  c.Recv();
  KEEP_FRAME();
}

[[gnu::noinline]] inline int crash_test_dig(volatile char* above) {
  volatile char here[512];
  here[0] = above[0];
  const int depth = here[0] != 0 ? 0 : crash_test_dig(here);
  return depth + here[0];
}

[[gnu::noinline]] inline void crash_test_overflow() {
  volatile char bottom = 0;
  crash_test_dig(&bottom);
  KEEP_FRAME();
}

}  // extern "C"

namespace gosling {

// CrashTest is a death test at several values of GOMAXPROCS.
class CrashTest : public FreshDeathTest,
                  public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    IgnoreNoSignals();
    ::setenv("GOMAXPROCS", std::to_string(GetParam()).c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("GOMAXPROCS");
    ::unsetenv("GOTRACEBACK");
  }
};

// LimitChild gives a child limited time, no core dump, and the dispositions of a
// program that is run by hand.
inline void LimitChild() {
  ::alarm(kSanitized ? 120 : 30);
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGQUIT, SIG_DFL);
}

// Child is a child's program, with `main` as its main goroutine.
template <class F>
void Child(F&& main) {
  LimitChild();
  gosling::Run(std::forward<F>(main));
}

// SpawnWorker starts f as a goroutine named "worker".
template <class F>
[[gnu::noinline]] void SpawnWorker(F f) {
  Go(GoOptions{.name = "worker", .stack_size = 128 * 1024}, f);
  KEEP_FRAME();
}

// InWorker runs f in a goroutine of that name while main waits.
template <class F>
void InWorker(F f) {
  Child([f] {
    SpawnWorker(f);
    Select();
  });
}

inline constexpr char kWorkerRuns[] =
    "goroutine [0-9]+ \\[running\\] \"worker\":\n";
inline constexpr char kCreated[] =
    "created by [^\n]*SpawnWorker" AT;  // "in goroutine 1" is in [^\n]*

// Part of a signal's report that is not also a panic's; si_code follows.
inline constexpr char kWhere[] = "PC=0x[0-9a-f]+ m=-?[0-9]+ sigcode=";

// The end of a signal's report.
inline constexpr char kRegisters[] = "\n([a-z0-9]+ +0x[0-9a-f]+\n){10,}";

// Report matches the report of a worker's crash: its words, the frames of its
// stack and the text after the stack.
inline std::string Report(const std::string& words, const std::string& frames,
                          const std::string& end = "") {
  return "^" + words + "\n" + kWorkerRuns + frames + ".*" + kCreated + end +
         "$";
}

inline constexpr char kDeadlock[] =
    "^fatal error: all goroutines are asleep - deadlock!\n";

// The beginning of SIGQUIT's report; si_code follows.
inline const std::string kQuit = std::string("^SIGQUIT: quit\n") + kWhere;

// AwaitWaiting returns when n goroutines wait for good.
inline void AwaitWaiting(int n) {
  for (int waiting = 0; waiting < n;) {
    runtime::Gosched();
    waiting = 0;
    sched::StoppedWorld world;
    sched::gpool.ForEach(
        [](sched::G* g, void* count) {
          if (g->status.load() == sched::GStatus::kWaiting &&
              g->on_cpu.load() == 0 && !g->HasFlag(sched::kGSystem) &&
              !g->HasFlag(sched::kGAbandoned)) {
            (*static_cast<int*>(count))++;
          }
        },
        &waiting);
  }
}

}  // namespace gosling

#endif  // GOSLING_TESTS_CRASH_CRASH_TESTING_H_
