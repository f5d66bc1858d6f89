// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The bug that this project grew from (Go issue 31264), on purpose: a signal
// lands on a thread that holds the mutex of the note under signal_recv. With
// GOSLING_SIGNOTE=sema the handler waits for its own thread, for ever; with the
// pipe, which was the remedy, and with a futex there is nothing to wait for.
//
// The moment is arranged, not hoped for: the thread locks the note's mutex, as
// if it were inside of pthread_mutex_lock … unlock there, and raises the
// signal. A child process does that; the parent watches it from outside.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "sched/note.h"
#include "sched/os.h"
#include "signals/sigqueue.h"
#include "tests/system.h"

namespace gosling {

namespace sched {
struct SemaNoteTestPeer {
  static pthread_mutex_t& Mutex(SemaNote& note) { return note.mutex_; }
};
}  // namespace sched

namespace signals {
struct SigNoteTestPeer {
  static sched::SemaNote& Sema(SigNote& note) { return note.sema_; }
};
struct SigQueueTestPeer {
  static pthread_mutex_t& SemaMutex() {
    return sched::SemaNoteTestPeer::Mutex(
        SigNoteTestPeer::Sema(sigqueue.note_));
  }
  static bool Receiving() {
    return sigqueue.state_ == SigQueue::State::kReceiving;
  }
};
}  // namespace signals

namespace {

using Peer = signals::SigQueueTestPeer;

// What the child tells: one byte for each step.
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
    // The receiver is to be asleep, or the handler would have nobody to wake;
    // then it does not hold the mutex either.
    while (!Peer::Receiving()) runtime::Gosched();
    runtime::OnSystemStack([&] {
      pthread_mutex_t& mutex = Peer::SemaMutex();
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

// Program runs that with a note and watches what it tells. This process never
// uses the runtime, so forking is enough to start another one afresh.
class Program {
 public:
  explicit Program(const char* note) {
    std::array<int, 2> fds;
    if (sched::os::PipeCloexec(fds.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();  // kill(-1) would be everybody's
    if (pid_ == 0) {
      DieWithParent();
      ::setenv("GOSLING_SIGNOTE", note, 1);
      TakeASignalWhileTheMutexIsHeld(fds[1]);
    }
    ::close(fds[1]);
    report_ = fds[0];
  }

  ~Program() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(report_);
  }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

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
  const Program program("sema");
  ASSERT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  // "For ever" has to end some time: the others take microseconds.
  EXPECT_EQ(program.Next(std::chrono::seconds(2)), 0) << "the handler returned";
  EXPECT_TRUE(program.Alive());
}

TEST(SigNote, WithAPipeTheSameSignalIsDelivered) {
  const Program program("pipe");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

TEST(SigNote, WithAFutexTheSameSignalIsDelivered) {
  if (!sched::os::FutexWakeIsSignalSafe()) {
    GTEST_SKIP() << "no futex for signal handlers";
  }
  const Program program("futex");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

// No wish to hang by default.
TEST(SigNote, ThePipeIsTheDefault) {
  const Program program("");
  EXPECT_EQ(program.Next(kAnyTime), kBeforeTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kAfterTheSignal);
  EXPECT_EQ(program.Next(kAnyTime), kDelivered);
}

}  // namespace
}  // namespace gosling
