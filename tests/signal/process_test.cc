// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Signals and whole processes: what a program inherits, what its threads and
// children do, how it dies, and rings of them.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::Signal;
using signal::Stop;

class ProcessTest : public FreshDeathTest {};

// Forked runs `body` in a child of a process that has no runtime yet, with one
// of its own, and returns the child.
pid_t Forked(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    DieWithParent();
    const rlimit no_core = {};
    ::setrlimit(RLIMIT_CORE, &no_core);
    RunWith(2, body);
    std::_Exit(ChildStatus());
  }
  return child;
}

// --- Nohup (72) ---

constexpr char kIgnored[] = "DISABLED_FindsSighupIgnored";

// Begun with SIGHUP ignored, by the test below.
TEST_F(ProcessTest, DISABLED_FindsSighupIgnored) {
  gosling::Run([] {
    EXPECT_TRUE(signal::Ignored(SIGHUP));
    EXPECT_FALSE(signal::Ignored(SIGTERM));
    ::raise(SIGHUP);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGTERM);
    ::raise(SIGHUP);
    Notify(c, SIGHUP);
    EXPECT_FALSE(signal::Ignored(SIGHUP));
    ::raise(SIGHUP);
    EXPECT_EQ(RecvSoon(c), Signal(SIGHUP));
    Stop(c);
    EXPECT_TRUE(signal::Ignored(SIGHUP));
    ::raise(SIGHUP);
  });
}

TEST_F(ProcessTest, AProgramUnderNohupStaysUnlessItAsks) {
  const std::string filter =
      std::string("--gtest_filter=ProcessTest.") + kIgnored;
  EXPECT_EXIT(
      {
        ::signal(SIGHUP, SIG_IGN);
        ::signal(SIGTERM, SIG_DFL);
        ::execl("/proc/self/exe", "process_test", filter.c_str(),
                "--gtest_also_run_disabled_tests", nullptr);
        std::_Exit(127);
      },
      ::testing::ExitedWithCode(0), "");
}

// --- Dying (79) ---

TEST_F(ProcessTest, AProgramDiesBySignalsThatItWantsNoMore) {
  EXPECT_EXIT(
      {
        IgnoreNoSignals();
        for (int sig :
             {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
              SIGVTALRM, SIGXCPU, SIGIO, SIGABRT, SIGTRAP, SIGSYS, 40}) {
          const pid_t child = Forked([sig] {
            auto c = MakeChan<Signal>(1);
            Notify(c, sig);
            ::raise(sig);
            RecvSoon(c);
            Stop(c);
            ::raise(sig);
          });
          const int status = AwaitStatus(child);
          EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == sig)
              << sig << ": " << status;
        }
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

// A signal that comes while the last channel is being stopped takes its default.
TEST_F(ProcessTest, AProgramThatStopsAndAsksAgainDiesByTheSignal) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  EXPECT_EXIT(
      {
        const pid_t child = Forked([] {
          auto c = MakeChan<Signal>(1);
          for (;;) {
            Notify(c, SIGTERM);
            Stop(c);
          }
        });
        int status = 0;
        while (::waitpid(child, &status, WNOHANG) == 0) {
          ::kill(child, SIGTERM);
          std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
            << status;
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

// --- Masks of what it starts ---

// StandardIn returns those of 1 to 31 that /proc/PID/status has in a line.
std::uint32_t StandardIn(const std::string& status, const std::string& name) {
  const std::size_t at = status.find(name);
  if (at == std::string::npos) return ~0u;
  return static_cast<std::uint32_t>(
      std::stoull(status.substr(at + name.size()), nullptr, 16) & 0x7fffffff);
}

TEST_P(SignalTest, NewThreadsAndChildrenHaveTheMaskOfTheirMaker) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(100);
    Notify(c, SIGUSR1, SIGUSR2, SIGTERM);
    signal::Ignore(SIGWINCH);
    std::ifstream own("/proc/self/status");
    const std::uint32_t ignored = StandardIn(
        std::string(std::istreambuf_iterator<char>(own), {}), "SigIgn:");
    for (int i = 0; i < 10; i++) {
      // The thread in Run, and idle ones, leave signals to others by now.
      for (int n = 0; n < 5; n++) {
        KillSelf(SIGUSR1);
        RecvSoon(c);
      }
      std::thread([] {
        sigset_t mask;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        for (int sig : {SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH}) {
          EXPECT_EQ(sigismember(&mask, sig), 0) << sig;
        }
      }).join();
      std::FILE* const child = ::popen("cat /proc/self/status", "r");
      ASSERT_NE(child, nullptr);
      std::string status;
      std::array<char, 4096> part;
      while (std::fgets(part.data(), part.size(), child) != nullptr) {
        status += part.data();
      }
      ::pclose(child);
      EXPECT_EQ(StandardIn(status, "SigBlk:"), 0u);
      EXPECT_EQ(StandardIn(status, "SigCgt:"), 0u);
      // What is ignored is inherited, as in Go.
      EXPECT_EQ(StandardIn(status, "SigIgn:"), ignored);
    }
    Stop(c);
  });
}

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- As the first process ---

// The kernel keeps from the first process of a PID namespace the signals that
// would end it by default. A SIGSEGV that is sent to it must leave the handler
// that reports overflows and null pointers where it is.
TEST_F(ProcessTest, AsTheFirstProcessASentFaultIsNothing) {
  SKIP_IF_EMULATED("has no namespaces");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(
      {
        if (::unshare(CLONE_NEWPID) != 0 &&
            ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
          std::fprintf(stderr, "no namespace, so no nil pointer dereference\n");
          std::_Exit(2);  // as if it had passed
        }
        const pid_t child = Forked([] {
          EXPECT_EQ(::getpid(), 1);
          for (int sig : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
            const auto before = HandlerOf(sig);
            EXPECT_NE(before, SIG_DFL);
            for (int i = 0; i < 3; i++) ::kill(1, sig);
            ::raise(sig);
            // Other threads may be at the copies that were sent.
            for (int i = 0; i < 10'000 && HandlerOf(sig) != before; i++) {
              time::Sleep(std::chrono::milliseconds(1));
            }
            EXPECT_EQ(HandlerOf(sig), before) << sig;
          }
          if (ChildStatus() != 0) std::_Exit(1);
          volatile int* volatile nowhere = nullptr;
          *nowhere = 1;
        });
        const int status = AwaitStatus(child);
        std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
      },
      ::testing::ExitedWithCode(2), "nil pointer dereference");
}

// --- By behaviour after OpenBSD's tests: a ring of processes ---

TEST_F(ProcessTest, ASignalGoesRoundARingOfThirtyFiveProcesses) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  EXPECT_EXIT(
      {
        constexpr int kProcesses = kSanitized ? 5 : 35;
        constexpr int kLaps = 10;
        // Each process knows the one before it by its birth. The first one,
        // which is before the second, learns of the last from the signal.
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        std::vector<pid_t> ring;
        pid_t next = 0;
        for (int i = 0; i < kProcesses; i++) {
          ring.push_back(Forked([next, &ready, i] {
            auto c = MakeChan<signal::SignalInfo>(16);
            signal::NotifyInfo(c, SIGUSR1);
            char byte = 0;
            EXPECT_EQ(::write(ready[1], &byte, 1), 1);
            for (int lap = 0; lap < kLaps; lap++) {
              const auto got = RecvSoon(c);
              ASSERT_TRUE(got) << i;
              // The last of the ring, which was born first, tells the parent.
              EXPECT_EQ(::kill(next != 0 ? next : ::getppid(), SIGUSR1), 0);
            }
          }));
          next = ring.back();
        }
        for (int i = 0; i < kProcesses; i++) {
          char byte;
          EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        }
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        ::sigprocmask(SIG_BLOCK, &set, nullptr);
        for (int lap = 0; lap < kLaps; lap++) {
          EXPECT_EQ(::kill(ring.back(), SIGUSR1), 0);
          timespec limit = {};
          limit.tv_sec = 20;
          EXPECT_EQ(::sigtimedwait(&set, nullptr, &limit), SIGUSR1) << lap;
        }
        for (pid_t child : ring) EXPECT_EQ(AwaitStatus(child), 0);
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
