// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Beside other handlers, other alternate stacks, and in the middle of what else
// the runtime and the program do.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::Signal;
using signal::Stop;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- Handlers (85) ---

struct sigaction chained;
std::atomic<int> chain_calls{0};

// CallChained is a handler that another library installs over ours, and that
// calls what it found.
void CallChained(int sig, siginfo_t* info, void* context) {
  chain_calls++;
  if ((chained.sa_flags & SA_SIGINFO) != 0) {
    chained.sa_sigaction(sig, info, context);
  } else if (chained.sa_handler != SIG_DFL && chained.sa_handler != SIG_IGN) {
    chained.sa_handler(sig);
  }
}

void InstallChained(int sig, int flags) {
  struct sigaction action = {};
  action.sa_sigaction = CallChained;
  action.sa_flags = SA_SIGINFO | flags;
  ASSERT_EQ(::sigaction(sig, &action, &chained), 0);
}

TEST_P(SignalTest, AHandlerInstalledOverOursMayCallIt) {
  Program([] {
    InstallCounter(SIGUSR1);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    InstallChained(SIGUSR1, SA_ONSTACK | SA_RESTART);
    for (int i = 1; i <= 20; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
      EXPECT_EQ(chain_calls, i);
    }
    EXPECT_EQ(handled, 0);
    Stop(c);
    // No channel wants it: ours passes it on to what was there before.
    ::raise(SIGUSR1);
    EXPECT_EQ(chain_calls, 21);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(c.Len(), 0u);
    // It did not go when ours was taken away, and another Notify puts ours
    // before it.
    Notify(c, SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    EXPECT_EQ(chain_calls, 21);
    Stop(c);
  });
}

// Unlike Go, which dies ("non-Go code set up signal handler without SA_ONSTACK
// flag"): a goroutine's stack is as good as a thread's if there is room.
TEST_P(SignalTest, AHandlerWithoutItsOwnStackRunsOnTheGoroutines) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    InstallChained(SIGUSR1, SA_RESTART);
    Chan<Unit> done = MakeChan<Unit>();
    Go({.stack_size = 256 << 10}, [&] {
      for (int i = 0; i < 20; i++) {
        ::raise(SIGUSR1);
        ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
      }
      done.Send({});
    });
    done.Recv();
    EXPECT_EQ(chain_calls, 20);
    Stop(c);
  });
}

// --- Alternate stacks (87) ---

std::atomic<const char*> handler_stood_at{nullptr};

TEST_P(SignalTest, AnAlternateStackOfTheProgramsOwnIsUsedAndStays) {
  Program([] {
    struct sigaction action = {};
    action.sa_handler = [](int) {
      // Not a variable: AddressSanitizer has those elsewhere.
      handler_stood_at = static_cast<const char*>(__builtin_frame_address(0));
    };
    action.sa_flags = SA_ONSTACK;
    ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR2);
    runtime::LockOSThread();
    std::vector<char> memory(128 << 10);
    stack_t theirs = {};
    theirs.ss_sp = memory.data();
    theirs.ss_size = memory.size();
    stack_t former;
    ASSERT_EQ(::sigaltstack(&theirs, &former), 0);
    for (int i = 0; i < 10; i++) {
      ::raise(SIGUSR1);
      const char* const at = handler_stood_at;
      EXPECT_TRUE(at >= memory.data() && at < memory.data() + memory.size());
      ::raise(SIGUSR2);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR2));
      stack_t now;
      ::sigaltstack(nullptr, &now);
      EXPECT_EQ(now.ss_sp, theirs.ss_sp) << "after a park";
    }
    ::sigaltstack(&former, nullptr);
    runtime::UnlockOSThread();
    Stop(c);
  });
}

// --- Which signals are touched ---

// G19: a profiler's signal is its own until a channel asks for it.
TEST_P(SignalTest, AProfilersSignalIsLeftToIt) {
  Program([] {
    InstallCounter(SIGPROF);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    ::raise(SIGPROF);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(HandlerOf(SIGPROF), CountHandled);
    Notify(c);  // all
    ::raise(SIGPROF);
    EXPECT_EQ(RecvSoon(c), Signal(SIGPROF));
    EXPECT_EQ(handled, 1);
    Stop(c);
    ::raise(SIGPROF);
    EXPECT_EQ(handled, 2);
  });
}

// 88: sent ones, while a breakpoint still does what it did.
TEST_P(SignalTest, AnIgnoredTrapIsIgnored) {
  Program([] {
    signal::Ignore(SIGTRAP);
    for (int i = 0; i < 10; i++) {
      ::raise(SIGTRAP);
      KillSelf(SIGTRAP);
    }
    EXPECT_TRUE(signal::Ignored(SIGTRAP));
  });
}

// --- In the middle of something (76, 89) ---

TEST_P(SignalTest, TheClockMayBeReadInAStorm) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGALRM);
    const itimerval often = {.it_interval = {0, 200}, .it_value = {0, 200}};
    ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
    std::atomic<int> came{0};
    Go([&] {
      while (c.Recv()) came++;
    });
    auto last = std::chrono::steady_clock::now();
    while (came < 50) {
      const auto now = std::chrono::steady_clock::now();
      ASSERT_GE(now.time_since_epoch(), last.time_since_epoch());
      ASSERT_LT(now - last, std::chrono::hours(1));
      last = now;
    }
    const itimerval never = {};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    signal::Ignore(SIGALRM);  // a last one may be pending still
    Stop(c);
    c.Close();
  });
}

TEST_P(SignalTest, SignalsComeWhileTheWorldStopsAndProcessorsComeAndGo) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    std::atomic<bool> over{false};
    std::atomic<int> came{0};
    sync::WaitGroup sender;
    sync::WaitGroup wg;
    sender.Go([&] {
      while (!over) {
        KillSelf(SIGUSR1);
        runtime::Gosched();
      }
    });
    wg.Go([&] {
      while (c.Recv()) came++;
    });
    for (int i = 0; i < 40; i++) {
      runtime::GOMAXPROCS(i % 4 + 1);
      if (i % 10 == 0) {
        EXPECT_FALSE(runtime::Stack(true).empty());
      }
    }
    while (came == 0) runtime::Gosched();
    over = true;
    sender.Wait();
    const int before = came;
    KillSelf(SIGUSR1);  // something comes after the last one
    const auto limit =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (came == before && std::chrono::steady_clock::now() < limit) {
      runtime::Gosched();
    }
    EXPECT_GT(came, before);
    // The one that came may have been an earlier one, and the last be pending
    // in another thread still: after Stop alone it would end the process.
    signal::Ignore(SIGUSR1);
    Stop(c);
    c.Close();
    wg.Wait();
  });
}

// --- By behaviour after CPython's signal tests ---

// Each signal is the cause of the next.
TEST_P(SignalTest, DependentSignalsAreNotLost) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    const int rounds = kSanitized ? 500 : 10'000;
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGALRM);
    Go([=] {
      while (a.Recv()) {
        const itimerval at_once = {.it_interval = {}, .it_value = {0, 1}};
        ::setitimer(ITIMER_REAL, &at_once, nullptr);
      }
    });
    for (int i = 0; i < rounds; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(b), Signal(SIGALRM)) << i;
    }
    Stop(a);
    Stop(b);
    a.Close();
  });
}

TEST_P(SignalTest, SimultaneousSignalsAreNotLost) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    const int rounds = kSanitized ? 500 : 10'000;
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGALRM);
    const itimerval soon = {.it_interval = {}, .it_value = {0, 5}};
    for (int i = 0; i < rounds; i++) {
      ::setitimer(ITIMER_REAL, &soon, nullptr);
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(a), Signal(SIGUSR1)) << i;
      ASSERT_EQ(RecvSoon(b), Signal(SIGALRM)) << i;
    }
    Stop(a);
    Stop(b);
  });
}

}  // namespace
}  // namespace gosling
