// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/signal.h with real signals. Each scenario runs in a process of its
// own: dispositions, masks and the one receiver belong to a process. Numbers in
// comments are those of the conformance list in Go's terms (70: TestStress …).

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "sched/note.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "signals/patience.h"
#include "signals/sigqueue.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/system.h"

extern char** environ;

namespace gosling {

namespace sched {
struct PipeNoteTestPeer {
  static int ReadFd(const PipeNote& note) { return note.read_fd_; }
  static int WriteFd(const PipeNote& note) { return note.write_fd_; }
};
}  // namespace sched

namespace signals {
struct SigNoteTestPeer {
  static sched::PipeNote& Pipe(SigNote& note) { return note.pipe_; }
};
struct SigQueueTestPeer {
  static sched::PipeNote& Pipe() {
    return SigNoteTestPeer::Pipe(sigqueue.note_);
  }
  static bool Receiving() {
    return sigqueue.state_ == SigQueue::State::kReceiving;
  }
};
}  // namespace signals

namespace {

using namespace std::chrono_literals;
using signal::Counters;
using signal::Ignored;
using signal::Notify;
using signal::NotifyContext;
using signal::NotifyInfo;
using signal::Reset;
using signal::Signal;
using signal::SignalInfo;
using signal::Stats;
using signal::Stop;
using Peer = signals::SigQueueTestPeer;

// ExitChild exits with 0 if no expectation in this process has failed. Where
// one has, it says which: GoogleTest keeps that to itself in a death test's
// child.
[[noreturn]] void ExitChild() {
  const testing::TestResult& result =
      *testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); i++) {
    const testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    std::fprintf(stderr, "%s:%d: %s\n", part.file_name(), part.line_number(),
                 part.message());
  }
  std::exit(result.Failed() ? 1 : 0);
}

// Child runs `body` as a program of its own would, as the main goroutine.
[[noreturn]] void Child(int procs, const std::function<void()>& body) {
  RunWith(procs, body);
  ExitChild();
}

class SignalTest : public testing::TestWithParam<int> {
 protected:
  SignalTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    IgnoreNoSignals();
  }

  // Program is a scenario's process: it starts over in a fresh one.
  void Program(const std::function<void()>& body) {
    EXPECT_EXIT(Child(GetParam(), body), testing::ExitedWithCode(0), "");
  }
};

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// ThreadSanitizer puts a signal off until its thread makes some call that it
// knows. A thread asleep in a system call makes none, so there only signals
// that a thread raises for itself are to be relied upon.
constexpr bool kSignalsPutOff = kThreadSanitizer;
#define SKIP_IF_SIGNALS_ARE_PUT_OFF() \
  if (kSignalsPutOff) GTEST_SKIP() << "ThreadSanitizer puts signals off"

// KillSelf sends a signal to the process: any thread may take it, at any time.
// A thread of qemu-user's own blocks all signals but these, and dies of them.
void KillSelf(int sig) {
  const bool theirs = Emulator() != nullptr &&
                      (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE);
  ASSERT_EQ(kSignalsPutOff || theirs ? ::raise(sig) : ::kill(::getpid(), sig),
            0);
}

// RaiseQueued is raise with a payload. Like raise, and unlike kill, it returns
// after the handler has run, on this thread.
void RaiseQueued(int sig, std::int64_t value) {
  ASSERT_TRUE(QueueToThread(sig, value));
  if (kSignalsPutOff) ::raise(0);  // a call that it knows
}

#define SKIP_WITHOUT_QUEUED_SIGNALS() \
  if (!HasQueuedSignals()) GTEST_SKIP() << "the system has no signal 40"

int SignalThread(std::int64_t tid, int sig) {
  return sched::os::SignalThread(tid, sig) ? 0 : -1;
}

// ThreadsThatTake returns the threads that do not block `sig`. sysmon, for one,
// blocks all.
std::vector<std::int64_t> ThreadsThatTake(int sig) {
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
         OnRecv(time::After(20s), [] { ADD_FAILURE() << "nothing came"; }));
  return got;
}

// Quiet returns the counters of a signal once nothing of it is on its way.
Counters Quiet(int sig) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  Counters c = Stats(sig);
  while (c.received != c.coalesced + c.delivered + c.dropped &&
         std::chrono::steady_clock::now() < limit) {
    runtime::Gosched();
    c = Stats(sig);
  }
  return c;
}

std::atomic<int> handled{0};
void CountHandled(int) { handled++; }

void InstallCounter(int sig) {
  struct sigaction action = {};
  action.sa_handler = CountHandled;
  ASSERT_EQ(::sigaction(sig, &action, nullptr), 0);
}

void (*HandlerOf(int sig))(int) {
  struct sigaction action = {};
  ::sigaction(sig, nullptr, &action);  // fails for 32 and 33
  return action.sa_handler;
}

signals::SignalSet Blocked() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  signals::SignalSet set = 0;
  for (int sig = 1; sig <= signals::kMaxSignal; sig++) {
    if (sigismember(&mask, sig) == 1) set |= signals::BitOf(sig);
  }
  return set;
}

// --- Delivery (69) ---

TEST_P(SignalTest, ASignalArrivesOnTheChannel) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1, SIGHUP);
    for (int i = 0; i < 100; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
      KillSelf(SIGHUP);
      ASSERT_EQ(RecvSoon(c), Signal(SIGHUP));
    }
  });
}

TEST_P(SignalTest, ASignalRaisedByTheReceivingGoroutineArrives) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    std::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
  });
}

TEST_P(SignalTest, ASignalSentToAnyThreadArrives) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    // Its thread is there then, beside this one.
    while (!Peer::Receiving()) runtime::Gosched();
    const std::vector<std::int64_t> tids = ThreadsThatTake(SIGUSR1);
    EXPECT_GE(tids.size(), 2u);
    for (std::int64_t tid : tids) {
      if (SignalThread(tid, SIGUSR1) != 0) continue;  // it has ended
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
  });
}

TEST_P(SignalTest, NotifyWithoutSignalsMeansAllThatCanBeCaught) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c);
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGKILL || sig == SIGSTOP || ReservedByLibc(sig)) continue;
      KillSelf(sig);
      ASSERT_EQ(RecvSoon(c), Signal(sig));
    }
  });
}

TEST_P(SignalTest, EachChannelGetsItsOwnCopy) {
  Program([] {
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR2));
    EXPECT_EQ(a.Len(), 0u);
  });
}

TEST_P(SignalTest, NotifyAgainAddsSignalsAndDeliversOnce) {
  Program([] {
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGUSR1);
    Notify(c, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR2));
    EXPECT_EQ(c.Len(), 0u);
  });
}

TEST_P(SignalTest, WhatDoesNotFitIsDroppedForThatChannelAlone) {
  Program([] {
    auto small = MakeChan<Signal>(1);
    auto large = MakeChan<Signal>(8);
    Notify(small, SIGUSR1, SIGUSR2);
    Notify(large, SIGUSR1, SIGUSR2);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(large), Signal(SIGUSR1));
    KillSelf(SIGUSR2);
    EXPECT_EQ(RecvSoon(large), Signal(SIGUSR2));
    EXPECT_EQ(RecvSoon(small), Signal(SIGUSR1));
    EXPECT_EQ(small.Len(), 0u);
    EXPECT_EQ(Stats(SIGUSR2).dropped, 0u) << "one channel took it";

    Stop(large);
    ::raise(SIGUSR1);
    EXPECT_EQ(Quiet(SIGUSR1).delivered, 2u);
    ::raise(SIGUSR2);
    EXPECT_EQ(Quiet(SIGUSR2),
              (Counters{.received = 2, .delivered = 1, .dropped = 1}));
  });
}

// While a goroutine is pinned at GOMAXPROCS=1, the receiver gets no P.
TEST(Signal, SignalsOfOneNumberMergeWhileTheReceiverIsStalled) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Child(1,
                    [] {
                      auto c = MakeChan<Signal>(8);
                      Notify(c, SIGUSR1, 40);
                      {
                        sched::Pinned pin;
                        for (int i = 0; i < 1000; i++) {
                          std::raise(SIGUSR1);
                          std::raise(40);
                        }
                      }
                      EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
                      EXPECT_EQ(RecvSoon(c), Signal(40));
                      const Counters want = {
                          .received = 1000, .coalesced = 999, .delivered = 1};
                      EXPECT_EQ(Quiet(SIGUSR1), want);
                      EXPECT_EQ(Quiet(40), want);
                      EXPECT_EQ(c.Len(), 0u);
                    }),
              testing::ExitedWithCode(0), "");
}

TEST(Signal, SignalsTakenTogetherComeInAscendingOrder) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      Child(1,
            [] {
              auto c = MakeChan<Signal>(8);
              Notify(c);
              {
                sched::Pinned pin;
                for (int sig : {LastSignal(), 40, SIGTERM, SIGINT, SIGUSR1}) {
                  std::raise(sig);
                }
              }
              for (int sig : {SIGINT, SIGUSR1, SIGTERM, 40, LastSignal()}) {
                EXPECT_EQ(RecvSoon(c), Signal(sig));
              }
            }),
      testing::ExitedWithCode(0), "");
}

// With real signals: the pipe never fills, and the process goes on.
TEST(Signal, SeventyThousandSignalsWithTheReceiverStalledFillNothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Child(1,
                    [] {
                      constexpr std::uint64_t kSignals = 70'000;
                      auto c = MakeChan<Signal>(1);
                      Notify(c, SIGUSR1);
                      {
                        sched::Pinned pin;
                        for (std::uint64_t i = 0; i < kSignals; i++) {
                          std::raise(SIGUSR1);
                        }
                        int bytes = -1;
                        ::ioctl(sched::PipeNoteTestPeer::ReadFd(Peer::Pipe()),
                                FIONREAD, &bytes);
                        EXPECT_LE(bytes, 1);
                      }
                      EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
                      EXPECT_EQ(Quiet(SIGUSR1).received, kSignals);
                    }),
              testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, ASignalArrivesWhileTheOthersCompute) {
  Program([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup busy;
    for (int i = 0; i < runtime::GOMAXPROCS(0); i++) {
      busy.Go([&] {
        while (!stop) {
        }
      });
    }
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    stop = true;
    busy.Wait();
  });
}

TEST_P(SignalTest, ThreadsThatAreNotGoroutinesMayNotifyReceiveAndStop) {
  EXPECT_EXIT(
      {
        const TimeLimit limit(30s);
        runtime::GOMAXPROCS(GetParam());
        std::thread thread([] {
          auto c = MakeChan<Signal>(1);
          Notify(c, SIGUSR1);
          for (int i = 0; i < 100; i++) {
            KillSelf(SIGUSR1);
            EXPECT_EQ(c.Recv(), Signal(SIGUSR1));
          }
          Stop(c);
          EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
        });
        thread.join();
        ExitChild();
      },
      testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, RegistrationsOutliveTheRunTheyWereMadeIn) {
  EXPECT_EXIT(
      {
        auto c = MakeChan<Signal>(1);
        RunWith(GetParam(), [&] { Notify(c, SIGUSR1); });
        RunWith(GetParam(), [&] {
          KillSelf(SIGUSR1);
          EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
          Stop(c);
        });
        RunWith(GetParam(), [&] {
          Notify(c, SIGUSR2);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(c), Signal(SIGUSR2));
        });
        ExitChild();
      },
      testing::ExitedWithCode(0), "");
}

// --- NotifyInfo ---

TEST_P(SignalTest, NotifyInfoSaysWhoSentTheSignalAndHow) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<SignalInfo>(1);
    NotifyInfo(c, SIGUSR1, 40, SIGCHLD);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), (SignalInfo{.signal = SIGUSR1,
                                       .code = SI_USER,
                                       .pid = ::getpid(),
                                       .uid = ::getuid()}));
    // As wide as a pointer, in which it is sent.
    constexpr std::int64_t kValue = std::numeric_limits<std::intptr_t>::max();
    RaiseQueued(40, kValue);
    EXPECT_EQ(RecvSoon(c), (SignalInfo{.signal = 40,
                                       .code = SI_QUEUE,
                                       .pid = ::getpid(),
                                       .uid = ::getuid(),
                                       .value = kValue}));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(5);
    const std::optional<SignalInfo> died = RecvSoon(c);
    ASSERT_TRUE(died);
    EXPECT_EQ(died->signal, Signal(SIGCHLD));
    EXPECT_EQ(died->code, CLD_EXITED);
    EXPECT_EQ(died->pid, child);
    EXPECT_EQ(died->value, 5);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  });
}

TEST_P(SignalTest, NotifyInfoDeliversEachRealTimeSignalInOrder) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    constexpr int kSignals = 2000;
    auto c = MakeChan<SignalInfo>(kSignals);
    NotifyInfo(c, 40);
    for (int i = 0; i < kSignals; i++) RaiseQueued(40, i);
    for (int i = 0; i < kSignals; i++) {
      ASSERT_EQ(RecvSoon(c)->value, i);
    }
    EXPECT_EQ(Quiet(40),
              (Counters{.received = kSignals, .delivered = kSignals}));
  });
}

// Sent while nobody can receive; then the receiver gives way to the reader.
// TakenOffTheProcessor counts how often the system has taken a processor away
// from a thread of this process that wanted to go on.
long TakenOffTheProcessor() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

TEST(Signal, NotifyInfoNeedsNoMoreThanOnePlaceIfItsReaderKeepsUp) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {
    GTEST_SKIP() << "forced migration upsets the turns that this is about";
  }
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Child(1,
                    [] {
                      constexpr int kSignals = 200;
                      auto c = MakeChan<SignalInfo>(1);
                      NotifyInfo(c, 40);
                      const long taken_off = TakenOffTheProcessor();
                      {
                        sched::Pinned pin;
                        for (int i = 0; i < kSignals; i++) RaiseQueued(40, i);
                      }
                      // In order, and few are missing.
                      int received = 0;
                      std::int64_t last = -1;
                      while (last < kSignals - 1) {
                        std::int64_t value = RecvSoon(c)->value;
                        ASSERT_GT(value, last);
                        last = value;
                        received++;
                        const auto stats = gosling::signal::Stats(40);
                        if (stats.delivered + stats.dropped == kSignals &&
                            c.Len() == 0) {
                          break;
                        }
                      }
                      // If the system has kept it from a turn, it may not have
                      // kept up.
                      if (TakenOffTheProcessor() == taken_off) {
                        EXPECT_GT(received, kSignals / 2);
                      }
                    }),
              testing::ExitedWithCode(0), "");
}

// A process stopped or crowded out for 15 ms, longer than a slice, has not had
// its slice.
TEST(Patience, IsSpentByRunningAndNotByBeingKeptFromIt) {
  signals::Patience patience;
  EXPECT_TRUE(patience.Left());
  patience.Spend([] { std::this_thread::sleep_for(15ms); });
  EXPECT_TRUE(patience.Left());
  patience.Spend([] {
    const std::int64_t start = sched::os::ProcessCpuTime();
    while (sched::os::ProcessCpuTime() - start < 11'000'000) {
    }
  });
  EXPECT_FALSE(patience.Left());
}

// A backlog for a small channel, a reader whose turn comes late: without a
// limit each of the thousand would keep the next signal waiting for a turn.
TEST(Signal, ASlowReaderKeepsNobodyElsesSignalsWaiting) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      Child(1,
            [] {
              auto slow = MakeChan<SignalInfo>(1);
              auto other = MakeChan<SignalInfo>(1);
              NotifyInfo(slow, 40);
              NotifyInfo(other, 41);
              std::atomic<bool> stop{false};
              sync::WaitGroup others;
              std::atomic<int> turns{0};
              others.Go([&] {
                while (!stop) {
                  const auto start = std::chrono::steady_clock::now();
                  while (std::chrono::steady_clock::now() - start < 5ms) {
                  }
                  turns++;
                  runtime::Gosched();
                }
              });
              others.Go([&] {
                for (SignalInfo info : slow) static_cast<void>(info);
              });
              {
                sched::Pinned pin;
                for (int i = 0; i < 1000; i++) RaiseQueued(40, i);
                RaiseQueued(41, 1);
              }
              const int before = turns;
              EXPECT_EQ(other.Recv()->value, 1);
              EXPECT_LT(turns - before, 100);
              stop = true;
              Stop(slow);
              slow.Close();
              others.Wait();
            }),
      testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, PlainChannelsGetQueuedSignalsToo) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    auto plain = MakeChan<Signal>(100);
    auto info = MakeChan<SignalInfo>(100);
    Notify(plain, 40);
    NotifyInfo(info, 40);
    for (int i = 0; i < 50; i++) RaiseQueued(40, i);
    for (int i = 0; i < 50; i++) {
      ASSERT_EQ(RecvSoon(info)->value, i);
      ASSERT_EQ(RecvSoon(plain), Signal(40));
    }
    Stop(info);
    RaiseQueued(40, 1);
    EXPECT_EQ(RecvSoon(plain), Signal(40));
  });
}

TEST(Signal, ABurstThatIsTooLongMergesAndIsAccountedFor) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      Child(1,
            [] {
              constexpr std::uint64_t kSignals = 10'000;
              constexpr std::uint64_t kRing = signals::InfoRing::kCapacity;
              auto c = MakeChan<SignalInfo>(kSignals);
              NotifyInfo(c, 40);
              {
                sched::Pinned pin;
                for (std::uint64_t i = 0; i < kSignals; i++) {
                  RaiseQueued(40, static_cast<std::int64_t>(i));
                }
              }
              for (std::uint64_t i = 0; i <= kRing; i++) {
                ASSERT_EQ(RecvSoon(c)->value, static_cast<std::int64_t>(i));
              }
              EXPECT_EQ(Quiet(40), (Counters{.received = kSignals,
                                             .coalesced = kSignals - kRing - 1,
                                             .delivered = kRing + 1}));
            }),
      testing::ExitedWithCode(0), "");
}

// --- Stop (73, 75) ---

TEST_P(SignalTest, StopBringsBackTheHandlerThatWasThereBefore) {
  Program([] {
    InstallCounter(SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    Stop(a);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR1));
    EXPECT_EQ(handled, 1) << "somebody still wanted it";
    Stop(b);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 2);
    EXPECT_EQ(a.Len() + b.Len(), 0u);
  });
}

TEST_P(SignalTest, StopLeavesAHandlerThatWasInstalledOverOurs) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    InstallCounter(SIGUSR1);
    Stop(c);
    EXPECT_EQ(HandlerOf(SIGUSR1), CountHandled);
  });
}

TEST_P(SignalTest, AfterStopTheDefaultActionIsBack) {
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c, SIGTERM);
                      KillSelf(SIGTERM);
                      EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
                      Stop(c);
                      Stop(c);  // no-op
                      KillSelf(SIGTERM);
                      ADD_FAILURE() << "survived";
                    }),
              testing::KilledBySignal(SIGTERM), "");
}

TEST_P(SignalTest, NothingArrivesAfterStop) {
  Program([] {
    InstallCounter(SIGUSR1);  // for stragglers
    auto keeper = MakeChan<Signal>(1);
    Notify(keeper, SIGUSR1);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) KillSelf(SIGUSR1);
    });
    for (int i = 0; i < 50; i++) {
      auto c = MakeChan<Signal>(1000);
      Notify(c, SIGUSR1);
      c.Recv();
      Stop(c);
      const std::size_t len = c.Len();
      keeper.Recv();
      keeper.Recv();  // there has been one since
      ASSERT_EQ(c.Len(), len);
    }
    stop = true;
    storm.join();
    Stop(keeper);
  });
}

TEST_P(SignalTest, StopMayBeCalledByManyAtOnce) {
  Program([] {
    InstallCounter(SIGUSR1);
    for (int round = 0; round < 20; round++) {
      auto c = MakeChan<Signal>(100);
      Notify(c, SIGUSR1);
      ::raise(SIGUSR1);
      sync::WaitGroup stoppers;
      for (int i = 0; i < 4; i++) {
        stoppers.Go([&] {
          Stop(c);
          EXPECT_EQ(c.Len(), 1u);
        });
      }
      stoppers.Wait();
      ::raise(SIGUSR1);
      EXPECT_EQ(c.Len(), 1u);
    }
    EXPECT_EQ(handled, 20);
  });
}

// Go: TestAtomicStop: a signal that races Stop is delivered or takes its default
// action, which is to die. In neither case has it vanished. qemu-user reads the
// handler twice, to see whether there is one and to call it: if that changes in
// between, it calls null.
bool DiedOrExited(int status) {
  return status == 0 ||
         (WIFSIGNALED(status) &&
          (WTERMSIG(status) == SIGINT ||
           (Emulator() != nullptr && WTERMSIG(status) == SIGSEGV)));
}

TEST_P(SignalTest, ASignalThatRacesStopNeverVanishes) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();  // and go nowhere if the handler has gone
  for (int i = 0; i < 10; i++) {
    EXPECT_EXIT(Child(GetParam(),
                      [] {
                        for (int i = 0; i < 10; i++) {
                          auto c = MakeChan<Signal>(1);
                          Notify(c, SIGINT);
                          sync::WaitGroup stopper;
                          stopper.Go([&] { Stop(c); });
                          KillSelf(SIGINT);
                          ASSERT_EQ(RecvSoon(c), Signal(SIGINT));
                          stopper.Wait();
                        }
                      }),
                DiedOrExited, "");
  }
}

// The same with a handler instead of death, so that many races can be run: each
// signal is seen on one side, exactly once. qemu-user reads a handler and its
// flags one after the other, and on arm the flags say what the handler is given.
TEST_P(SignalTest, ASignalThatRacesStopIsSeenOnce) {
  if (sizeof(void*) == 4) SKIP_IF_EMULATED("mixes up two handlers' arguments");
  Program([] {
    InstallCounter(SIGUSR1);
    const int rounds = kSanitized ? 200 : 1000;
    int delivered = 0;
    for (int i = 0; i < rounds; i++) {
      auto c = MakeChan<Signal>(1);
      Notify(c, SIGUSR1);
      std::atomic<bool> go{false};
      std::thread sender([&] {
        while (!go) {
        }
        ::raise(SIGUSR1);
      });
      go = true;
      Stop(c);
      sender.join();
      delivered += static_cast<int>(c.Len());
      ASSERT_EQ(delivered + handled, i + 1);
    }
  });
}

// --- Reset, Ignore, Ignored (71, 72) ---

TEST_P(SignalTest, ResetUndoesEveryNotifyOfTheSignal) {
  Program([] {
    InstallCounter(SIGUSR1);
    InstallCounter(SIGUSR2);
    auto a = MakeChan<Signal>(1);
    auto b = MakeChan<Signal>(1);
    Notify(a, SIGUSR1);
    Notify(b, SIGUSR1, SIGUSR2);
    Reset(SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 1);
    ::raise(SIGUSR2);
    EXPECT_EQ(RecvSoon(b), Signal(SIGUSR2));
    Reset();
    ::raise(SIGUSR2);
    EXPECT_EQ(handled, 2);
    Notify(a, SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(RecvSoon(a), Signal(SIGUSR1));
    EXPECT_EQ(b.Len(), 0u);
  });
}

TEST_P(SignalTest, IgnoredSignalsDoNothingUntilTheNextNotify) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGTERM, SIGINT);
    EXPECT_FALSE(Ignored(SIGTERM));
    signal::Ignore(SIGTERM);
    EXPECT_TRUE(Ignored(SIGTERM));
    EXPECT_FALSE(Ignored(SIGINT));
    KillSelf(SIGTERM);
    KillSelf(SIGINT);
    EXPECT_EQ(RecvSoon(c), Signal(SIGINT)) << "not SIGTERM";
    Notify(c, SIGTERM);
    EXPECT_FALSE(Ignored(SIGTERM));
    KillSelf(SIGTERM);
    EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
    Stop(c);
    EXPECT_TRUE(Ignored(SIGTERM)) << "ignored is what it was before Notify";
    KillSelf(SIGTERM);
  });
}

TEST_P(SignalTest, ResetDoesNotUndoIgnore) {
  Program([] {
    signal::Ignore(SIGTERM);
    Reset(SIGTERM);
    EXPECT_TRUE(Ignored(SIGTERM));
    Reset();
    EXPECT_TRUE(Ignored(SIGTERM));
    KillSelf(SIGTERM);
  });
}

TEST_P(SignalTest, IgnoreWithoutSignalsMeansAll) {
  Program([] {
    signal::Ignore();
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGKILL || sig == SIGSTOP || ReservedByLibc(sig)) {
        EXPECT_FALSE(Ignored(sig)) << sig;
        continue;
      }
      EXPECT_TRUE(Ignored(sig)) << sig;
      KillSelf(sig);
    }
  });
}

TEST_P(SignalTest, AnInheritedIgnoreIsOverriddenByNotifyAndComesBack) {
  Program([] {
    ::signal(SIGHUP, SIG_IGN);
    EXPECT_TRUE(Ignored(SIGHUP));
    EXPECT_FALSE(Ignored(SIGINT));
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGHUP);
    EXPECT_FALSE(Ignored(SIGHUP));
    KillSelf(SIGHUP);
    EXPECT_EQ(RecvSoon(c), Signal(SIGHUP));
    Stop(c);
    EXPECT_TRUE(Ignored(SIGHUP));
    KillSelf(SIGHUP);
  });
}

TEST_P(SignalTest, DispositionsAreTheProgramsUntilItAsks) {
  Program([] {
    std::array<void (*)(int), 65> before;
    for (int sig = 1; sig <= LastSignal(); sig++) {
      before[static_cast<std::size_t>(sig)] = HandlerOf(sig);
    }
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    KillSelf(SIGUSR1);
    RecvSoon(c);
    for (int sig = 1; sig <= LastSignal(); sig++) {
      if (sig == SIGUSR1) continue;
      EXPECT_EQ(HandlerOf(sig), before[static_cast<std::size_t>(sig)]) << sig;
    }
    Stop(c);
    EXPECT_EQ(HandlerOf(SIGUSR1), before[SIGUSR1]);
  });
}

// --- Faults ---

TEST_P(SignalTest, AFaultIsNotDeliveredButDoesWhatItDid) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
                      KillSelf(SIGSEGV);
                      EXPECT_EQ(RecvSoon(c), Signal(SIGSEGV));
                      volatile int* volatile nowhere = nullptr;
                      *nowhere = 1;  // NOLINT
                    }),
              testing::ExitedWithCode(2), "\\[signal SIGSEGV: ");
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
#if defined(__x86_64__) || defined(__i386__)
                      asm volatile("int3");
#elif defined(__aarch64__)
                      asm volatile("brk #0");
#else
                      asm volatile("bkpt #0");
#endif
                    }),
              testing::KilledBySignal(SIGTRAP), "");
}

[[gnu::noinline]] int Recurse(int depth) {
  volatile char room[1024];
  room[0] = static_cast<char>(depth);
  const int deeper = depth == 0 ? 0 : Recurse(depth - 1);
  return room[0] + deeper;
}

TEST_P(SignalTest, AStackOverflowIsStillReported) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c);
                      signal::Ignore(SIGSEGV);
                      EXPECT_EQ(Recurse(1'000'000), 0);
                    }),
              testing::ExitedWithCode(2), "fatal error: stack overflow");
}

#if defined(__x86_64__) || defined(__i386__)
constexpr int kFault = SIGFPE;
void CauseFault() {
  volatile int number = 0;
  number = 7 / number;
}
#else  // a division by zero is no fault there
constexpr int kFault = SIGSEGV;
void CauseFault() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;  // NOLINT
}
#endif

TEST_P(SignalTest, AFaultReachesTheHandlerThatWasThereBefore) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports faults itself";
#endif
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      struct sigaction action = {};
                      action.sa_flags = SA_SIGINFO;
                      action.sa_sigaction = [](int sig, siginfo_t* info,
                                               void*) {
                        ::_exit(sig == kFault && info->si_code > 0 ? 7 : 8);
                      };
                      ASSERT_EQ(::sigaction(kFault, &action, nullptr), 0);
                      auto c = MakeChan<Signal>(1);
                      Notify(c, kFault);
                      CauseFault();
                    }),
              testing::ExitedWithCode(7), "");
}

// --- Default actions ---

// A stop signal stops the process when nobody wants it any more.
TEST_P(SignalTest, AStopSignalStopsTheProcessOnlyWhenNobodyWantsIt) {
  EXPECT_EXIT(
      {
        const pid_t child = ::fork();
        if (child < 0) std::abort();  // kill(-1) would be everybody's
        if (child == 0) {
          ::setpgid(0, 0);
          Child(GetParam(), [] {
            auto c = MakeChan<Signal>(1);
            Notify(c, SIGTSTP);
            KillSelf(SIGTSTP);
            EXPECT_EQ(RecvSoon(c), Signal(SIGTSTP));
            Stop(c);
            KillSelf(SIGTSTP);  // stops here until SIGCONT
          });
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, WUNTRACED), child);
        EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
        EXPECT_EQ(::kill(child, SIGCONT), 0);
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        ExitChild();
      },
      testing::ExitedWithCode(0), "");
}

// --- Masks ---

// Blocked before the runtime starts, so in every thread of it.
TEST_P(SignalTest, ASignalThatIsBlockedEverywhereIsDeliveredWhileWanted) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  EXPECT_EXIT(
      {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
        InstallCounter(SIGUSR1);
        RunWith(GetParam(), [] {
          auto a = MakeChan<Signal>(1);
          auto b = MakeChan<Signal>(1);
          Notify(a, SIGUSR2);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(a), Signal(SIGUSR2));
          // The receiver sleeps by now, or soon, with SIGUSR1 blocked.
          Notify(b, SIGUSR1);
          for (int i = 0; i < 100; i++) {
            KillSelf(SIGUSR1);
            ASSERT_EQ(RecvSoon(b), Signal(SIGUSR1));
          }
          Stop(b);
          KillSelf(SIGUSR1);
          KillSelf(SIGUSR2);
          EXPECT_EQ(RecvSoon(a), Signal(SIGUSR2));
          sigset_t pending;
          ::sigpending(&pending);
          EXPECT_EQ(sigismember(&pending, SIGUSR1), 1) << "blocked again";
          EXPECT_EQ(handled, 0);
        });
        ExitChild();
      },
      testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, ThreadsKeepTheirMasks) {
  Program([] {
    const signals::SignalSet before = Blocked();
    auto c = MakeChan<Signal>(1);
    Notify(c);
    for (int i = 0; i < 20; i++) {
      KillSelf(SIGUSR1);
      RecvSoon(c);
      EXPECT_EQ(Blocked(), before);
    }
    Stop(c);
    EXPECT_EQ(Blocked(), before);
  });
}

// --- Errors ---

TEST_P(SignalTest, BadArgumentsAreRefusedAndChangeNothing) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    auto i = MakeChan<SignalInfo>(1);
    const auto message = [&](int sig) {
      return PanicOf([&] { Notify(c, SIGUSR1, sig); });
    };
    EXPECT_EQ(PanicOf([] { Notify(Chan<Signal>(), SIGINT); }),
              "os/signal: Notify using nil channel");
    EXPECT_EQ(PanicOf([] { NotifyInfo(nullptr); }),
              "os/signal: NotifyInfo using nil channel");
    EXPECT_EQ(message(77), "signal: Notify of invalid signal 77");
    EXPECT_EQ(message(65), "signal: Notify of invalid signal 65");
    EXPECT_EQ(message(0), "signal: Notify of invalid signal 0");
    EXPECT_EQ(message(-1), "signal: Notify of invalid signal -1");
    EXPECT_EQ(message(SIGKILL),
              "signal: Notify of SIGKILL, which cannot be caught");
    EXPECT_EQ(message(SIGSTOP),
              "signal: Notify of SIGSTOP, which cannot be caught");
    EXPECT_EQ(
        message(32),
        "signal: Notify of signal 32, which is reserved by the C library");
    EXPECT_EQ(
        message(33),
        "signal: Notify of signal 33, which is reserved by the C library");
    EXPECT_EQ(PanicOf([&] { NotifyInfo(i, 99); }),
              "signal: NotifyInfo of invalid signal 99");
    EXPECT_EQ(PanicOf([] { signal::Ignore(SIGKILL); }),
              "signal: Ignore of SIGKILL, which cannot be caught");
    EXPECT_EQ(PanicOf([] { Reset(0); }), "signal: Reset of invalid signal 0");
    EXPECT_EQ(PanicOf([] { (void)Ignored(65); }),
              "signal: Ignored of invalid signal 65");
    EXPECT_EQ(PanicOf([] { (void)Stats(1000); }),
              "signal: Stats of invalid signal 1000");
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL) << "the good one among them";
    Stop(Chan<Signal>());
    Reset(SIGKILL);
  });
}

TEST_P(SignalTest, WithoutADescriptorForThePipeNotifySaysSoAndMayBeRetried) {
  Program([] {
    rlimit old;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit none = {static_cast<rlim_t>(next), old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    auto c = MakeChan<Signal>(1);
    EXPECT_EQ(PanicOf([&] { Notify(c, SIGUSR1); }),
              std::string("signal: no pipe to wake the receiver: ") +
                  std::strerror(EMFILE));
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
    Notify(c, SIGUSR1);
    KillSelf(SIGUSR1);
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
  });
}

TEST_P(SignalTest, ASignalForAClosedChannelIsAPanic) {
  EXPECT_EXIT(Child(GetParam(),
                    [] {
                      auto c = MakeChan<Signal>(1);
                      Notify(c, SIGUSR1);
                      c.Close();
                      KillSelf(SIGUSR1);
                      time::Sleep(20s);  // the panic comes before
                    }),
              testing::ExitedWithCode(2), "panic: send on closed channel");
}

TEST_P(SignalTest, NoDeadlockIsReportedWhileASignalMightCome) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGALRM);
    itimerval timer = {};
    timer.it_value.tv_usec = 50'000;
    ASSERT_EQ(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
    EXPECT_EQ(c.Recv(), Signal(SIGALRM));
  });
}

// TimeLimit's thread might still send, for all the runtime knows, so not here.
TEST_P(SignalTest, AfterStopADeadlockIsReportedAgain) {
  EXPECT_EXIT(
      {
        runtime::GOMAXPROCS(GetParam());
        gosling::Run([] {
          auto c = MakeChan<Signal>(1);
          Notify(c, SIGUSR1);
          KillSelf(SIGUSR1);
          c.Recv();
          Stop(c);
          c.Recv();
        });
      },
      testing::ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

// --- The handler's manners ---

TEST_P(SignalTest, TheHandlerLeavesErrnoAlone) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    // The pipe is as good as full: what the handler writes fails with EAGAIN.
    const int fd = sched::PipeNoteTestPeer::WriteFd(Peer::Pipe());
    while (!Peer::Receiving()) runtime::Gosched();
    sched::Pinned pin;
    char bytes[4096] = {};
    while (::write(fd, bytes, sizeof bytes) > 0) {
    }
    while (::write(fd, bytes, 1) > 0) {
    }
    errno = 1234;
    ::raise(SIGUSR1);
    EXPECT_EQ(errno, 1234);
  });
}

TEST_P(SignalTest, SystemCallsAreRestarted) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    std::atomic<std::int64_t> tid{0};
    std::thread reader([&] {
      tid = sched::os::ThreadId();
      char byte;
      EXPECT_EQ(::read(fds[0], &byte, 1), 1) << std::strerror(errno);
    });
    while (tid == 0) runtime::Gosched();
    for (int i = 0; i < 20; i++) {
      ASSERT_EQ(SignalThread(tid, SIGUSR1), 0);
      EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
    ASSERT_EQ(::write(fds[1], "", 1), 1);
    reader.join();
  });
}

// A handler that is not SA_RESTART hits the thread that reads the pipe.
TEST_P(SignalTest, AnInterruptedReadOfThePipeIsReadAgain) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    InstallCounter(SIGUSR2);  // without SA_RESTART
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    for (int i = 0; i < 20; i++) {
      while (!Peer::Receiving()) runtime::Gosched();
      const int before = handled;
      for (std::int64_t tid : ThreadsThatTake(SIGUSR2))
        SignalThread(tid, SIGUSR2);
      while (handled == before) runtime::Gosched();
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
  });
}

// Go's first pipe note took descriptor 0 for "none".
TEST_P(SignalTest, DescriptorZeroIsADescriptor) {
  Program([] {
    ::close(0);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    EXPECT_EQ(sched::PipeNoteTestPeer::ReadFd(Peer::Pipe()), 0);
    for (int i = 0; i < 10; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
  });
}

// --- Children (93) ---

// Spawn runs a shell command and returns its exit status.
int Spawn(const char* command) {
  char sh[] = "sh";
  char c[] = "-c";
  std::string copy = command;
  char* argv[] = {sh, c, copy.data(), nullptr};
  pid_t pid;
  if (::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, argv, environ) != 0) {
    return -1;
  }
  int status = -1;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

TEST_P(SignalTest, ChildrenGetNoDescriptorOfThePipe) {
  Program([] {
    constexpr char kList[] = "ls -l /proc/$$/fd | sed -n 's/.*-> //p' > %s";
    const std::string folder = testing::TempDir();
    const auto list = [&](const char* name) {
      const std::string file =
          folder + "/signal_test_" + std::to_string(::getpid()) + name;
      char command[500];
      std::snprintf(command, sizeof command, kList, file.c_str());
      Spawn(command);
      std::ifstream in(file);
      std::multiset<std::string> lines;
      for (std::string line; std::getline(in, line);) lines.insert(line);
      std::filesystem::remove(file);
      return lines;
    };
    // Children are being started all the while that the pipe comes into being.
    std::atomic<bool> stop{false};
    std::multiset<std::string> during;
    std::thread spawner([&] {
      do {
        during.merge(list("during"));
      } while (!stop);
    });
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    stop = true;
    spawner.join();
    const int fd = sched::PipeNoteTestPeer::ReadFd(Peer::Pipe());
    const std::string pipe =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
    EXPECT_EQ(pipe.substr(0, 5), "pipe:");
    EXPECT_EQ(during.count(pipe), 0u);
    const auto after = list("after");
    EXPECT_EQ(after.count(pipe), 0u);
    EXPECT_GE(after.size(), 3u);
  });
}

TEST_P(SignalTest, AForkedChildHasItsFormerDispositionsAndDisturbsNobody) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program([] {
    InstallCounter(SIGUSR1);
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGUSR1, SIGTERM);
    for (int i = 0; i < 10; i++) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::raise(SIGUSR1);  // counted, not sent
        if (handled != 1) ::_exit(1);
        ::raise(SIGTERM);  // dies
        ::_exit(2);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
    }
    EXPECT_EQ(c.Len(), 0u);
    KillSelf(SIGTERM);
    EXPECT_EQ(RecvSoon(c), Signal(SIGTERM));
  });
}

// --- NotifyContext (77) ---

TEST_P(SignalTest, NotifyContextEndsWithTheSignalAndSaysWhich) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::Background(), SIGUSR1, SIGINT);
    EXPECT_EQ(ctx.String(),
              "signal.NotifyContext(context.Background, [user defined signal 1 "
              "interrupt])");
    EXPECT_FALSE(ctx.Err());
    KillSelf(SIGINT);
    ctx.Done().Recv();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    EXPECT_EQ(context::Cause(ctx).message(), "interrupt signal received");
    ::raise(SIGINT);  // swallowed until stop
    ::raise(SIGUSR1);
    EXPECT_NE(HandlerOf(SIGINT), SIG_DFL);
    stop();
    EXPECT_EQ(HandlerOf(SIGINT), SIG_DFL);
    EXPECT_EQ(context::Cause(ctx).message(), "interrupt signal received");
    stop();
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextEndsWithStop) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::Background(), {SIGUSR1});
    stop();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    EXPECT_TRUE(context::Cause(ctx) == context::Canceled);
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextEndsWithItsParent) {
  Program([] {
    auto [parent, cancel] = context::WithCancel(context::Background());
    auto [ctx, stop] = NotifyContext(parent, SIGUSR1);
    cancel();
    EXPECT_TRUE(ctx.Err() == context::Canceled);
    ::raise(SIGUSR1);  // still swallowed
    stop();
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    auto [late, stop_late] = NotifyContext(parent, SIGUSR1);
    EXPECT_TRUE(late.Err() == context::Canceled);
    stop_late();
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

TEST_P(SignalTest, NotifyContextWithoutSignalsMeansAll) {
  Program([] {
    auto [ctx, stop] = NotifyContext(context::TODO());
    EXPECT_EQ(ctx.String(), "signal.NotifyContext(context.TODO)");
    KillSelf(SIGWINCH);
    ctx.Done().Recv();
    EXPECT_EQ(context::Cause(ctx).message(), "window changed signal received");
    stop();
  });
}

TEST_P(SignalTest, NotifyContextRefusesWhatNotifyDoes) {
  Program([] {
    EXPECT_EQ(PanicOf([] {
                (void)NotifyContext(context::Background(), SIGUSR1, SIGKILL);
              }),
              "signal: Notify of SIGKILL, which cannot be caught");
    EXPECT_EQ(PanicOf([] { (void)NotifyContext(nullptr, SIGUSR1); }),
              "cannot create context from nil parent");
    EXPECT_EQ(HandlerOf(SIGUSR1), SIG_DFL);
    EXPECT_EQ(AwaitGoroutines(1), 1);
  });
}

// A program that stops as soon as it is told to, from all sides.
TEST_P(SignalTest, NotifyContextsMayBeStoppedWhileTheSignalComes) {
  Program([] {
    auto keep = MakeChan<Signal>(1);
    Notify(keep, SIGUSR1);
    for (int i = 0; i < (kSanitized ? 20 : 200); i++) {
      auto [ctx, stop] = NotifyContext(context::Background(), SIGUSR1);
      sync::WaitGroup group;
      group.Go([] { ::raise(SIGUSR1); });
      group.Go(stop);
      group.Go(stop);
      group.Wait();
      EXPECT_TRUE(ctx.Err() == context::Canceled);
    }
    EXPECT_EQ(AwaitGoroutines(1), 1);
    Stop(keep);
  });
}

// --- Storms (70) ---

// Everything at once, from threads: whatever is received is accounted for,
// every real-time signal that was sent is received, and the last ones arrive.
TEST_P(SignalTest, InAStormEverythingIsAccountedForAndTheLastOneArrives) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    // Of many SIGSEGVs that are sent qemu-user dies itself.
    const int fault = Emulator() == nullptr ? SIGSEGV : SIGHUP;
    const std::array<int, 7> signals = {SIGUSR1, SIGTERM, SIGWINCH,    fault,
                                        35,      40,      LastSignal()};
    const int sends = kSanitized ? 300 : 3000;
    constexpr int kThreads = 3;
    // For stragglers that the kernel delivers after Stop.
    for (int sig : signals) InstallCounter(sig);
    auto few = MakeChan<Signal>(1);
    auto some = MakeChan<SignalInfo>(16);
    Notify(few, std::vector<Signal>(signals.begin(), signals.end()));
    NotifyInfo(some, SIGUSR1, 35, LastSignal());
    std::atomic<bool> stop{false};
    sync::WaitGroup readers;
    std::array<std::atomic<std::uint64_t>, 65> seen = {};
    readers.Go([&] {
      for (Signal s : few) seen[static_cast<std::size_t>(s.number())]++;
    });
    readers.Go([&] {
      for (SignalInfo s : some)
        seen[static_cast<std::size_t>(s.signal.number())]++;
    });
    // Work, so that signals land in the middle of things.
    auto ball = MakeChan<int>();
    readers.Go([&] {
      while (!stop) ball.Send(1);
      ball.Close();
    });
    readers.Go([&] {
      while (ball.Recv()) {
        try {
          throw std::vector<int>(100);
        } catch (const std::vector<int>& v) {
          EXPECT_EQ(v.size(), 100u);
        }
      }
    });
    std::array<std::atomic<std::uint64_t>, 65> sent = {};
    // Not the senders: what a thread has pending when it ends is lost.
    const std::vector<std::int64_t> tids = ThreadsThatTake(SIGUSR1);
    std::vector<std::thread> senders;
    for (int t = 0; t < kThreads; t++) {
      senders.emplace_back([&, t] {
        for (int i = 0; i < sends; i++) {
          for (int sig : signals) {
            int result;
            switch (kSignalsPutOff ? 3 : (i + t) % 3) {
              case 3:
                result = ::raise(sig);
                break;
              case 0:
                result = ::kill(::getpid(), sig);
                break;
              case 1:
                result = QueueToProcess(sig, 0) ? 0 : -1;
                break;
              default:
                result = SignalThread(
                    tids[static_cast<std::size_t>(i) % tids.size()], sig);
                break;
            }
            if (result == 0) sent[static_cast<std::size_t>(sig)]++;
          }
        }
      });
    }
    while (!senders.empty()) {
      senders.back().join();
      senders.pop_back();
    }
    const auto limit = std::chrono::steady_clock::now() + 20s;
    for (int sig : signals) {
      const std::uint64_t n = sent[static_cast<std::size_t>(sig)];
      while (sig >= 35 && Stats(sig).received < n) {  // still with the kernel
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
      const Counters c = Quiet(sig);
      EXPECT_EQ(c.received, c.coalesced + c.delivered + c.dropped) << sig;
      EXPECT_GT(c.received, 0u) << sig;
      if (sig >= 35) {
        EXPECT_EQ(c.received, n) << sig;
      }
    }
    // Once more, with everything calm: with room for it in the channels.
    for (int sig : signals) {
      while (few.Len() + some.Len() != 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
      const std::uint64_t before = seen[static_cast<std::size_t>(sig)];
      KillSelf(sig);
      while (seen[static_cast<std::size_t>(sig)] == before) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << sig;
        runtime::Gosched();
      }
    }
    stop = true;
    Stop(few);
    Stop(some);
    few.Close();
    some.Close();
    readers.Wait();
  });
}

TEST_P(SignalTest, NotifyAndStopMayBeCalledInAStorm) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  Program([] {
    auto keeper = MakeChan<Signal>(1);
    Notify(keeper, SIGUSR1, SIGUSR2, 40);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) {
        KillSelf(SIGUSR1);
        KillSelf(SIGUSR2);
        QueueToProcess(40, 0);
      }
    });
    sync::WaitGroup callers;
    for (int i = 0; i < 4; i++) {
      callers.Go([i] {
        for (int n = 0; n < 50; n++) {
          auto plain = MakeChan<Signal>(1);
          auto info = MakeChan<SignalInfo>(1);
          Notify(plain, SIGUSR1, SIGUSR2, 40);
          NotifyInfo(info, SIGUSR1, 40);
          if (i % 2 == 0) plain.Recv();
          Stop(info);
          Stop(plain);
        }
      });
    }
    callers.Wait();
    stop = true;
    storm.join();
    for (int sig : {SIGUSR1, SIGUSR2, 40}) {
      const Counters c = Quiet(sig);
      EXPECT_EQ(c.received, c.coalesced + c.delivered + c.dropped) << sig;
    }
  });
}

// --- Each note ---

class SignalNoteTest
    : public testing::TestWithParam<std::tuple<int, const char*>> {};

INSTANTIATE_TEST_SUITE_P(
    Notes, SignalNoteTest,
    testing::Combine(kProcs, testing::Values("pipe", "futex", "sema")),
    [](const testing::TestParamInfo<std::tuple<int, const char*>>& info) {
      return "Procs" + std::to_string(std::get<0>(info.param)) +
             std::get<1>(info.param);
    });

// A sema that hears of a signal on the very thread that sleeps on it may wait
// for itself for ever: that is why it is not the default. Its signals come on
// this thread, which is another one; the other notes' on any.
TEST_P(SignalNoteTest, EveryNoteDelivers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const int procs = std::get<0>(GetParam());
  const char* note = std::get<1>(GetParam());
  if (note == std::string_view("futex") &&
      !sched::os::FutexWakeIsSignalSafe()) {
    GTEST_SKIP() << "no futex for signal handlers";
  }
  EXPECT_EXIT(
      {
        ::setenv("GOSLING_SIGNOTE", note, 1);
        Child(procs, [note] {
          auto c = MakeChan<Signal>(1);
          Notify(c, SIGUSR1);
          for (int i = 0; i < 200; i++) {
            while (!Peer::Receiving()) runtime::Gosched();
            if (note == std::string_view("sema")) {
              ASSERT_EQ(::raise(SIGUSR1), 0);
            } else {
              KillSelf(SIGUSR1);
            }
            ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
          }
        });
      },
      testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, AnUnknownNoteIsFatalAtTheFirstNotify) {
  EXPECT_EXIT(
      {
        ::setenv("GOSLING_SIGNOTE", "eventfd", 1);
        Child(GetParam(), [] { Notify(MakeChan<Signal>(1), SIGUSR1); });
      },
      testing::ExitedWithCode(2),
      "fatal error: GOSLING_SIGNOTE=eventfd: the choices are pipe, futex and "
      "sema");
}

// --- Signal ---

TEST(Signal, SpeaksGosWords) {
  EXPECT_EQ(Signal(SIGINT).String(), "interrupt");
  EXPECT_EQ(Signal(SIGUSR1).String(), "user defined signal 1");
  EXPECT_EQ(Signal(SIGTTOU).String(), "stopped (tty output)");
  EXPECT_EQ(Signal(SIGSYS).String(), "bad system call");
  EXPECT_EQ(Signal(40).String(), "signal 40");
  EXPECT_EQ(Signal(32).String(), "signal 32");
  EXPECT_EQ(Signal(0).String(), "signal 0");
  EXPECT_EQ(Signal(-7).String(), "signal -7");
  EXPECT_EQ(Signal(1000).String(), "signal 1000");
}

TEST(Signal, IsAValue) {
  static_assert(Signal(SIGINT).number() == SIGINT);
  static_assert(Signal(SIGINT) == SIGINT && Signal() != SIGINT);
  EXPECT_EQ((std::unordered_set<Signal>{SIGINT, SIGINT, SIGTERM}.size()), 2u);
}

TEST_P(SignalTest, SignalsMayBeListedInEveryWay) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    auto i = MakeChan<SignalInfo>(1);
    const SendChan<Signal> send = c;
    const std::vector<Signal> list = {SIGUSR2};
    Notify(c, {SIGUSR1});
    Notify(send, list);
    NotifyInfo(i, {SIGWINCH, SIGURG});
    for (int sig : {SIGUSR1, SIGUSR2}) {
      KillSelf(sig);
      EXPECT_EQ(RecvSoon(c), Signal(sig));
    }
    KillSelf(SIGURG);
    EXPECT_EQ(RecvSoon(i)->signal, Signal(SIGURG));
    Reset({SIGUSR1});
    signal::Ignore({SIGUSR1, SIGUSR2});
    EXPECT_TRUE(Ignored(SIGUSR2));
    Reset(list);
    Stop(send);
    Stop(i);
  });
}

}  // namespace
}  // namespace gosling
