// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a death is told: panics, stack overflows, faults, SIGQUIT, deadlocks, and
// what GOTRACEBACK makes of them. Each is played in a child process that starts
// from nothing; the words and the exit status are what is looked at.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/debugging/stacktrace.h"
#include "absl/debugging/symbolize.h"
#include "arch/arch.h"
#include "sched/debug.h"
#include "sched/gpool.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/stack.h"
#include "tests/go_test.h"
#include "tests/unwinding.h"

// Names to be found in stacks. The bodies end in something that keeps the calls
// from becoming jumps.
#define KEEP_FRAME() asm volatile("" : : : "memory")

extern "C" {

[[gnu::noinline]] void death_test_throw() {
  throw std::out_of_range("no sixth");
  KEEP_FRAME();
}

// Of libc's functions a stack may lack all, and who called them.
[[gnu::noinline]] void death_test_raise_inside(int signo) {
  ::raise(signo);
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_raise(int signo) {
  death_test_raise_inside(signo);
  KEEP_FRAME();
}

[[gnu::noinline]] int death_test_dig(volatile char* above) {
  volatile char here[512];
  here[0] = above[0];
  const int depth = here[0] != 0 ? 0 : death_test_dig(here);
  return depth + here[0];
}

[[gnu::noinline]] void death_test_overflow() {
  volatile char bottom = 0;
  death_test_dig(&bottom);
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_write(std::uintptr_t address) {
  *reinterpret_cast<volatile int*>(address) = 1;
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_divide(int by) {
  volatile int number = 7;
  number = number / by;
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_illegal() {
#if defined(__aarch64__)  // whose __builtin_trap is a breakpoint
  asm volatile(".inst 0");
#else
  __builtin_trap();
#endif
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_call(void (*function)()) {
  function();
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_call_call(void (*function)()) {
  death_test_call(function);
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_receive(gosling::Chan<int> c) {
  c.Recv();
  KEEP_FRAME();
}

// The names of the functions that frame pointers lead to, from the caller on.
[[gnu::noinline]] std::string death_test_trace() {
  void* pcs[32];
  const int n = absl::GetStackTrace(pcs, 32, 0);
  std::string names;
  for (int i = 0; i < n; i++) {
    char name[256];
    if (absl::Symbolize(pcs[i], name, sizeof name)) names += name;
  }
  return names;
}

[[gnu::noinline]] void death_test_receive_and_trace(gosling::Chan<int> c,
                                                    std::string* names) {
  c.Recv();
  *names = death_test_trace();
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_unlock() {
  gosling::sync::Mutex().Unlock();
  KEEP_FRAME();
}

[[gnu::noinline]] void death_test_compute(std::atomic<bool>* computing) {
  computing->store(true);
  for (;;) KEEP_FRAME();
}
}

namespace gosling {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

// What stands between a function's name and the next one's.
#define AT "[^\n]*\n\t0x[0-9a-f]+\n"

// A fault is the sanitizer's to report, which handled it before the runtime
// did.
#define SKIP_IF_FAULTS_ARE_THE_SANITIZERS() \
  if (kSanitized) GTEST_SKIP() << "the sanitizer reports faults itself"

class DeathTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    IgnoreNoSignals();
    ::setenv("GOMAXPROCS", std::to_string(GetParam()).c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("GOMAXPROCS");
    ::unsetenv("GOTRACEBACK");
  }
};

// Child is the main of a child: in limited time, without a core dump, and with
// the dispositions of a program that is run by hand.
template <class F>
void Child(F&& main) {
  ::alarm(kSanitized ? 120 : 30);
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGQUIT, SIG_DFL);
  gosling::Run(std::forward<F>(main));
}

// Spawn starts f as a goroutine named "worker".
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

constexpr char kWorkerRuns[] = "goroutine [0-9]+ \\[running\\] \"worker\":\n";
constexpr char kCreated[] =
    "created by [^\n]*SpawnWorker" AT;  // "in goroutine 1" is in [^\n]*

// Whether the CPU minds a division by zero.
#if defined(__i386__) || defined(__x86_64__)
constexpr bool kDivisionFaults = true;
#else
constexpr bool kDivisionFaults = false;
#endif

// What the report of a signal ends with.
constexpr char kRegisters[] = "\n([a-z0-9]+ +0x[0-9a-f]+\n){10,}";

std::string Told(const std::string& words, const std::string& frames,
                 const std::string& end = "") {
  return "^" + words + "\n" + kWorkerRuns + frames + ".*" + kCreated + end +
         "$";
}

// --- Panics ---

class PanicDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, PanicDeathTest, kProcs, ProcsName);

TEST_P(PanicDeathTest, HasTypeWordsStackAndOrigin) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(
      InWorker([] { death_test_throw(); }), ExitedWithCode(2),
      Told("panic: std::out_of_range: no sixth\n", ".*death_test_throw" AT));
}

TEST_P(PanicDeathTest, GosWordsStandAlone) {
  EXPECT_EXIT(InWorker([] {
                Chan<int> c = MakeChan<int>();
                c.Close();
                c.Close();
              }),
              ExitedWithCode(2), Told("panic: close of closed channel\n", ""));
}

TEST_P(PanicDeathTest, SaysWhichGoroutineMadeIt) {
  EXPECT_EXIT(InWorker([] { throw 1; }), ExitedWithCode(2),
              "SpawnWorker[^\n]* in goroutine [0-9]+\n\t0x[0-9a-f]+\n$");
}

TEST_P(PanicDeathTest, OfAThreadsGoroutineNamesNoGoroutine) {
  EXPECT_EXIT(Child([] {
                std::thread([] { SpawnWorker([] { throw 1; }); }).join();
                Select();
              }),
              ExitedWithCode(2), "SpawnWorker[^\n]*\\(\\)\n\t0x[0-9a-f]+\n$");
}

TEST_P(PanicDeathTest, OfMainHasNoOrigin) {
  EXPECT_EXIT(
      Child([] { throw Panic("misuse"); }), ExitedWithCode(2),
      "^panic: misuse\n\ngoroutine [0-9]+ \\[running\\]:\n([^c][^\n]*\n)*$");
}

TEST_P(PanicDeathTest, LinesOfTheWordsAreIndented) {
  EXPECT_EXIT(InWorker([] {
                throw Panic("first\ngoroutine 1 [running]:\n" +
                            std::string(5000, 'x') + "\nlast");
              }),
              ExitedWithCode(2),
              "^panic: first\n\tgoroutine 1 \\[running\\]:\n\tx*x\n\tlast\n\n");
}

// --- Panics during panics ---

struct WhatThrows : std::exception {
  // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
  const char* what() const noexcept override {
    std::rethrow_exception(std::make_exception_ptr(1));
  }
};

TEST_P(PanicDeathTest, WhatThrows) {
  SKIP_IF_TERMINATE_ENDS_THE_STACK();
  EXPECT_EXIT(InWorker([] { throw WhatThrows(); }), ExitedWithCode(2),
              Told("panic: [^\n]*WhatThrows: \npanic during panic\n",
                   ".*WhatThrows::what"));
}

struct WhatFaults : std::exception {
  const char* what() const noexcept override {
    death_test_write(0);
    return "";
  }
};

TEST_P(PanicDeathTest, WhatFaults) {
  SKIP_IF_FAULTS_ARE_THE_SANITIZERS();
  EXPECT_EXIT(InWorker([] { throw WhatFaults(); }), ExitedWithCode(2),
              Told("panic: [^\n]*WhatFaults: \npanic during panic\n"
                   "fatal error: invalid memory address or nil pointer "
                   "dereference\n\\[signal SIGSEGV[^\n]*\\]\n",
                   "death_test_write" AT, kRegisters));
}

// g++ finds at the first throw already that nobody will be left to catch it.
TEST_P(PanicDeathTest, ADestructorThrowsWhileAnotherExceptionUnwinds) {
  struct Bomb {
    // NOLINTNEXTLINE(bugprone-exception-escape): that is the test
    ~Bomb() { death_test_throw(); }
  };
  EXPECT_EXIT(InWorker([] {
                try {
                  const Bomb bomb;
                  throw std::runtime_error("first");
                } catch (...) {
                }
              }),
              ExitedWithCode(2),
              Told("panic: std::(out_of_range|runtime_error): .*\n", ""));
}

struct WhatLetsMainGo : std::exception {
  static inline std::atomic<bool> told{false};
  const char* what() const noexcept override {
    told.store(true);
    ::usleep(100'000);  // Run returns meanwhile, unless it waits
    return "slow";
  }
};

// Go: TestPanicRace.
TEST_P(PanicDeathTest, MainThatReturnsWaitsForTheStory) {
  EXPECT_EXIT(
      {
        Child([] {
          SpawnWorker([] { throw WhatLetsMainGo(); });
          while (!WhatLetsMainGo::told.load()) runtime::Gosched();
        });
        ::_exit(0);
      },
      ExitedWithCode(2), Told("panic: [^\n]*WhatLetsMainGo: slow\n", ""));
}

TEST_P(PanicDeathTest, OfManyAtOnceOneIsTold) {
  EXPECT_EXIT(Child([] {
                for (int i = 0; i < 50; i++) {
                  SpawnWorker([] { throw std::runtime_error("all"); });
                }
                Select();
              }),
              ExitedWithCode(2),
              "^panic: std::runtime_error: all\n\ngoroutine [^:]*:\n"
              "([^p][^\n]*\n)*$");
}

// --- Stack overflow ---

class OverflowDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, OverflowDeathTest, kProcs, ProcsName);

constexpr char kOverflow[] =
    "runtime: goroutine [0-9]+ \"worker\" exceeds its stack of 128 KiB "
    "\\(GoOptions::stack_size sets it\\)\nfatal error: stack overflow\n";

// 50 frames from either end.
std::string DeepFrames() {
  return "(death_test_dig" AT
         "){40,50}\\.\\.\\.[0-9]+ frames elided\\.\\.\\.\n"
         "(death_test_dig" AT "){30,49}.*death_test_overflow" AT;
}

TEST_P(OverflowDeathTest, HasNameSizeAndBothEnds) {
  EXPECT_EXIT(InWorker([] { death_test_overflow(); }), ExitedWithCode(2),
              Told(kOverflow, kSanitized ? "" : DeepFrames()));
}

TEST_P(OverflowDeathTest, OnAGuardByMprotect) {
  EXPECT_EXIT(
      {
        sched::StackResetForTest(sched::GuardMode::kMprotect, -1);
        InWorker([] { death_test_overflow(); });
      },
      ExitedWithCode(2), Told(kOverflow, kSanitized ? "" : DeepFrames()));
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

// --- Faults ---

class FaultDeathTest : public DeathTest {
 protected:
  void SetUp() override {
    SKIP_IF_FAULTS_ARE_THE_SANITIZERS();
    DeathTest::SetUp();
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, FaultDeathTest, kProcs, ProcsName);

std::string Signal(const std::string& name, const std::string& addr) {
  return "\\[signal " + name + " code=0x[0-9a-f]+ addr=" + addr +
         " pc=0x[0-9a-f]+\\]\n";
}

std::string FaultTold(const std::string& words, const std::string& frames) {
  return Told(words, frames, kRegisters);
}

TEST_P(FaultDeathTest, NilPointer) {
  EXPECT_EXIT(InWorker([] { death_test_write(16); }), ExitedWithCode(2),
              FaultTold("fatal error: invalid memory address or nil pointer "
                        "dereference\n" +
                            Signal("SIGSEGV: segmentation violation", "0x10"),
                        "death_test_write" AT));
}

TEST_P(FaultDeathTest, WildPointer) {
  EXPECT_EXIT(
      InWorker([] { death_test_write(0x123456); }), ExitedWithCode(2),
      FaultTold("unexpected fault address 0x123456\nfatal error: fault\n" +
                    Signal("SIGSEGV: segmentation violation", "0x123456"),
                "death_test_write" AT));
}

TEST_P(FaultDeathTest, NullFunction) {
  EXPECT_EXIT(InWorker([] { death_test_call(nullptr); }), ExitedWithCode(2),
              FaultTold("fatal error: invalid memory address or nil pointer "
                        "dereference\n" +
                            Signal("SIGSEGV: segmentation violation", "0x0"),
                        "death_test_call" AT));
}

TEST_P(FaultDeathTest, DivisionByZero) {
  if (!kDivisionFaults) GTEST_SKIP() << "not a fault on this CPU";
  EXPECT_EXIT(
      InWorker([] { death_test_divide(0); }), ExitedWithCode(2),
      FaultTold("fatal error: integer divide by zero\n" +
                    Signal("SIGFPE: floating-point exception", "0x[0-9a-f]+"),
                "death_test_divide" AT));
}

TEST_P(FaultDeathTest, IllegalInstruction) {
  EXPECT_EXIT(
      InWorker([] { death_test_illegal(); }), ExitedWithCode(2),
      FaultTold("fatal error: illegal instruction\n" +
                    Signal("SIGILL: illegal instruction", "0x[0-9a-f]+"),
                "death_test_illegal" AT));
}

// The unwinder knows nothing of the page, but frame pointers lead out of it.
TEST_P(FaultDeathTest, CodeWithoutUnwindTables) {
  if (!arch::kFramesAreLinked) {
    GTEST_SKIP() << "nothing else leads out on this CPU";
  }
  EXPECT_EXIT(
      InWorker([] {
#if defined(__aarch64__)
        constexpr unsigned char kIllegal[] = {0, 0, 0, 0};
#else
        constexpr unsigned char kIllegal[] = {0x0f, 0x0b};
#endif
        void* code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memcpy(code, kIllegal, sizeof kIllegal);
        death_test_call_call(reinterpret_cast<void (*)()>(code));
      }),
      ExitedWithCode(2),
      FaultTold("fatal error: illegal instruction\n" +
                    Signal("SIGILL: illegal instruction", "0x[0-9a-f]+"),
                "\\?\n\t0x[0-9a-f]+\n.*death_test_call_call" AT));
}

// A page of a file that has become shorter.
TEST_P(FaultDeathTest, BusError) {
  if (sizeof(void*) == 4) SKIP_IF_EMULATED("names the page above");
  EXPECT_EXIT(
      InWorker([] {
        const int fd = ::fileno(std::tmpfile());
        void* page =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        death_test_write(reinterpret_cast<std::uintptr_t>(page));
      }),
      ExitedWithCode(2),
      FaultTold("unexpected fault address 0x[0-9a-f]+\nfatal error: fault\n" +
                    Signal("SIGBUS: bus error", "0x[0-9a-f]+"),
                "death_test_write" AT));
}

TEST_P(FaultDeathTest, OnTheSystemStack) {
  EXPECT_EXIT(
      InWorker([] { runtime::OnSystemStack([] { death_test_write(0); }); }),
      ExitedWithCode(2),
      FaultTold("fatal error: [^\n]*\n\\[signal[^\n]*\n",
                "death_test_write" AT));
}

// The runtime's own code, on g0: its thread has no goroutine then.
TEST_P(FaultDeathTest, OfAnM) {
  EXPECT_EXIT(Child([] {
                sched::CurrentM()->curg = &sched::CurrentM()->g0;
                death_test_write(0);
              }),
              ExitedWithCode(2),
              "^fatal error: unexpected signal during runtime execution\n"
              "\\[signal SIGSEGV[^\n]*\n\ngoroutine 0 \\[idle\\]:\n"
              "death_test_write" AT);
}

TEST_P(FaultDeathTest, OfAnotherGoroutinesGuardIsNoOverflow) {
  EXPECT_EXIT(
      Child([] {
        char* lo = sched::CurrentG()->stack.lo;
        SpawnWorker([lo] {
          death_test_write(reinterpret_cast<std::uintptr_t>(lo) - 8);
        });
        Select();
      }),
      ExitedWithCode(2),
      FaultTold("unexpected fault address 0x[0-9a-f]+\nfatal error: fault\n"
                "[^\n]*\n",
                "death_test_write" AT));
}

// A thread that is not ours dies as it would without the runtime.
TEST_P(FaultDeathTest, OfAThread) {
  EXPECT_EXIT(Child([] { std::thread([] { death_test_write(0); }).join(); }),
              KilledBySignal(SIGSEGV), NoWords());
  EXPECT_EXIT(Child([] {
                std::thread([] {
                  runtime::Gosched();  // known to the runtime now
                  death_test_illegal();
                }).join();
              }),
              KilledBySignal(SIGILL), NoWords());
}

// The signal of a fault, sent by somebody, is no fault.
TEST_P(FaultDeathTest, SentBySomebodyDoesWhatItDid) {
  for (int sig : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    EXPECT_EXIT(Child([sig] { ::raise(sig); }), KilledBySignal(sig), NoWords());
  }
}

TEST_P(FaultDeathTest, IsForTheHandlerThatWasThereFirst) {
  auto handle = [](int sig) {
    ::signal(sig, [](int got) { ::_exit(10 + got); });
  };
  EXPECT_EXIT((handle(SIGSEGV), InWorker([] { death_test_write(0); })),
              ExitedWithCode(10 + SIGSEGV), "^$");
  if (kDivisionFaults) {
    EXPECT_EXIT((handle(SIGFPE), InWorker([] { death_test_divide(0); })),
                ExitedWithCode(10 + SIGFPE), "^$");
  }
  EXPECT_EXIT((handle(SIGILL), InWorker([] { death_test_illegal(); })),
              ExitedWithCode(10 + SIGILL), "^$");
  // All but overflow, which nobody else knows of.
  EXPECT_EXIT((handle(SIGSEGV), InWorker([] { death_test_overflow(); })),
              ExitedWithCode(2), "fatal error: stack overflow\n");
}

TEST_P(FaultDeathTest, IsToldWithNotifyInForce) {
  EXPECT_EXIT(InWorker([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c);
                death_test_write(0);
              }),
              ExitedWithCode(2),
              FaultTold("fatal error: [^\n]*\n\\[signal SIGSEGV[^\n]*\n",
                        "death_test_write" AT));
}

// --- SIGQUIT ---

class QuitDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, QuitDeathTest, kProcs, ProcsName);

constexpr char kQuit[] = "^SIGQUIT: quit\nPC=0x[0-9a-f]+ m=-?[0-9]+ sigcode=";

// AwaitWaiting returns when n goroutines wait for good.
void AwaitWaiting(int n) {
  for (int waiting = 0; waiting < n;) {
    runtime::Gosched();
    waiting = 0;
    sched::StoppedWorld world;
    sched::gpool.ForEach(
        [](sched::G* g, void* count) {
          if (g->status.load() == sched::GStatus::kWaiting &&
              g->on_cpu.load() == 0 && !g->HasFlag(sched::kGSystem) &&
              !g->HasFlag(sched::kGAbandoned)) {
            ++*static_cast<int*>(count);
          }
        },
        &waiting);
  }
}

TEST_P(QuitDeathTest, ShowsTheInterruptedGoroutineFirst) {
  EXPECT_EXIT(Child([] {
                SpawnWorker([] { death_test_receive(MakeChan<int>()); });
                AwaitWaiting(1);
                death_test_raise(SIGQUIT);
              }),
              ExitedWithCode(2),
              std::string(kQuit) +
                  "-6\n\ngoroutine [0-9]+ \\[running\\]:\n"
                  ".*death_test_raise" AT
                  ".*\n\n"
                  "goroutine [0-9]+ \\[chan receive\\] \"worker\":\n.*"
                  "death_test_receive" AT ".*created by [^\n]*SpawnWorker");
}

// Frames of other threads' goroutines are read by those threads.
TEST_P(QuitDeathTest, ShowsGoroutinesThatComputeElsewhere) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer puts signals off while code computes";
  }
  EXPECT_EXIT(Child([] {
                static std::atomic<bool> computing{false};
                SpawnWorker([] { death_test_compute(&computing); });
                while (!computing.load()) runtime::Gosched();
                ::raise(SIGQUIT);
              }),
              ExitedWithCode(2),
              std::string(kQuit) + ".*\n\n" + kWorkerRuns +
                  "death_test_compute" AT ".*created by [^\n]*SpawnWorker");
}

TEST_P(QuitDeathTest, OfTheProcessFindsAllAtRest) {
  EXPECT_EXIT(
      Child([] {
        Chan<int> never = MakeChan<int>();
        SpawnWorker([never] {
          runtime::LockOSThread();
          death_test_receive(never);
        });
        std::thread([] {
          AwaitWaiting(2);
          ::kill(::getpid(), SIGQUIT);
          for (;;) ::pause();
        }).detach();
        death_test_receive(never);
      }),
      ExitedWithCode(2),
      std::string(kQuit) +
          "0\n.*\ngoroutine [0-9]+ \\[chan receive, locked to thread\\] "
          "\"worker\":\n.*death_test_receive" AT);
}

TEST_P(QuitDeathTest, WorksWhenTheRuntimeIsStuck) {
  EXPECT_EXIT(Child([] {
                SpawnWorker([] { death_test_receive(MakeChan<int>()); });
                AwaitWaiting(1);
                std::thread([] {
                  sched::sched.lock.Lock();
                  ::kill(::getpid(), SIGQUIT);
                  for (;;) ::pause();
                }).join();
              }),
              ExitedWithCode(2),
              std::string(kQuit) + "0\n.*death_test_receive" AT);
}

TEST_P(QuitDeathTest, IsNotTakenFromAProgramThatHasOtherIdeas) {
  EXPECT_EXIT(::raise(SIGQUIT), KilledBySignal(SIGQUIT), NoWords());
  EXPECT_EXIT(
      {
        ::signal(SIGQUIT, SIG_IGN);
        gosling::Run([] { ::raise(SIGQUIT); });
        ::_exit(3);
      },
      ExitedWithCode(3), "^$");
  EXPECT_EXIT(
      {
        ::signal(SIGQUIT, [](int) { ::_exit(4); });
        gosling::Run([] { ::raise(SIGQUIT); });
      },
      ExitedWithCode(4), "^$");
}

TEST_P(QuitDeathTest, IsNotifysWhileThatLasts) {
  EXPECT_EXIT(Child([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c, SIGQUIT);
                ::raise(SIGQUIT);
                if (c.Recv() != signal::Signal(SIGQUIT)) ::_exit(1);
                signal::Stop(c);
                ::raise(SIGQUIT);
              }),
              ExitedWithCode(2), kQuit);
}

// A thread may block every signal that libc lets it block.
TEST_P(QuitDeathTest, ShowsGoroutinesWhoseThreadsBlockSignals) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer puts signals off while code computes";
  }
  EXPECT_EXIT(Child([] {
                static std::atomic<bool> computing{false};
                SpawnWorker([] {
                  sigset_t all;
                  sigfillset(&all);
                  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
                  death_test_compute(&computing);
                });
                while (!computing.load()) runtime::Gosched();
                ::raise(SIGQUIT);
              }),
              ExitedWithCode(2),
              std::string(kQuit) + ".*\n\n" + kWorkerRuns +
                  "death_test_compute" AT ".*created by [^\n]*SpawnWorker");
}

TEST_P(QuitDeathTest, EndsWithTheRegisters) {
  EXPECT_EXIT(Child([] { ::raise(SIGQUIT); }), ExitedWithCode(2),
              std::string(kQuit) + ".*" + kRegisters + "$");
}

// --- Fatal errors ---

class FatalDeathTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, FatalDeathTest, kProcs, ProcsName);

constexpr char kUnlock[] = "fatal error: sync: unlock of unlocked mutex\n";

// Whatever GOTRACEBACK is, but none.
TEST_P(FatalDeathTest, ShowsWhoMetItAndAllTheOthers) {
  for (const char* value : {"single", "all"}) {
    ::setenv("GOTRACEBACK", value, 1);
    EXPECT_EXIT(
        Child([] {
          SpawnWorker([] {
            AwaitWaiting(1);
            death_test_unlock();
          });
          death_test_receive(MakeChan<int>());
        }),
        ExitedWithCode(2),
        "^" + std::string(kUnlock) + "\n" + kWorkerRuns +
            "gosling::sched::Throw" AT ".*Mutex::UnlockSlow" AT
            ".*death_test_unlock" AT ".*" +
            kCreated +
            "\ngoroutine [0-9]+ \\[chan receive\\]:\n.*death_test_receive" AT);
  }
  ::setenv("GOTRACEBACK", "none", 1);
  EXPECT_EXIT(InWorker([] { death_test_unlock(); }), ExitedWithCode(2),
              "^" + std::string(kUnlock) + "$");
}

TEST_P(FatalDeathTest, OnASmallStack) {
  EXPECT_EXIT(Child([] {
                Go(GoOptions{.name = "small", .stack_size = 16 * 1024},
                   [] { death_test_unlock(); });
                Select();
              }),
              ExitedWithCode(2),
              "^" + std::string(kUnlock) +
                  "\ngoroutine [0-9]+ \\[running\\] \"small\":\n"
                  ".*death_test_unlock" AT);
}

TEST_P(FatalDeathTest, OfAThreadShowsTheThreadsStack) {
  EXPECT_EXIT(
      Child([] { std::thread(death_test_unlock).join(); }), ExitedWithCode(2),
      "^" + std::string(kUnlock) +
          "\nthread stack:\n.*death_test_unlock" AT ".*\n\ngoroutine [0-9]+ ");
}

// In the scheduler, with its lock held: nothing of that is needed any more.
TEST_P(FatalDeathTest, OfTheRuntimeShowsItsStack) {
  EXPECT_EXIT(Child([] {
                sched::CurrentM()->curg = &sched::CurrentM()->g0;
                sched::MutexLock lock(&sched::sched.lock);
                sched::Throw("bad");
              }),
              ExitedWithCode(2),
              "^fatal error: bad\n\nruntime stack:\ngosling::sched::Throw");
}

// --- Deadlock ---

class DeadlockTest : public DeathTest {};
INSTANTIATE_TEST_SUITE_P(Procs, DeadlockTest, kProcs, ProcsName);

TEST_P(DeadlockTest, SaysWhatEachWaitsForAndWhoMadeIt) {
  EXPECT_EXIT(InWorker([] { death_test_receive(MakeChan<int>()); }),
              ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n.*"
              "\ngoroutine [0-9]+ \\[chan receive\\] \"worker\":\n.*"
              "death_test_receive" AT
              ".*created by [^\n]*SpawnWorker[^\n]* in goroutine [0-9]+\n");
}

// --- GOTRACEBACK ---

class TracebackDeathTest : public DeathTest {
 protected:
  static void Set(const char* value) { ::setenv("GOTRACEBACK", value, 1); }
  // PanicBesideAnother dies in "worker" while "other" waits.
  static void PanicBesideAnother() {
    Child([] {
      Go(GoOptions{.name = "other"},
         [] { death_test_receive(MakeChan<int>()); });
      AwaitWaiting(1);
      SpawnWorker([] { throw Panic("words"); });
      Select();
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, TracebackDeathTest, kProcs, ProcsName);

TEST_P(TracebackDeathTest, NoneShowsNoStack) {
  Set("none");
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), "^panic: words\n$");
  EXPECT_EXIT(Child([] { Select(); }), ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n$");
  EXPECT_EXIT(Child([] { ::raise(SIGQUIT); }), ExitedWithCode(2),
              std::string(kQuit) + "-6\n$");
}

TEST_P(TracebackDeathTest, SingleShowsTheOneThatDied) {
  for (const char* value : {"single", ""}) {
    Set(value);
    EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2),
                Told("panic: words\n", "([^g][^\n]*\n)*"));
  }
}

TEST_P(TracebackDeathTest, AllShowsTheOthersToo) {
  Set("all");
  const std::string all =
      std::string("^panic: words\n\n") + kWorkerRuns +
      ".*\n\ngoroutine [0-9]+ \\[chan receive\\] \"other\":\n.*"
      "death_test_receive" AT;
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), all);
  Set("1");
  EXPECT_EXIT(PanicBesideAnother(), ExitedWithCode(2), all);
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
  EXPECT_EXIT(InWorker([] { death_test_write(0); }), KilledBySignal(SIGABRT),
              "^fatal error: .*death_test_write");
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

class ManyTest : public DeathTest {
 protected:
  static constexpr int kGoroutines = kSanitized ? 2'000 : kManyGoroutines;
  static void StartMany() {
    Chan<int> never = MakeChan<int>();
    for (int i = 0; i < kGoroutines; i++) {
      Go([never] { death_test_receive(never); });
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
               ::_exit(::testing::Test::HasFailure())),
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

class DumpTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, DumpTest, kProcs, ProcsName);

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_P(DumpTest, MinutesOfWaiting) {
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
        ::_exit(::testing::Test::HasFailure());
      },
      ExitedWithCode(0), "");
}

// From park back to the user's code and to the end of the stack, by the
// ordinary unwinder and by frame pointers.
TEST_P(DumpTest, FramesGoThroughThePark) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Go([c] { death_test_receive(c); });
    AwaitWaiting(1);
    const std::string text = runtime::Stack(true);
    const std::size_t park = text.find("ParkCommitted");
    const std::size_t user = text.find("death_test_receive");
    const std::size_t first = text.rfind("GoroutineEntry");
    EXPECT_LT(park, user);
    EXPECT_LT(user, first);
    EXPECT_NE(first, std::string::npos);
    c.Close();
  });
}

TEST_P(DumpTest, AbseilWalksAGoroutinesStack) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    Chan<int> done = MakeChan<int>();
    std::string names;
    Go([=, &names] {
      death_test_receive_and_trace(c, &names);
      done.Close();
    });
    c.Send(1);
    done.Recv();
    EXPECT_TRUE(Has(names, "death_test_receive_and_trace")) << names;
    EXPECT_TRUE(Has(names, "GoroutineEntry")) << names;
  });
}

}  // namespace
}  // namespace gosling
