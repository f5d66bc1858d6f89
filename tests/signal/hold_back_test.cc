// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// In a storm, threads that run goroutines hold signals back (sched/storm.h).

#include <dlfcn.h>
#include <errno.h>
#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/poll/quiet.h"
#include "sched/os/note.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/shun.h"
#include "sched/storm.h"
#include "sched/storm_state.h"
#include "tests/signal/signal_testing.h"
#include "tests/system.h"

namespace gosling {
namespace {

// A signal that hits the receiver's thread where it reads its mask, before that
// or after. From then on looks count how often the receiver reads it there, and
// stranded is set if it finds blocked what nobody knows to be held back.
enum class Hits { kNever, kBefore, kAfter };
std::atomic<Hits> hits{Hits::kNever};
std::atomic<std::int64_t> hit_thread{0};
std::atomic<int> looks{0};
std::atomic<bool> stranded{false};

using Sigmask = int(int, const sigset_t*, sigset_t*);

int SigmaskOfReceiver(Sigmask* real, sigset_t* old) {
  const Hits now = hits.exchange(Hits::kNever);
  if (now == Hits::kBefore) QueueToThread(SIGUSR1, 0);
  const int err = real(SIG_BLOCK, nullptr, old);
  if (now == Hits::kAfter) QueueToThread(SIGUSR1, 0);
  if (now != Hits::kNever) {
    hit_thread = sched::os::ThreadId();
  } else if (hit_thread == sched::os::ThreadId()) {
    const std::uint64_t bit = std::uint64_t{1} << (SIGUSR1 - 1);
    if (sigismember(old, SIGUSR1) == 1 && (sched::HeldBack() & bit) == 0) {
      stranded = true;
    }
    looks++;
  }
  return err;
}

}  // namespace
}  // namespace gosling

// The library's calls come here.
int pthread_sigmask(int how, const sigset_t* set,
                    sigset_t* old) noexcept(noexcept(::pthread_sigmask(how, set,
                                                                       old))) {
  static const auto real = reinterpret_cast<gosling::Sigmask*>(
      ::dlsym(RTLD_NEXT, "pthread_sigmask"));
  const gosling::sched::M* const m = gosling::sched::CurrentM();
  if (set == nullptr && old != nullptr && m != nullptr && m->curg != nullptr &&
      m->curg->HasFlag(gosling::sched::kGSystem)) {
    return gosling::SigmaskOfReceiver(real, old);
  }
  return real(how, set, old);
}

namespace gosling {
namespace {

using namespace std::chrono_literals;
using signal::Notify;
using signal::Signal;
using signal::Stop;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

// A handler's context is a copy under ThreadSanitizer, and an emulator has one
// of its own.
#define SKIP_WITHOUT_HOLDING_BACK()           \
  SKIP_IF_SIGNALS_ARE_PUT_OFF();              \
  if (Emulator() != nullptr)                  \
  GTEST_SKIP() << "an emulator delivers the " \
                  "signals"

sigset_t ThisMask() {
  sigset_t now;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
  return now;
}

bool Blocks(int sig) {
  const sigset_t now = ThisMask();
  return sigismember(&now, sig) == 1;
}

// Sender is a process that sends to this one as fast as it can, from Start on.
class Sender {
 public:
  explicit Sender(std::vector<int> signals) : to_(::getpid()) {
    if (::pipe(starts_) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ != 0) return;
    char byte;
    if (::read(starts_[0], &byte, 1) != 1) ::_exit(1);
    while (::getppid() == to_) {
      for (int sig : signals) ::kill(to_, sig);
    }
    ::_exit(0);
  }
  void Start() { ASSERT_EQ(::write(starts_[1], "", 1), 1); }
  ~Sender() {
    ::kill(pid_, SIGKILL);
    ::close(starts_[0]);
    ::close(starts_[1]);
    ::waitpid(pid_, nullptr, 0);  // no call of the library: it might let go
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

 private:
  const pid_t to_;
  int starts_[2];
  pid_t pid_;
};

// StormUntil makes a storm of `sig` whose time is over then.
void StormUntil(int sig, std::int64_t nanotime) {
  sched::DeclareStorm(sig);
  sched::storm_state.until.store(nanotime, std::memory_order_relaxed);
}

// HoldBack makes the calling thread hold SIGUSR1 back, and nothing is called
// since that could let go of it. False: no luck in all this time. A signal that
// is queued is as good as one that was sent to the process: only what a thread
// raises is not held back.
bool HoldBack() {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < limit) {
    if (Blocks(SIGUSR1)) return true;
    EXPECT_TRUE(QueueToThread(SIGUSR1, 0));
  }
  return false;
}

// ReceiveStorm ends before the storm does, and the process with it.
void ReceiveStorm(Sender* sender) {
  for (int sig : {SIGUSR1, SIGUSR2}) InstallCounter(sig);
  auto c = MakeChan<Signal>(16);
  Notify(c, SIGUSR1, SIGUSR2);
  std::atomic<std::int64_t> worked{0};
  std::atomic<bool> stopping{false};
  sync::WaitGroup working;
  for (int i = 0; i < 2; i++) {
    working.Go([&] {
      while (!stopping) {
        worked++;
        runtime::Gosched();
      }
    });
  }
  int received[2] = {};
  sender->Start();
  while (received[0] < 500 || received[1] < 500) {
    const auto got = RecvSoon(c);
    ASSERT_TRUE(got);
    received[*got == Signal(SIGUSR1) ? 0 : 1]++;
  }
  EXPECT_GT(worked, 1000);
  stopping = true;
  working.Wait();
  Stop(c);
}

// What was 50 deliveries a second, on one core with the sender on another, is
// thousands; and the goroutine that computes goes on.
TEST_P(SignalTest, InAStormSignalsAreDeliveredAndGoroutinesGoOn) {
  SKIP_WITHOUT_HOLDING_BACK();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto body = [](int procs) {
    // It may run elsewhere; all threads of this process share one processor.
    Sender sender({SIGUSR1, SIGUSR2});
    StayOnOneProcessor();
    Child(procs, [&] { ReceiveStorm(&sender); });
  };
  EXPECT_EXIT(body(GetParam()), ::testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, AfterAStormEachThreadHasItsMaskBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(16);
    Notify(c, SIGUSR1, SIGUSR2, SIGWINCH);
    {
      Sender sender({SIGUSR1, SIGUSR2, SIGWINCH});
      sender.Start();
      for (int i = 0; i < 1'000; i++) ASSERT_TRUE(RecvSoon(c));
    }
    while (c.TryRecv()) continue;
    // Each M, at its next call; sleepers, when they have looked.
    std::vector<std::int64_t> all, usr1, usr2, winch;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    do {
      time::Sleep(1ms);
      all = ThreadsThatTake(SIGHUP);  // which nobody wants: sysmon blocks it
      usr1 = ThreadsThatTake(SIGUSR1);
      usr2 = ThreadsThatTake(SIGUSR2);
      winch = ThreadsThatTake(SIGWINCH);
      // A thread may have come or gone between two of these looks.
    } while ((usr1 != all || usr2 != all || winch != all) &&
             std::chrono::steady_clock::now() < limit);
    EXPECT_EQ(usr1, all);
    EXPECT_EQ(usr2, all);
    EXPECT_EQ(winch, all);
    Stop(c);
  });
}

// The receiver unblocks what its thread's mask blocks, and holds it back itself
// meanwhile. Then the mask is as the program wants it.
TEST_P(SignalTest, WhatTheProgramBlocksInAllThreadsStaysBlockedAfterAStorm) {
  SKIP_WITHOUT_HOLDING_BACK();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto body = [](int procs) {
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
    InstallCounter(SIGUSR1);  // the last one may come after Stop
    Child(procs, [] {
      auto c = MakeChan<Signal>(16);
      Notify(c, SIGUSR1);
      {
        Sender sender({SIGUSR1});
        sender.Start();
        for (int i = 0; i < 1'000; i++) ASSERT_TRUE(RecvSoon(c));
      }
      Stop(c);
      // The receiver's thread, too: it goes round once more and runs others.
      const auto limit = std::chrono::steady_clock::now() + 20s;
      while (!ThreadsThatTake(SIGUSR1).empty() &&
             std::chrono::steady_clock::now() < limit) {
        time::Sleep(1ms);
      }
      EXPECT_TRUE(ThreadsThatTake(SIGUSR1).empty());
    });
  };
  EXPECT_EXIT(body(GetParam()), ::testing::ExitedWithCode(0), "");
}

TEST_P(SignalTest, AThreadLetsGoWhenItIsLocked) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    ASSERT_TRUE(HoldBack());
    runtime::LockOSThread();
    for (int i = 0; i < 1'000; i++) ASSERT_FALSE(Blocks(SIGUSR1));
    runtime::UnlockOSThread();
    ASSERT_TRUE(HoldBack());
  });
}

TEST_P(SignalTest, AThreadLetsGoWhenNoChannelWantsTheSignal) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    InstallCounter(SIGUSR1);
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    ASSERT_TRUE(HoldBack());
    Stop(c);
    const int before = handled;
    ::raise(SIGUSR1);
    EXPECT_GT(handled, before);
    EXPECT_FALSE(Blocks(SIGUSR1));
  });
}

TEST_P(SignalTest, AThreadLetsGoOnceTheStormIsOver) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    ASSERT_TRUE(HoldBack());
    // No call of the library until the last one.
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() <
           start + std::chrono::nanoseconds(sched::kStormTime)) {
      EXPECT_TRUE(Blocks(SIGUSR1));
    }
    static_cast<void>(c.TryRecv());
    EXPECT_FALSE(Blocks(SIGUSR1));
  });
}

// raise returns after the handler has run on this thread, however many came.
TEST_P(SignalTest, WhatIsRaisedIsNotHeldBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    for (int i = 0; i < 1'000; i++) {
      ::raise(SIGUSR1);
      ASSERT_FALSE(Blocks(SIGUSR1)) << i;
    }
    EXPECT_EQ(Quiet(SIGUSR1).received, 1'000u);
    Stop(c);
  });
}

TEST_P(SignalTest, AChildDoesNotInheritWhatIsHeldBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    ASSERT_TRUE(HoldBack());
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(Blocks(SIGUSR1) ? 1 : 0);
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  });
}

// The receiver unblocks what its thread holds back, and in the end blocks it
// again. What a handler holds back meanwhile must not be taken for blocked by the
// program: the thread would never let go of it.
TEST_P(SignalTest, WhatIsHeldBackAsTheReceiverReadsItsMaskIsLetGoOf) {
  SKIP_WITHOUT_HOLDING_BACK();
  for (const Hits when : {Hits::kBefore, Hits::kAfter}) {
    Program([when] {
      auto c = MakeChan<Signal>(16);
      Notify(c, SIGUSR1);
      StormUntil(SIGUSR1, INT64_MAX);
      hits = when;
      while (looks < 3) {
        ::raise(SIGUSR1);
        ASSERT_TRUE(RecvSoon(c));
        time::Sleep(1ms);  // the receiver reads its mask when it has no news
      }
      EXPECT_FALSE(stranded);
      Stop(c);
    });
  }
}

// BeInStorm makes a storm of `sig` that does not end, and the calling thread hold
// it back.
void BeInStorm(int sig) {
  StormUntil(sig, INT64_MAX);
  ASSERT_TRUE(QueueToThread(sig, 0));
  ASSERT_TRUE(Blocks(sig));
}

// A fault's signal that is blocked ends the process without a report.
TEST_P(SignalTest, WhatAFaultCanRaiseIsNotHeldBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    for (const int sig : {SIGSEGV, SIGTRAP}) {
      Notify(c, sig);
      for (int i = 0; i < 5'000; i++) {
        ASSERT_TRUE(QueueToThread(sig, 0));
        ASSERT_FALSE(Blocks(sig)) << i;
      }
    }
  });
}

TEST_P(SignalTest, AStormThatNobodyHasEndedHoldsNothingBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    StormUntil(SIGUSR1, 0);
    ASSERT_TRUE(QueueToThread(SIGUSR1, 0));
    EXPECT_FALSE(Blocks(SIGUSR1));
  });
}

TEST_P(SignalTest, WhatIsRaisedBeforeStopIsDeliveredThoughItIsHeldBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(16);
    Notify(c, SIGUSR1);
    BeInStorm(SIGUSR1);
    ASSERT_TRUE(RecvSoon(c));
    ::raise(SIGUSR1);  // later it would do what it does by default
    Stop(c);
    EXPECT_EQ(c.TryRecv(), Signal(SIGUSR1));
  });
}

TEST_P(SignalTest, AThreadLetsGoWhenTheSignalIsResetOrIgnored) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    InstallCounter(SIGUSR1);
    for (const bool reset : {true, false}) {
      auto c = MakeChan<Signal>(16);
      Notify(c, SIGUSR1);
      BeInStorm(SIGUSR1);
      reset ? signal::Reset(SIGUSR1) : signal::Ignore(SIGUSR1);
      EXPECT_FALSE(Blocks(SIGUSR1));
    }
  });
}

// The last of a goroutine that ends locked.
TEST_P(SignalTest, AThreadThatEndsTakesWhatIsPendingForIt) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(16);
    Notify(c, SIGUSR1);
    StormUntil(SIGUSR1, INT64_MAX);
    Go([] {
      runtime::LockOSThread();
      sched::M* const m = sched::CurrentM();
      const sigset_t set = sched::os::SigsetOf(1 << (SIGUSR1 - 1));
      ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
      m->held_back.store(1 << (SIGUSR1 - 1), std::memory_order_relaxed);
      sched::SetSlow(m, sched::kHoldsBack);
      ::raise(SIGUSR1);
    });
    EXPECT_EQ(RecvSoon(c), Signal(SIGUSR1));
  });
}

TEST_P(SignalTest, ABubbleHoldsNothingBackForTheGoroutineThatMakesIt) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(16);
    Notify(c, SIGUSR1);
    BeInStorm(SIGUSR1);
    testing::Bubble([] { EXPECT_FALSE(Blocks(SIGUSR1)); });
  });
}

// Linux before 6.18, and splice and sendfile, raise SIGPIPE, which is taken back
// if the program blocks it.
TEST_P(SignalTest, ASigpipeThatIsHeldBackIsNotTakenBack) {
  SKIP_WITHOUT_HOLDING_BACK();
  Program([] {
    auto c = MakeChan<Signal>(16);
    Notify(c, SIGPIPE);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    BeInStorm(SIGPIPE);
    ASSERT_TRUE(RecvSoon(c));
    poll::has_quiet_write = false;
    EXPECT_EQ(poll::WriteQuietly(ends[1], "x", 1), -EPIPE);
    sched::EndStorms(~std::uint64_t{0});
    EXPECT_EQ(RecvSoon(c), Signal(SIGPIPE));
    ::close(ends[1]);
  });
}

// A sleeper that still holds signals back when its time is up goes on.
TEST(HoldBack, ASleepEndsInTimeInAStorm) {
  sched::EnsureM();
  const std::uint64_t bit = std::uint64_t{1} << (SIGUSR1 - 1);
  StormUntil(SIGUSR1, INT64_MAX);
  sched::CurrentM()->held_back.fetch_or(bit, std::memory_order_relaxed);
  sched::Note note;
  EXPECT_FALSE(sched::SleepLong(&note, sched::os::Nanotime() + 20'000'000));
  sched::EndStorms(~std::uint64_t{0});
  sched::ForgetHeldBack(bit);
}

// Or each signal to a sleeper waits for the next of its turns, long after the
// storm, for as long as no goroutine runs.
TEST(HoldBack, ASleeperEndsAStormWhoseTimeIsOver) {
  sched::EnsureM();
  const std::uint64_t bit = std::uint64_t{1} << (SIGUSR1 - 1);
  StormUntil(SIGUSR1, 0);
  sched::CurrentM()->held_back.fetch_or(bit, std::memory_order_relaxed);
  sched::Note note;
  EXPECT_FALSE(sched::SleepLong(&note, sched::os::Nanotime() + 20'000'000));
  EXPECT_EQ(sched::storm_state.signals.load() & bit, 0u);
  sched::EndStorms(~std::uint64_t{0});
  sched::ForgetHeldBack(bit);
}

// What an M held back was blocked in its thread: when that has ended, the next
// thread of the M blocks nothing.
TEST_P(SignalTest, AThreadHoldsNothingBackForTheOneBeforeIt) {
  Program([] {
    sync::WaitGroup ended;
    for (int i = 0; i < 10; i++) {
      ended.Go([] {
        runtime::LockOSThread();  // so the thread ends with the goroutine
        sched::CurrentM()->held_back.store(1, std::memory_order_relaxed);
      });
    }
    ended.Wait();
    const int threads = runtime::Stats().threads;
    std::atomic<std::uint64_t> held_back{0};
    std::atomic<bool> enough{false};
    sync::WaitGroup blocked;
    for (int i = 0; i < threads + 10; i++) {
      blocked.Go([&] {
        runtime::Blocking([&] {
          held_back |= sched::HeldBack();
          enough.wait(false);
        });
      });
    }
    while (runtime::Stats().threads < threads + 10) time::Sleep(1ms);
    enough = true;
    enough.notify_all();
    blocked.Wait();
    EXPECT_EQ(held_back, 0u);
  });
}

}  // namespace
}  // namespace gosling
