// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of gosling/signal.h. Each scenario runs in a process of its
// own: dispositions, masks and the one receiver belong to a process. Numbers in
// comments are those of the conformance list in Go's terms (70: TestStress …).

#ifndef GOSLING_TESTS_SIGNAL_SIGNAL_TESTING_H_
#define GOSLING_TESTS_SIGNAL_SIGNAL_TESTING_H_

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sched/os/os.h"
#include "signals/sigqueue.h"
#include "tests/children.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"
#include "tests/system.h"

namespace gosling {

// ExitChild ends a scenario's process.
[[noreturn]] inline void ExitChild() { std::exit(ChildStatus()); }

// Child runs `body` as a program of its own would, as the main goroutine.
[[noreturn]] inline void Child(int procs, const std::function<void()>& body) {
  RunWith(procs, body);
  ExitChild();
}

// Program is a scenario's process: it starts over in a fresh one, at
// GOMAXPROCS=procs.
inline void Program(int procs, const std::function<void()>& body) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Child(procs, body), ::testing::ExitedWithCode(0), "");
}

class SignalTest : public FreshDeathTest,
                   public ::testing::WithParamInterface<int> {
 protected:
  SignalTest() { IgnoreNoSignals(); }

  void Program(const std::function<void()>& body) {
    gosling::Program(GetParam(), body);
  }
};

// ThreadSanitizer puts a signal off until its thread makes some call that it
// knows. A thread asleep in a system call makes none, so there only signals
// that a thread raises for itself are to be relied upon.
inline constexpr bool kSignalsPutOff = kThreadSanitizer;
#define SKIP_IF_SIGNALS_ARE_PUT_OFF() \
  if (kSignalsPutOff) GTEST_SKIP() << "ThreadSanitizer puts signals off"

// KillSelf sends a signal to the process: any thread may take it, at any time.
// A thread of qemu-user's own blocks all signals but these, and they end it.
inline void KillSelf(int sig) {
  const bool theirs = Emulator() != nullptr &&
                      (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE);
  ASSERT_EQ(kSignalsPutOff || theirs ? ::raise(sig) : ::kill(::getpid(), sig),
            0);
}

// RaiseQueued is raise with a payload. Like raise, and unlike kill, it returns
// after the handler has run, on this thread.
inline void RaiseQueued(int sig, std::int64_t value) {
  ASSERT_TRUE(QueueToThread(sig, value));
  if (kSignalsPutOff) ::raise(0);  // a call that it knows
}

#define SKIP_WITHOUT_QUEUED_SIGNALS() \
  if (!HasQueuedSignals()) GTEST_SKIP() << "the system has no signal 40"

inline int SignalThread(std::int64_t tid, int sig) {
  return sched::os::SignalThread(tid, sig) ? 0 : -1;
}

// ThreadsThatTake returns the threads that do not block `sig`. sysmon, for one,
// blocks all.
inline std::vector<std::int64_t> ThreadsThatTake(int sig) {
  std::vector<std::int64_t> tids;
  for (const auto& e : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(e.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("SigBlk:", 0) != 0) continue;
      const auto blocked = std::stoull(line.substr(7), nullptr, 16);
      if ((blocked & signals::BitOf(sig)) == 0) {
        tids.push_back(std::stoll(e.path().filename()));
      }
    }
  }
  return tids;
}

// RecvSoon receives, but gives up after a time in which anything comes.
template <class T>
std::optional<T> RecvSoon(const Chan<T>& c) {
  std::optional<T> got;
  Select(OnRecv(c, [&](std::optional<T> v) { got = v; }),
         OnRecv(time::After(std::chrono::seconds(20)),
                [] { ADD_FAILURE() << "nothing came"; }));
  return got;
}

// Quiet returns the counters of a signal once nothing of it is on its way.
inline signal::Counters Quiet(int sig) {
  const auto limit =
      std::chrono::steady_clock::now() + std::chrono::seconds(20);
  signal::Counters c = signal::Stats(sig);
  while (c.received != c.coalesced + c.delivered + c.dropped &&
         std::chrono::steady_clock::now() < limit) {
    runtime::Gosched();
    c = signal::Stats(sig);
  }
  return c;
}

inline std::atomic<int> handled{0};
inline void CountHandled(int) { handled++; }

inline void InstallCounter(int sig) {
  struct sigaction action = {};
  action.sa_handler = CountHandled;
  ASSERT_EQ(::sigaction(sig, &action, nullptr), 0);
}

inline void (*HandlerOf(int sig))(int) {
  struct sigaction action = {};
  ::sigaction(sig, nullptr, &action);  // fails for 32 and 33
  return action.sa_handler;
}

}  // namespace gosling

#endif  // GOSLING_TESTS_SIGNAL_SIGNAL_TESTING_H_
