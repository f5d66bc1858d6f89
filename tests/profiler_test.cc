// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A profiler's signal handler, which unwinds whatever it interrupts: goroutines
// that throw, catch, begin and end.
//
// Some of what it interrupts is libgcc while that installs the catcher's frame.
// The unwinder then takes words of the catcher's frame for return addresses
// (sched/stack.cc, Heads). Here all those words are return addresses into a
// function with a large frame, so that it goes on to read above the stack.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/debugging/stacktrace.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

// --- The handler ---

constexpr int kMost = 1000;   // frames; no stack here has so many
std::atomic<int> unwound{0};  // handlers that came back
std::atomic<int> unended{0};  // of those, how many found no end
std::atomic<int> deepest{0};  // frames

_Unwind_Reason_Code Count(_Unwind_Context* context, void* frames) {
  _Unwind_GetIP(context);
  return ++*static_cast<int*>(frames) < kMost ? _URC_NO_REASON
                                              : _URC_END_OF_STACK;
}

void Unwind(int) {
  int frames = 0;
  _Unwind_Backtrace(Count, &frames);
  if (frames >= kMost) unended.fetch_add(1, std::memory_order_relaxed);
  void* pcs[100];
  absl::GetStackTrace(pcs, 100, 0);  // by frame pointers, where it can
  deepest.store(std::max(frames, deepest.load(std::memory_order_relaxed)),
                std::memory_order_relaxed);
  unwound.fetch_add(1, std::memory_order_relaxed);
}

void Handle(int signo, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signo, &action, nullptr);
}

// --- What is interrupted ---

// in_large_frame is a return address into a function with a frame of some KiB.
void* in_large_frame = nullptr;

// LargeFrame fills it in. Its own frame is found by the stack pointer: by a frame
// pointer, which is none at that moment, the unwinder would go anywhere. clang
// cannot be told so for one function, and the words are null there.
#if defined(__clang__)
void LargeFrame() {}
#else
[[gnu::noinline]] void NoteCaller(char* frame) {
  in_large_frame = __builtin_return_address(0);
  asm volatile("" : : "r"(frame) : "memory");
}

[[gnu::noinline, gnu::optimize("omit-frame-pointer")]] void LargeFrame() {
  char frame[sizeof(void*) == 4 ? 2000 : 3000];
  NoteCaller(frame);
  asm volatile("" : : "r"(frame) : "memory");
}
#endif

[[gnu::noinline]] void Throw(int depth) {
  if (depth == 0) throw std::runtime_error("to be caught");
  Throw(depth - 1);
  asm volatile("" : : : "memory");
}

[[gnu::noinline]] void Catch() {
  void* misleading[128];
  std::fill_n(misleading, 128, in_large_frame);
  asm volatile("" : : "r"(misleading) : "memory");
  try {
    Throw(2);
  } catch (const std::exception&) {
  }
  asm volatile("" : : "r"(misleading) : "memory");
}

class ProfilerTest : public GoTest {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "sanitizers handle signals later";
    GoTest::SetUp();
    LargeFrame();
    unwound = unended = deepest = 0;
  }

  void TearDown() override {
    EXPECT_EQ(unended.load(), 0);
    GoTest::TearDown();
  }
};
INSTANTIATE_TEST_SUITE_P(Procs, ProfilerTest, kProcs, ProcsName);

// Two goroutines stay on their threads, and a thread interrupts these in turn,
// each time when the last handler has come back.
TEST_P(ProfilerTest, InterruptsGoroutinesThatThrow) {
  static sem_t handled;
  ::sem_init(&handled, 0, 0);
  Handle(SIGPROF, [](int) {
    Unwind(0);
    ::sem_post(&handled);
  });
  Run([] {
    const int samples = Emulator() == nullptr ? 20'000 : 500;
    std::atomic<bool> done{false};
    auto threads = MakeChan<pthread_t>(2);
    sync::WaitGroup throwers;
    for (int i = 0; i < 2; i++) {
      throwers.Add(1);
      Go([&, threads] {
        runtime::LockOSThread();
        threads.Send(::pthread_self());
        while (!done) {
          for (int n = 0; n < 10; n++) Catch();
          runtime::Gosched();
        }
        throwers.Done();
      });
    }
    const pthread_t targets[] = {*threads.Recv(), *threads.Recv()};
    std::thread profiler([&] {
      for (int i = 0; i < samples; i++) {
        ::pthread_kill(targets[i % 2], SIGPROF);
        while (::sem_wait(&handled) != 0) {
        }
      }
      done = true;
    });
    throwers.Wait();
    profiler.join();
    EXPECT_EQ(unwound.load(), samples);
    EXPECT_GT(deepest.load(), 5);
  });
  ::signal(SIGPROF, SIG_DFL);
  ::sem_destroy(&handled);
}

// As SIGQUIT does, but the process goes on.
TEST_P(ProfilerTest, DumpsOfAllAreTakenWhileGoroutinesThrow) {
  Run([] {
    std::atomic<bool> done{false};
    sync::WaitGroup throwers;
    for (int i = 0; i < 3; i++) {
      throwers.Add(1);
      Go([&] {
        while (!done) {
          Catch();
          runtime::Gosched();
        }
        throwers.Done();
      });
    }
    for (int i = 0; i < 60; i++) {
      EXPECT_NE(runtime::Stack(true).find("goroutine "), std::string::npos);
      runtime::Gosched();
    }
    done = true;
    throwers.Wait();
  });
}

#if defined(__x86_64__) || defined(__i386__)

// While `stepping` is set, the thread that has raised SIGTRAP takes another one
// after each instruction.
std::atomic<bool> stepping{false};

void Step(int, siginfo_t*, void* context) {
  constexpr greg_t kTrapFlag = 0x100;
  greg_t& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
  flags = stepping.load() ? flags | kTrapFlag : flags & ~kTrapFlag;
  Unwind(0);
}

class SteppedProfilerTest : public ProfilerTest {
 protected:
  void SetUp() override {
    SKIP_IF_EMULATED("knows no single steps");
    ProfilerTest::SetUp();
    struct sigaction action = {};
    action.sa_sigaction = Step;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGTRAP, &action, nullptr);
  }

  static void StartStepping() {
    stepping = true;
    ::raise(SIGTRAP);
  }
};
INSTANTIATE_TEST_SUITE_P(OneProc, SteppedProfilerTest, ::testing::Values(1),
                         ProcsName);

TEST_P(SteppedProfilerTest, InterruptsEveryInstructionOfAThrow) {
  Run([] {
    for (int i = 0; i < 2; i++) {
      sync::WaitGroup ended;
      ended.Add(1);
      Go([&] {
        Catch();  // binds the functions it calls
        StartStepping();
        Catch();
        stepping = false;
        ended.Done();
      });
      ended.Wait();
    }
    EXPECT_GT(unwound.load(), 2 * 1000);
  });
}

// Of Goexit too, whose landing pad is the runtime's.
TEST_P(SteppedProfilerTest, InterruptsEveryInstructionOfAGoexit) {
  Run([] {
    for (int i = 0; i < 2; i++) {
      sync::WaitGroup ended;
      ended.Add(1);
      Go([&] {
        struct Last {
          ~Last() {
            stepping = false;
            done.Done();
          }
          sync::WaitGroup& done;
        } const last{ended};
        StartStepping();
        runtime::Goexit();
      });
      ended.Wait();
    }
    EXPECT_GT(unwound.load(), 2 * 1000);
  });
}

// The thread goes on from the parking goroutine to the first instructions of
// another, and from its end back.
TEST_P(SteppedProfilerTest, InterruptsEveryInstructionOfASwitch) {
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {
    GTEST_SKIP() << "threads are started at any time";
  }
  Run([] {
    auto c = MakeChan<int>();
    // First without: no thread is to be started meanwhile, which happens with
    // signals blocked.
    for (const bool step : {false, true}) {
      for (int i = 0; i < 20; i++) {
        Go({.stack_size = std::size_t{16} << (i % 4 + 10)}, [c] { c.Send(1); });
        if (step) StartStepping();
        c.Recv();
        stepping = false;
      }
    }
    EXPECT_GT(unwound.load(), 20 * 50);
  });
}

#endif

}  // namespace
}  // namespace gosling
