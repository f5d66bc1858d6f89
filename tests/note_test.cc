// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The three notes, at the level of threads: the contract they share, what only
// one of them does, and what becomes of each when it is woken from a signal
// handler.

#include "sched/os/note.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <thread>

#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "signals/note_pipe.h"
#include "tests/peers.h"
#include "tests/sanitizers.h"
#include "tests/system.h"

namespace gosling::sched {

using signals::PipeNote;
using signals::PipeNoteTestPeer;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

int ReadFd(const PipeNote& note) { return PipeNoteTestPeer::ReadFd(note); }
int WriteFd(const PipeNote& note) { return PipeNoteTestPeer::WriteFd(note); }

// BytesIn returns how many wakeups wait in the pipe.
int BytesIn(const PipeNote& note) {
  int n = -1;
  ::ioctl(ReadFd(note), FIONREAD, &n);
  return n;
}

// SetUp and Reset bridge what PipeNote has instead of Clear.
void SetUp(FutexNote*) {}
void SetUp(SemaNote*) {}
void SetUp(PipeNote* note) { ASSERT_EQ(note->Setup(), 0); }
void Reset(FutexNote* note) { note->Clear(); }
void Reset(SemaNote* note) { note->Clear(); }
void Reset(PipeNote*) {}
void TearDown(FutexNote*) {}
void TearDown(SemaNote*) {}
void TearDown(PipeNote* note) { PipeNoteTestPeer::Close(*note); }

// OnSignal installs a handler for SIGUSR1 that interrupts system calls.
void OnSignal(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
}

std::atomic<int> signals_handled{0};

// --- What all notes do ---

template <class T>
class AnyNote : public ::testing::Test {
 protected:
  void SetUp() override { sched::SetUp(&note_); }
  void TearDown() override { sched::TearDown(&note_); }

  T note_;
};

using Notes = ::testing::Types<FutexNote, SemaNote, PipeNote>;
TYPED_TEST_SUITE(AnyNote, Notes);

TYPED_TEST(AnyNote, RemembersAWakeupThatComesBeforeTheSleep) {
  this->note_.Wakeup();
  this->note_.Sleep();
}

TYPED_TEST(AnyNote, WakesAThreadThatSleeps) {
  std::atomic<std::int64_t> tid{0};
  int seen = 0;
  int written = 0;
  std::thread sleeper([&] {
    tid = os::ThreadId();
    this->note_.Sleep();
    seen = written;
  });
  while (tid == 0) os::Yield();
  WaitUntilAsleep(tid);
  written = 7;
  this->note_.Wakeup();
  sleeper.join();
  EXPECT_EQ(seen, 7);
}

TYPED_TEST(AnyNote, CarriesRoundAfterRoundBetweenTwoThreads) {
  constexpr int kRounds = 5'000;
  TypeParam& ping = this->note_;
  TypeParam pong;
  SetUp(&pong);
  int ball = 0;  // ordered by the notes alone
  std::thread other([&] {
    for (int i = 0; i < kRounds; i++) {
      ping.Sleep();
      Reset(&ping);
      ball++;
      pong.Wakeup();
    }
  });
  for (int i = 0; i < kRounds; i++) {
    ball++;
    ping.Wakeup();
    pong.Sleep();
    Reset(&pong);
  }
  other.join();
  EXPECT_EQ(ball, 2 * kRounds);
  TearDown(&pong);
}

// Go: TestSpuriousWakeupsNeverHangSemasleep.
TYPED_TEST(AnyNote, SleepsOnThroughSignals) {
  signals_handled = 0;
  OnSignal([](int) { signals_handled++; });
  std::atomic<std::int64_t> tid{0};
  std::atomic<bool> returned{false};
  std::thread sleeper([&] {
    tid = os::ThreadId();
    this->note_.Sleep();
    returned = true;
  });
  while (tid == 0) os::Yield();
  for (int i = 0; i < 10; i++) {
    WaitUntilAsleep(tid);
    ASSERT_FALSE(returned);
    ::pthread_kill(sleeper.native_handle(), SIGUSR1);
    while (signals_handled == i) os::Yield();
  }
  WaitUntilAsleep(tid);
  EXPECT_FALSE(returned);
  this->note_.Wakeup();
  sleeper.join();
}

// --- Timed waits and misuse: the two that have them ---

template <class T>
class TimedNote : public AnyNote<T> {};

using TimedNotes = ::testing::Types<FutexNote, SemaNote>;
TYPED_TEST_SUITE(TimedNote, TimedNotes);

TYPED_TEST(TimedNote, SleepForGivesUpWhenTheTimeIsUp) {
  std::int64_t start = os::Nanotime();
  EXPECT_FALSE(this->note_.SleepFor(20 * kMillisecond));
  EXPECT_GE(os::Nanotime() - start, 20 * kMillisecond);
}

TYPED_TEST(TimedNote, SleepForZeroOnlyLooks) {
  EXPECT_FALSE(this->note_.SleepFor(0));
  this->note_.Wakeup();
  EXPECT_TRUE(this->note_.SleepFor(0));
}

TYPED_TEST(TimedNote, SleepForReturnsEarlyWhenWoken) {
  std::atomic<std::int64_t> tid{0};
  bool woken = false;
  std::thread sleeper([&] {
    tid = os::ThreadId();
    woken = this->note_.SleepFor(INT64_MAX);
  });
  while (tid == 0) os::Yield();
  WaitUntilAsleep(tid);
  this->note_.Wakeup();
  sleeper.join();
  EXPECT_TRUE(woken);
}

TYPED_TEST(TimedNote, NegativeTimeIsNoLimit) {
  this->note_.Wakeup();
  EXPECT_TRUE(this->note_.SleepFor(-1));
}

TYPED_TEST(TimedNote, IsAsItWasAfterASleepThatGaveUp) {
  EXPECT_FALSE(this->note_.SleepFor(kMillisecond));
  EXPECT_FALSE(this->note_.SleepFor(kMillisecond));
  this->note_.Wakeup();
  EXPECT_TRUE(this->note_.SleepFor(kMillisecond));
}

// Sleeps that end at about the time of the wakeup: whichever way it goes, the
// two sides agree on it, and a wakeup that came too late is not lost.
TYPED_TEST(TimedNote, AgreesOnWhoWasFirstWhenWokenAtTheLastMoment) {
  constexpr int kRounds = 300;
  FutexNote start;
  FutexNote done;
  std::thread waker([&] {
    for (int i = 0; i < kRounds; i++) {
      start.Sleep();
      start.Clear();
      os::SleepNs(i % 100 * 1000);
      this->note_.Wakeup();
      done.Wakeup();
    }
  });
  for (int i = 0; i < kRounds; i++) {
    start.Wakeup();
    if (!this->note_.SleepFor(kMillisecond / 10)) this->note_.Sleep();
    done.Sleep();
    done.Clear();
    this->note_.Clear();
  }
  waker.join();
}

TYPED_TEST(TimedNote, SecondWakeupIsFatal) {
  this->note_.Wakeup();
  EXPECT_EXIT(this->note_.Wakeup(), ::testing::ExitedWithCode(2),
              "fatal error: notewakeup - double wakeup");
}

TYPED_TEST(TimedNote, ClearAllowsAnotherRound) {
  this->note_.Wakeup();
  this->note_.Clear();
  EXPECT_FALSE(this->note_.SleepFor(0));
  this->note_.Wakeup();
  EXPECT_TRUE(this->note_.SleepFor(0));
}

// --- Woken from a signal handler that interrupts the note itself ---

FutexNote futex_note;
SemaNote sema_note;
PipeNote pipe_note;

// DieIfHanging kills a test process that is not done in so many ns. With
// SIGKILL, because a handler that hangs may have any other signal blocked (under
// ThreadSanitizer it has).
void DieIfHanging(std::int64_t after) {
  std::thread([after] {
    os::SleepNs(after);
    ::kill(::getpid(), SIGKILL);
  }).detach();
}

// For what is to hang, and for what is not, however busy the machine is.
constexpr std::int64_t kSoon = 300 * kMillisecond;
constexpr std::int64_t kLate = 60'000 * kMillisecond;

// Go's issue 31264: the handler wants the mutex that its own thread holds.
TEST(SemaNoteDeathTest, HangsWhenAHandlerInterruptsTheHolderOfItsMutex) {
  EXPECT_EXIT(
      {
        OnSignal([](int) { sema_note.Wakeup(); });
        DieIfHanging(kSoon);
        ::pthread_mutex_lock(&SemaNoteTestPeer::Mutex(sema_note));
        ::raise(SIGUSR1);
        std::exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

// The remedies hold no lock that a handler could meet. Between a Clear and a
// Sleep is as good a place as any.
TEST(FutexNoteDeathTest, IsWokenByAHandlerOfTheThreadThatWillSleep) {
  EXPECT_EXIT(
      {
        OnSignal([](int) { futex_note.Wakeup(); });
        DieIfHanging(kLate);
        for (int i = 0; i < 1000; i++) {
          ::raise(SIGUSR1);
          futex_note.Sleep();
          futex_note.Clear();
        }
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(PipeNoteDeathTest, IsWokenByAHandlerOfTheThreadThatWillSleep) {
  EXPECT_EXIT(
      {
        if (pipe_note.Setup() != 0) std::exit(1);
        OnSignal([](int) { pipe_note.Wakeup(); });
        DieIfHanging(kLate);
        for (int i = 0; i < 1000; i++) {
          ::raise(SIGUSR1);
          pipe_note.Sleep();
        }
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

// A handler that interrupts the sleeping thread itself, inside read or the
// futex: the only thread there is.
template <class T>
void SleepUntilTheTimerFires(T* note, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigaction(SIGALRM, &action, nullptr);
  itimerval timer = {.it_interval = {}, .it_value = {0, 10'000}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
  note->Sleep();
}

TEST(FutexNote, IsWokenByAHandlerThatInterruptsTheSleep) {
  FutexNote* note = &futex_note;
  note->Clear();
  SleepUntilTheTimerFires(note, [](int) { futex_note.Wakeup(); });
  note->Clear();
}

TEST(PipeNote, IsWokenByAHandlerThatInterruptsTheSleep) {
  ASSERT_EQ(pipe_note.Setup(), 0);
  SleepUntilTheTimerFires(&pipe_note, [](int) { pipe_note.Wakeup(); });
  EXPECT_EQ(BytesIn(pipe_note), 0);
  PipeNoteTestPeer::Close(pipe_note);
}

TEST(FutexNote, ASleepUntilSignalEndsWithTheHandler) {
  if (kThreadSanitizer) GTEST_SKIP() << "the sleep is cut short there";
  if (!os::FutexWakeIsSignalSafe()) GTEST_SKIP() << "not a futex";
  FutexNote note;
  EXPECT_EQ(note.SleepUntilSignal(1), FutexNote::Slept::kTimeUp);
  std::atomic<bool> back{false};
  std::thread sleeper([&] {
    EXPECT_EQ(note.SleepUntilSignal(-1), FutexNote::Slept::kSignal);
    back = true;
    while (note.SleepUntilSignal(-1) != FutexNote::Slept::kWoken) {
    }
  });
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  // One may come before the thread sleeps.
  while (!back) {
    ::pthread_kill(sleeper.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  note.Wakeup();
  sleeper.join();
}

TEST(FutexNoteDeathTest, SecondSleeperIsFatal) {
  EXPECT_EXIT(
      {
        FutexNote note;
        std::atomic<std::int64_t> tid{0};
        std::thread sleeper([&] {
          tid = os::ThreadId();
          note.Sleep();
        });
        while (tid == 0) os::Yield();
        WaitUntilAsleep(tid);
        note.Sleep();
      },
      ::testing::ExitedWithCode(2), "fatal error: notesleep - two sleepers");
}

// --- The pipe ---

TEST(PipeNote, BothEndsCloseOnExecAndOnlyTheWriteEndDoesNotBlock) {
  PipeNote note;
  ASSERT_EQ(note.Setup(), 0);
  EXPECT_NE(::fcntl(ReadFd(note), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(WriteFd(note), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(::fcntl(ReadFd(note), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(WriteFd(note), F_GETFL) & O_NONBLOCK, 0);
  PipeNoteTestPeer::Close(note);
}

TEST(PipeNote, EachSleepConsumesOneWakeup) {
  PipeNote note;
  ASSERT_EQ(note.Setup(), 0);
  for (int i = 0; i < 3; i++) note.Wakeup();
  for (int left = 2; left >= 0; left--) {
    note.Sleep();
    EXPECT_EQ(BytesIn(note), left);
  }
  PipeNoteTestPeer::Close(note);
}

TEST(PipeNote, FullPipeIsHarmless) {
  PipeNote note;
  ASSERT_EQ(note.Setup(), 0);
  for (int i = 0; i < 70'001; i++) note.Wakeup();
  int held = BytesIn(note);
  EXPECT_GT(held, 0);
  EXPECT_LT(held, 70'001) << "the pipe was never full";
  for (int i = 0; i < held; i++) note.Sleep();
  note.Wakeup();
  note.Sleep();
  EXPECT_EQ(BytesIn(note), 0);
  PipeNoteTestPeer::Close(note);
}

// A program that was started without standard streams has no use for a pipe in
// their place.
TEST(PipeNoteDeathTest, LeavesStandardDescriptorsThatAreClosedAlone) {
  EXPECT_EXIT(
      {
        ::close(0);
        ::close(1);
        PipeNote note;
        bool ok = note.Setup() == 0 && ReadFd(note) > 2 && WriteFd(note) > 2;
        ok = ok && ::fcntl(0, F_GETFD) == -1 && ::fcntl(1, F_GETFD) == -1;
        note.Wakeup();
        note.Sleep();
        std::_Exit(ok ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(PipeNoteDeathTest, SecondSetupIsFatal) {
  EXPECT_EXIT(
      {
        PipeNote note;
        note.Setup();
        note.Setup();
      },
      ::testing::ExitedWithCode(2), "fatal error: PipeNote: set up twice");
}

TEST(PipeNote, SetupWithoutDescriptorsLeftSaysSoAndLeavesNothingOpen) {
  int next = ::dup(2);  // the lowest free descriptor
  ASSERT_GE(next, 0);
  ::close(next);
  rlimit old;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  for (int left : {0, 1}) {
    rlimit limit = {.rlim_cur = static_cast<rlim_t>(next + left),
                    .rlim_max = old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    PipeNote note;
    EXPECT_EQ(note.Setup(), -EMFILE) << left << " left";
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
    EXPECT_EQ(::fcntl(next, F_GETFD), -1);
    EXPECT_EQ(note.Setup(), 0) << "a failed Setup may be tried again";
    PipeNoteTestPeer::Close(note);
  }
}

// The program closed every descriptor, as daemons do. Better a fatal error than
// signals that never arrive.
TEST(PipeNoteDeathTest, DescriptorsClosedBehindItsBackAreFatal) {
  EXPECT_EXIT(
      {
        PipeNote note;
        note.Setup();
        ::close(WriteFd(note));
        note.Wakeup();
      },
      ::testing::ExitedWithCode(2), "fatal error: PipeNote: write .* closed");
  EXPECT_EXIT(
      {
        PipeNote note;
        note.Setup();
        ::close(ReadFd(note));
        note.Sleep();
      },
      ::testing::ExitedWithCode(2), "fatal error: PipeNote: read .* closed");
}

}  // namespace
}  // namespace gosling::sched
