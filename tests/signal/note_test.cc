// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The note under signal_recv: that each kind delivers, what the handler leaves alone,
// the pipe, and the bug that came from a note which a handler cannot use.

#include "sched/os/note.h"

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
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
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "signals/pipe.h"
#include "signals/sigqueue.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/peers.h"
#include "tests/signal/signal_testing.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using signal::Notify;
using signal::Signal;
using Peer = signals::SigQueueTestPeer;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// --- Each note ---

class SignalNoteTest
    : public ::testing::TestWithParam<std::tuple<int, const char*>> {};

INSTANTIATE_TEST_SUITE_P(
    Notes, SignalNoteTest,
    ::testing::Combine(kProcs, ::testing::Values("pipe", "futex", "sema")),
    [](const ::testing::TestParamInfo<std::tuple<int, const char*>>& info) {
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
      ::testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, AnUnknownNoteIsFatalAtTheFirstNotify) {
  EXPECT_EXIT(
      {
        ::setenv("GOSLING_SIGNOTE", "eventfd", 1);
        Child(GetParam(), [] { Notify(MakeChan<Signal>(1), SIGUSR1); });
      },
      ::testing::ExitedWithCode(2),
      "fatal error: GOSLING_SIGNOTE=eventfd: the choices are pipe, futex and "
      "sema");
}

// --- The handler's manners ---

TEST_P(SignalTest, TheHandlerLeavesErrnoAlone) {
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    // The pipe is as good as full: what the handler writes fails with EAGAIN.
    const int fd = signals::PipeNoteTestPeer::WriteFd(Peer::Pipe());
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

// --- The pipe ---

// With real signals: the pipe never fills, and the process goes on.
TEST(Signal, SeventyThousandSignalsWithTheReceiverStalledFillNothing) {
  Program(1, [] {
    constexpr std::uint64_t kSignals = 70'000;
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    {
      sched::Pinned pin;
      for (std::uint64_t i = 0; i < kSignals; i++) {
        std::raise(SIGUSR1);
      }
      int bytes = -1;
      ::ioctl(signals::PipeNoteTestPeer::ReadFd(Peer::Pipe()), FIONREAD,
              &bytes);
      EXPECT_LE(bytes, 1);
    }
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
    EXPECT_EQ(Quiet(SIGUSR1).received, kSignals);
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

TEST_P(SignalTest, AClosedDescriptorZeroIsNotForThePipe) {
  Program([] {
    ::close(0);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    EXPECT_GT(signals::PipeNoteTestPeer::ReadFd(Peer::Pipe()), 2);
    // A thread that was opening a file when 0 was closed holds it a moment more.
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!IsClosedDescriptor(0) && std::chrono::steady_clock::now() < limit) {
      runtime::Gosched();
    }
    EXPECT_TRUE(IsClosedDescriptor(0));
    for (int i = 0; i < 10; i++) {
      KillSelf(SIGUSR1);
      ASSERT_EQ(RecvSoon(c), Signal(SIGUSR1));
    }
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

TEST_P(SignalTest, ChildrenGetNoDescriptorOfThePipe) {
  Program([] {
    constexpr char kList[] = "ls -l /proc/$$/fd | sed -n 's/.*-> //p' > %s";
    const std::string folder = ::testing::TempDir();
    const auto list = [&](const char* name) {
      const std::string file =
          folder + "/signal_test_" + std::to_string(::getpid()) + name;
      char command[500];
      std::snprintf(command, sizeof command, kList, file.c_str());
      SpawnShell(command);
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
    const int fd = signals::PipeNoteTestPeer::ReadFd(Peer::Pipe());
    const std::string pipe =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
    EXPECT_EQ(pipe.substr(0, 5), "pipe:");
    EXPECT_EQ(during.count(pipe), 0u);
    const auto after = list("after");
    EXPECT_EQ(after.count(pipe), 0u);
    EXPECT_GE(after.size(), 3u);
  });
}

// --- Go issue 31264 ---

// The bug that this project grew from (Go issue 31264), on purpose: a signal
// lands on a thread that holds the mutex of the note under signal_recv. With
// GOSLING_SIGNOTE=sema the handler waits for its own thread, for ever; with the
// pipe, which was the remedy, and with a futex there is nothing to wait for.
//
// The moment is arranged, not hoped for: the thread locks the note's mutex, as
// if it were inside of pthread_mutex_lock … unlock there, and raises the
// signal. A child process does that; the parent watches it from outside.

// The child writes one byte for each step.
constexpr char kBeforeTheSignal = 'b';
constexpr char kAfterTheSignal = 'a';
constexpr char kDelivered = 'd';

[[noreturn]] void TakeASignalWhileTheMutexIsHeld(int report) {
  const auto tell = [report](char step) {
    if (::write(report, &step, 1) != 1) std::abort();
  };
  gosling::Run([&] {
    auto c = MakeChan<signal::Signal>(1);
    signal::Notify(c, SIGUSR1);
    // The receiver is to be asleep, or the handler would have no sleeper to
    // wake; then the receiver does not hold the mutex either.
    while (!Peer::Receiving()) runtime::Gosched();
    runtime::OnSystemStack([&] {
      pthread_mutex_t& mutex = sched::SemaNoteTestPeer::Mutex(
          signals::SigNoteTestPeer::Sema(Peer::Note(signals::sigqueue)));
      ::pthread_mutex_lock(&mutex);
      tell(kBeforeTheSignal);
      ::raise(SIGUSR1);
      tell(kAfterTheSignal);
      ::pthread_mutex_unlock(&mutex);
    });
    if (c.Recv() == signal::Signal(SIGUSR1)) tell(kDelivered);
  });
  ::_exit(0);
}

// Watched runs that with a note and watches what it writes. This process never
// uses the runtime, so forking is enough to start another one afresh.
class Watched {
 public:
  explicit Watched(const char* note) {
    std::array<int, 2> fds;
    if (signals::PipeCloexec(fds.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();  // kill(-1) would reach every process
    if (pid_ == 0) {
      DieWithParent();
      ::setenv("GOSLING_SIGNOTE", note, 1);
      TakeASignalWhileTheMutexIsHeld(fds[1]);
    }
    ::close(fds[1]);
    report_ = fds[0];
  }

  ~Watched() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(report_);
  }

  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // Next returns the next step, 0 if none comes within the time, or if the
  // program is gone.
  char Next(std::chrono::milliseconds limit) const {
    pollfd p = {.fd = report_, .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, static_cast<int>(limit.count())) != 1) return 0;
    char step = 0;
    return ::read(report_, &step, 1) == 1 ? step : '\0';
  }

  bool Alive() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  pid_t pid_;
  int report_;
};

constexpr std::chrono::seconds kAnyTime(30);

TEST(SigNote, WithSemaASignalThatLandsWhileItsMutexIsHeldHangsForEver) {
  const Watched program("sema");
  ASSERT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  // "For ever" has to end some time: the others take microseconds.
  EXPECT_EQ(program.Next(std::chrono::seconds(2)), 0) << "the handler returned";
  EXPECT_TRUE(program.Alive());
}

TEST(SigNote, WithAPipeTheSameSignalIsDelivered) {
  const Watched program("pipe");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

TEST(SigNote, WithAFutexTheSameSignalIsDelivered) {
  if (!sched::os::FutexWakeIsSignalSafe()) {
    GTEST_SKIP() << "no futex for signal handlers";
  }
  const Watched program("futex");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

// No wish to hang by default.
TEST(SigNote, ThePipeIsTheDefault) {
  const Watched program("");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

}  // namespace
}  // namespace gosling
