// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which stacks a report shows, and how much of each.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#if defined(__linux__)
#include <gnu/libc-version.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/debugging/stacktrace.h"
#include "absl/debugging/symbolize.h"
#include "runtime/testing/lines.h"
#include "sched/os/code_file.h"
#include "sched/os/os.h"
#include "sched/sysmon.h"
#include "tests/children.h"
#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

extern "C" {

// Appends the names of the functions that frame pointers lead to, from the
// caller on.
[[gnu::noinline]] void crash_test_trace(std::string* names) {
  void* pcs[32];
  const int n = absl::GetStackTrace(pcs, 32, 0);
  for (int i = 0; i < n; i++) {
    char name[256];
    if (absl::Symbolize(pcs[i], name, sizeof name)) *names += name;
  }
}

[[gnu::noinline]] void crash_test_receive_and_trace(gosling::Chan<int> c,
                                                    std::string* names) {
  c.Recv();
  crash_test_trace(names);
  KEEP_FRAME();
}

}  // extern "C"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class TracebackDeathTest : public CrashTest {
 protected:
  static void Set(const char* value) { ::setenv("GOTRACEBACK", value, 1); }
  // PanicBesideAnother crashes in "worker" while "other" waits.
  static void PanicBesideAnother() {
    Child([] {
      Go(GoOptions{.name = "other"},
         [] { crash_test_receive(MakeChan<int>()); });
      AwaitWaiting(1);
      SpawnWorker([] { throw Panic("words"); });
      Select();
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, TracebackDeathTest, kProcs, ProcsName);

#if defined(__linux__)
// What follows the address is what addr2line wants: the loader, asked, says the
// same of the program and of a library.
TEST(CodeFile, PlaceInFileIsTheAddressThatTheFileHas) {
  void (*ours)(std::string*) = crash_test_trace;
  auto* const libcs = ::gnu_get_libc_version;
  for (const auto pc : {reinterpret_cast<std::uintptr_t>(ours),
                        reinterpret_cast<std::uintptr_t>(libcs)}) {
    std::string said = testing::AddressIn(pc);
    said.erase(0, said.rfind('/') + 1);
    sched::CodePlace place;
    ASSERT_TRUE(sched::CanReadCodeFile(pc));
    ASSERT_TRUE(sched::PlaceInFile(pc, &place));
    char number[32];
    std::snprintf(number, sizeof number, "+0x%zx",
                  static_cast<std::size_t>(place.at));
    EXPECT_EQ(place.file + std::string(number), said);
  }
}

TEST(CodeFile, OfNoFileThereIsNoPlace) {
  int on_the_stack = 0;
  const auto at = reinterpret_cast<std::uintptr_t>(&on_the_stack);
  sched::CodePlace place;
  sched::CanReadCodeFile(at);
  EXPECT_FALSE(sched::PlaceInFile(at, &place));
}
#endif

TEST_P(TracebackDeathTest, NoneShowsNoStack) {
  Set("none");
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), "^panic: words\n$");
  EXPECT_EXIT(Child([] { Select(); }), ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n$");
  EXPECT_EXIT(Child([] { ::raise(SIGQUIT); }), ExitedWithCode(2),
              kQuit + "-6\n$");
}

TEST_P(TracebackDeathTest, SingleShowsTheOneThatDied) {
  for (const char* value : {"single", ""}) {
    Set(value);
    EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2),
                Report("panic: words\n", "([^g][^\n]*\n)*"));
  }
}

TEST_P(TracebackDeathTest, AllShowsTheOthersToo) {
  Set("all");
  const std::string all =
      std::string("^panic: words\n\n") + kWorkerRuns +
      ".*\n\ngoroutine [0-9]+ \\[chan receive\\] \"other\":\n.*"
      "crash_test_receive" AT;
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), all);
  Set("1");
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), all);
}

// Go: goroutineheader.
TEST_P(TracebackDeathTest, SystemSaysWhereTheObjectsAre) {
  Set("system");
  EXPECT_EXIT(
      PanicBesideAnother(), ExitedWithCode(2),
      "^panic: words\n\n"
      "goroutine [0-9]+ gp=0x[0-9a-f]+ m=[0-9]+ mp=0x[0-9a-f]+ \\[running\\] "
      "\"worker\":\n.*"
      "\ngoroutine [0-9]+ gp=0x[0-9a-f]+ m=nil \\[chan receive\\] "
      "\"other\":\n");
}

TEST_P(TracebackDeathTest, SystemShowsTheRuntimesOwn) {
  Set("system");
  EXPECT_EXIT(Child([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c, SIGUSR1);
                throw Panic("words");
              }),
              ExitedWithCode(2), "^panic: words\n.*\"signal receiver\"");
}

TEST_P(TracebackDeathTest, CrashDumpsCore) {
  Set("crash");
  EXPECT_EXIT(PanicBesideAnother(), KilledBySignal(SIGABRT),
              "^panic: words\n.*\"other\"");
  EXPECT_EXIT(Child([] { ::raise(SIGQUIT); }), KilledBySignal(SIGABRT), kQuit);
  if (kSanitized) return;
  EXPECT_EXIT(InWorker([] { crash_test_write(0); }), KilledBySignal(SIGABRT),
              "^fatal error: .*crash_test_write");
}

TEST_P(TracebackDeathTest, SaysWhatItTakes) {
  for (const char* value : {"some", "3", "ALL", " "}) {
    Set(value);
    EXPECT_EXIT(Child([] {}), ExitedWithCode(2),
                "^fatal error: GOTRACEBACK=[^\n]*: must be none, single, all, "
                "system or crash\n$");
  }
}

// --- Many goroutines ---

class ManyTest : public CrashTest {
 protected:
  static constexpr int kGoroutines = kSanitized ? 2'000 : kManyGoroutines;
  static void StartMany() {
    Chan<int> never = MakeChan<int>();
    for (int i = 0; i < kGoroutines; i++) {
      Go([never] { crash_test_receive(never); });
    }
    AwaitWaiting(kGoroutines);
  }
  static std::string More(int shown_besides) {
    return "\n…and " + std::to_string(kGoroutines - 100 + shown_besides) +
           " more goroutines\n";
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, ManyTest, kProcs, ProcsName);

TEST_P(ManyTest, AHundredStacksAreShownAndTheRestCounted) {
  EXPECT_EXIT((Child([] {
                 StartMany();
                 const std::string text = runtime::Stack(true);
                 int headers = 0;
                 for (std::size_t at = text.find("goroutine ");
                      at != std::string::npos;
                      at = text.find("\ngoroutine ", at + 1)) {
                   headers++;
                 }
                 EXPECT_EQ(headers, 101);
                 EXPECT_LT(text.size(), std::size_t{1} << 20);
                 std::fputs(text.c_str(), stderr);
               }),
               ::_exit(ChildStatus())),
              ExitedWithCode(0), More(0) + "$");
}

TEST_P(ManyTest, DieInBoundedWords) {
  EXPECT_EXIT(Child([] {
                StartMany();
                ::raise(SIGQUIT);
              }),
              ExitedWithCode(2), More(0) + kRegisters + "$");
  EXPECT_EXIT(Child([] {
                StartMany();
                Select();
              }),
              ExitedWithCode(2), More(1) + "$");
}

// --- What a dump says of one that waits ---

class TracebackTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, TracebackTest, kProcs, ProcsName);

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_P(TracebackTest, MinutesOfWaiting) {
  EXPECT_EXIT(
      {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
        Run([] {
          Chan<int> c = MakeChan<int>();
          Chan<int> back = MakeChan<int>();
          Go(GoOptions{.name = "waiter"}, [=] {
            c.Recv();
            back.Send(1);
            c.Recv();
            back.Send(2);
          });
          AwaitWaiting(1);
          // As if sysmon had come by then.
          sched::StampWaits(sched::os::Nanotime() - 185'000'000'000);
          EXPECT_TRUE(Has(runtime::Stack(true),
                          "[chan receive, 3 minutes] \"waiter\":\n"));
          c.Send(0);
          back.Recv();
          AwaitWaiting(1);
          EXPECT_TRUE(Has(runtime::Stack(true), "[chan receive] \"waiter\":\n"))
              << "it has not waited for that long, nor for the same";
          c.Send(0);
          back.Recv();
        });
        ::_exit(ChildStatus());
      },
      ExitedWithCode(0), "");
}

// From park back to the user's code and to the end of the stack, by the
// ordinary unwinder and by frame pointers.
TEST_P(TracebackTest, FramesGoThroughThePark) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Go([c] { crash_test_receive(c); });
    AwaitWaiting(1);
    const std::string text = runtime::Stack(true);
    const std::size_t park = text.find("::Park");  // …Committed, …Slow
    const std::size_t user = text.find("crash_test_receive");
    const std::size_t first = text.rfind("GoroutineEntry");
    EXPECT_LT(park, user);
    EXPECT_LT(user, first);
    EXPECT_NE(first, std::string::npos);
    c.Close();
  });
}

TEST_P(TracebackTest, AbseilWalksAGoroutinesStack) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Chan<int> done = MakeChan<int>();
    std::string names;
    Go([=, &names] {
      crash_test_receive_and_trace(c, &names);
      done.Close();
    });
    c.Send(1);
    done.Recv();
    EXPECT_TRUE(Has(names, "crash_test_receive_and_trace")) << names;
    EXPECT_TRUE(Has(names, "GoroutineEntry")) << names;
  });
}

}  // namespace
}  // namespace gosling
