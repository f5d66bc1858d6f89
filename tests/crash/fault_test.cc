// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a fault is reported: a signal that the kernel raises for what a goroutine did.

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "arch/arch.h"
#include "sched/proc.h"
#include "tests/crash/crash_testing.h"
#include "tests/emulated.h"
#include "tests/go_test.h"

extern "C" {

[[gnu::noinline]] void crash_test_divide(int by) {
  volatile int number = 7;
  number = number / by;
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_illegal() {
#if defined(__aarch64__)  // whose __builtin_trap is a breakpoint
  asm volatile(".inst 0");
#else
  __builtin_trap();
#endif
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_call(void (*function)()) {
  function();
  KEEP_FRAME();
}

[[gnu::noinline]] void crash_test_call_call(void (*function)()) {
  crash_test_call(function);
  KEEP_FRAME();
}

}  // extern "C"

namespace gosling {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

constexpr char kInstruction[] = "instruction bytes:( 0x[0-9a-f]{1,2}){1,16}\n";

// Whether the CPU minds a division by zero.
#if defined(__i386__) || defined(__x86_64__)
constexpr bool kDivisionFaults = true;
#else
constexpr bool kDivisionFaults = false;
#endif

class FaultDeathTest : public CrashTest {
 protected:
  void SetUp() override {
    SKIP_IF_FAULTS_ARE_THE_SANITIZERS();
    CrashTest::SetUp();
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, FaultDeathTest, kProcs, ProcsName);

std::string Signal(const std::string& name, const std::string& addr) {
  return "\\[signal " + name + " code=0x[0-9a-f]+ addr=" + addr +
         " pc=0x[0-9a-f]+\\]\n";
}

std::string FaultReport(const std::string& words, const std::string& frames) {
  return Report(words, frames, kRegisters);
}

TEST_P(FaultDeathTest, NilPointer) {
  EXPECT_EXIT(InWorker([] { crash_test_write(16); }), ExitedWithCode(2),
              FaultReport("fatal error: invalid memory address or nil pointer "
                          "dereference\n" +
                              Signal("SIGSEGV: segmentation violation", "0x10"),
                          "crash_test_write" AT));
}

TEST_P(FaultDeathTest, WildPointer) {
  EXPECT_EXIT(
      InWorker([] { crash_test_write(0x123456); }), ExitedWithCode(2),
      FaultReport("unexpected fault address 0x123456\nfatal error: fault\n" +
                      Signal("SIGSEGV: segmentation violation", "0x123456"),
                  "crash_test_write" AT));
}

TEST_P(FaultDeathTest, NullFunction) {
  EXPECT_EXIT(InWorker([] { crash_test_call(nullptr); }), ExitedWithCode(2),
              FaultReport("fatal error: invalid memory address or nil pointer "
                          "dereference\n" +
                              Signal("SIGSEGV: segmentation violation", "0x0"),
                          "crash_test_call" AT));
}

TEST_P(FaultDeathTest, DivisionByZero) {
  if (!kDivisionFaults) GTEST_SKIP() << "not a fault on this CPU";
  EXPECT_EXIT(InWorker([] { crash_test_divide(0); }), ExitedWithCode(2),
              FaultReport("fatal error: integer divide by zero\n" +
                              Signal("SIGFPE: floating-point exception",
                                     "0x[0-9a-f]+") +
                              kInstruction,
                          "crash_test_divide" AT));
}

TEST_P(FaultDeathTest, IllegalInstruction) {
  EXPECT_EXIT(InWorker([] { crash_test_illegal(); }), ExitedWithCode(2),
              FaultReport("SIGILL: illegal instruction\n" +
                              std::string(kWhere) + "[0-9]+\n" + kInstruction,
                          "crash_test_illegal" AT));
}

// The unwinder knows nothing of the page, but frame pointers lead out of it.
TEST_P(FaultDeathTest, CodeWithoutUnwindTables) {
  if (!arch::kFramesAreLinked) {
    GTEST_SKIP() << "nothing else leads out on this CPU";
  }
#if defined(__aarch64__)
  static constexpr unsigned char kIllegal[] = {0, 0, 0, 0};
#else
  static constexpr unsigned char kIllegal[] = {0x0f, 0x0b};
#endif
  EXPECT_EXIT(InWorker([] {
                void* code =
                    ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                std::memcpy(code, kIllegal, sizeof kIllegal);
                crash_test_call_call(reinterpret_cast<void (*)()>(code));
              }),
              ExitedWithCode(2),
              FaultReport("SIGILL: illegal instruction\n" +
                              std::string(kWhere) + "[0-9]+\n" + kInstruction,
                          "\\?\n\t0x[0-9a-f]+\n.*crash_test_call_call" AT));
}

// A page of a file that has become shorter.
TEST_P(FaultDeathTest, BusError) {
  if (sizeof(void*) == 4) SKIP_IF_EMULATED("names the page above");
  EXPECT_EXIT(
      InWorker([] {
        const int fd = ::fileno(std::tmpfile());
        void* page =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        crash_test_write(reinterpret_cast<std::uintptr_t>(page));
      }),
      ExitedWithCode(2),
      FaultReport("unexpected fault address 0x[0-9a-f]+\nfatal error: fault\n" +
                      Signal("SIGBUS: bus error", "0x[0-9a-f]+"),
                  "crash_test_write" AT));
}

TEST_P(FaultDeathTest, OnTheSystemStack) {
  EXPECT_EXIT(
      InWorker([] { runtime::OnSystemStack([] { crash_test_write(0); }); }),
      ExitedWithCode(2),
      FaultReport("fatal error: [^\n]*\n\\[signal[^\n]*\n",
                  "crash_test_write" AT));
}

// The runtime's own code, on g0: its thread has no goroutine then.
TEST_P(FaultDeathTest, OfAnM) {
  EXPECT_EXIT(Child([] {
                sched::CurrentM()->curg = &sched::CurrentM()->g0;
                crash_test_write(0);
              }),
              ExitedWithCode(2),
              std::string("^SIGSEGV: segmentation violation\n") + kWhere +
                  "[0-9]+ addr=0x0\n\ngoroutine 0 \\[idle\\]:\n"
                  "crash_test_write" AT);
}

TEST_P(FaultDeathTest, OfAnotherGoroutinesGuardIsNoOverflow) {
  EXPECT_EXIT(
      Child([] {
        char* lo = sched::CurrentG()->stack.lo;
        SpawnWorker([lo] {
          crash_test_write(reinterpret_cast<std::uintptr_t>(lo) - 8);
        });
        Select();
      }),
      ExitedWithCode(2),
      FaultReport("unexpected fault address 0x[0-9a-f]+\nfatal error: fault\n"
                  "[^\n]*\n",
                  "crash_test_write" AT));
}

// A thread that is not ours crashes as it would without the runtime.
TEST_P(FaultDeathTest, OfAThread) {
  EXPECT_EXIT(Child([] { std::thread([] { crash_test_write(0); }).join(); }),
              KilledBySignal(SIGSEGV), NoWords());
  EXPECT_EXIT(Child([] {
                std::thread([] {
                  runtime::Gosched();  // known to the runtime now
                  crash_test_illegal();
                }).join();
              }),
              KilledBySignal(SIGILL), NoWords());
}

// The signal of a fault, sent by a program, is no fault.
TEST_P(FaultDeathTest, SentBySomebodyDoesWhatItDid) {
  for (int sig : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    EXPECT_EXIT(Child([sig] { ::raise(sig); }), KilledBySignal(sig), NoWords());
  }
}

TEST_P(FaultDeathTest, IsForTheHandlerThatWasThereFirst) {
  auto handle = [](int sig) {
    ::signal(sig, [](int got) { ::_exit(10 + got); });
  };
  EXPECT_EXIT((handle(SIGSEGV), InWorker([] { crash_test_write(0); })),
              ExitedWithCode(10 + SIGSEGV), "^$");
  if (kDivisionFaults) {
    EXPECT_EXIT((handle(SIGFPE), InWorker([] { crash_test_divide(0); })),
                ExitedWithCode(10 + SIGFPE), "^$");
  }
  EXPECT_EXIT((handle(SIGILL), InWorker([] { crash_test_illegal(); })),
              ExitedWithCode(10 + SIGILL), "^$");
  // All but overflow, which the runtime alone knows of.
  EXPECT_EXIT((handle(SIGSEGV), InWorker([] { crash_test_overflow(); })),
              ExitedWithCode(2), "fatal error: stack overflow\n");
}

TEST_P(FaultDeathTest, IsToldWithNotifyInForce) {
  EXPECT_EXIT(InWorker([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c);
                crash_test_write(0);
              }),
              ExitedWithCode(2),
              FaultReport("fatal error: [^\n]*\n\\[signal SIGSEGV[^\n]*\n",
                          "crash_test_write" AT));
}

}  // namespace
}  // namespace gosling
