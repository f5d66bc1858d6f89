// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Every platform file keeps what sched/os/os.h promises.

#include "sched/os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "sched/os/futex.h"
#include "sched/os/note.h"
#include "sched/os/timespec.h"
#include "signals/pipe.h"
#include "signals/table.h"
#include "tests/emulated.h"
#include "tests/system.h"

namespace gosling::sched {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// More memory than any process has addresses.
constexpr std::size_t kTooMuch = ~std::size_t{0} << 20;

TEST(Os, NanotimeAdvancesAcrossASleepOfAtLeastThatLong) {
  std::int64_t start = os::Nanotime();
  os::SleepNs(5 * kMillisecond);
  EXPECT_GE(os::Nanotime() - start, 5 * kMillisecond);
}

TEST(Os, ATimeBeyondTheSystemsLastOneIsThat) {
  constexpr std::int64_t kTooLate = std::int64_t{1} << 31;
  const timespec ts = os::ToTimespec(kTooLate * os::kSecond);
  EXPECT_GE(ts.tv_sec, kTooLate - 1);
}

TEST(Os, NumCPUIsAtLeastOne) { EXPECT_GE(os::NumCPU(), 1); }

// Between one sleeper and two: the first thread of a process may bring another
// with it, a sanitizer's.
TEST(Os, ThreadCountCountsThreads) {
  FutexNote first_note;
  FutexNote second_note;
  std::thread first([&] { first_note.Sleep(); });
  int before = os::ThreadCount();
  EXPECT_GE(before, 2);
  std::thread second([&] { second_note.Sleep(); });
  EXPECT_EQ(os::ThreadCount(), before + 1);
  first_note.Wakeup();
  second_note.Wakeup();
  first.join();
  second.join();
}

TEST(Os, AThreadThatSleepsIsToldFromOneThatComputes) {
  std::atomic<std::int64_t> handle{0};
  std::atomic<std::int64_t> tid{0};
  std::atomic<bool> stop{false};
  FutexNote note;
  std::thread thread([&] {
    tid = os::ThreadId();
    handle = os::ThreadHandle();
    while (!stop) {
    }
    note.Sleep();
  });
  while (handle == 0) os::Yield();
  if (os::StateOfThread(handle) == os::ThreadState::kUnknown) {
    stop = true;
    note.Wakeup();
    thread.join();
    GTEST_SKIP() << "this system does not tell";
  }
  std::int64_t before = os::ThreadCpuTime(handle);
  EXPECT_GE(before, 0);
  while (os::ThreadCpuTime(handle) < before + kMillisecond) {
    EXPECT_EQ(os::StateOfThread(handle), os::ThreadState::kReady);
  }
  stop = true;
  WaitUntilAsleep(tid);
  before = os::ThreadCpuTime(handle);
  EXPECT_EQ(os::StateOfThread(handle), os::ThreadState::kAsleep);
  os::SleepNs(2 * kMillisecond);
  EXPECT_EQ(os::ThreadCpuTime(handle), before);
  note.Wakeup();
  thread.join();
}

TEST(Os, OfAThreadThatThereIsNotTheSystemTellsNothing) {
  std::int64_t handle = 0;
  std::thread([&] { handle = os::ThreadHandle(); }).join();
  // It is joined, but may still be on its last steps in the kernel.
  while (os::StateOfThread(handle) != os::ThreadState::kUnknown) os::Yield();
  EXPECT_EQ(os::ThreadCpuTime(handle), -1);
}

// It would have to open a descriptor, whose number could be the closed one's just
// when another thread wants that.
TEST(Os, StatesAreNotAskedWhileAStandardDescriptorIsClosed) {
  if (os::StateOfThread(os::ThreadHandle()) == os::ThreadState::kUnknown) {
    GTEST_SKIP() << "this system does not tell";
  }
  for (int fd = 0; fd <= 2; fd++) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(fd);
      ::_exit(os::StateOfThread(os::ThreadHandle()) == os::ThreadState::kUnknown
                  ? 0
                  : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "descriptor " << fd;
  }
}

TEST(Os, StartThreadStartsWithAllSignalsBlocked) {
  struct Shared {
    FutexNote done;
    sigset_t mask;
  } shared;
  ASSERT_EQ(os::StartThread(
                [](void* arg) {
                  auto* s = static_cast<Shared*>(arg);
                  ::pthread_sigmask(SIG_BLOCK, nullptr, &s->mask);
                  s->done.Wakeup();
                },
                &shared, 0),
            0);
  shared.done.Sleep();
  const int last = std::min(signals::kMaxSignal, LastSignal());
  for (int signal = 1; signal <= last; signal++) {
    if ((signals::CatchableSignals() & signals::BitOf(signal)) == 0) continue;
    EXPECT_EQ(sigismember(&shared.mask, signal), 1) << signal;
  }
  sigset_t mine;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGUSR1), 0) << "the caller's mask was lost";
}

TEST(Os, StartThreadRoundsStackSizesUp) {
  FutexNote done;
  ASSERT_EQ(
      os::StartThread([](void* arg) { static_cast<FutexNote*>(arg)->Wakeup(); },
                      &done, 300'001),
      0);
  done.Sleep();
}

TEST(Os, StartThreadReportsAStackThatCannotBe) {
  EXPECT_NE(os::StartThread([](void*) {}, nullptr, kTooMuch), 0);
}

TEST(Os, FutexWaitReturnsAtOnceOnAnotherValueAndLaterWhenTheTimeIsUp) {
  std::atomic<std::uint32_t> word{1};
  os::FutexWait(&word, 0, -1);
  std::int64_t start = os::Nanotime();
  os::FutexWait(&word, 1, 5 * kMillisecond);
  EXPECT_GE(os::Nanotime() - start, 5 * kMillisecond);
}

TEST(Os, MembarrierWorksOnceRegistered) {
  if (!os::RegisterMembarrier()) GTEST_SKIP() << "the system has none";
  EXPECT_TRUE(os::Membarrier());
}

TEST(Os, GuardedAndProtectedPagesAreNotReadableAndStaySo) {
  std::size_t page = os::PageSize();
  auto* memory = static_cast<char*>(os::Reserve(4 * page));
  ASSERT_NE(memory, nullptr);
  memory[page] = 1;
  EXPECT_TRUE(os::IsReadable(memory + page));
  EXPECT_FALSE(os::IsReadable(nullptr));
  EXPECT_EQ(os::Protect(memory, page), 0);
  EXPECT_FALSE(os::IsReadable(memory));
  EXPECT_FALSE(os::IsReadable(memory + page - 1));
  const iovec range = {memory + 2 * page, page};
  int err = 0;
  bool guarded = os::GuardInstallMany(&range, 1, &err) == 1;
  EXPECT_EQ(os::IsReadable(memory + 2 * page), !guarded);
  os::DontNeed(memory, 4 * page);
  EXPECT_FALSE(os::IsReadable(memory));
  EXPECT_EQ(os::IsReadable(memory + 2 * page), !guarded);
  EXPECT_EQ(memory[page], 0);
  os::Release(memory, 4 * page);
}

TEST(Os, ManyRangesAreGuardedAndDroppedAsSingleOnesAre) {
  constexpr int kRanges = 40;
  std::size_t page = os::PageSize();
  std::size_t size = 2 * kRanges * page;
  auto* memory = static_cast<char*>(os::Reserve(size));
  ASSERT_NE(memory, nullptr);
  std::array<iovec, kRanges> guards;
  std::array<iovec, kRanges> data;
  for (int i = 0; i < kRanges; i++) {
    guards[i] = {memory + 2 * i * page, page};
    data[i] = {memory + (2 * i + 1) * page, page};
    *static_cast<char*>(data[i].iov_base) = 1;
  }
  int err = 0;
  int done = os::GuardInstallMany(guards.data(), kRanges, &err);
  if (done == 0) GTEST_SKIP() << "the system has no MADV_GUARD_INSTALL";
  EXPECT_EQ(done, kRanges);
  EXPECT_EQ(err, 0);
  os::DontNeedMany(data.data(), kRanges);
  for (int i = 0; i < kRanges; i++) {
    EXPECT_FALSE(os::IsReadable(guards[i].iov_base)) << i;
    EXPECT_EQ(*static_cast<char*>(data[i].iov_base), 0) << i;
  }
  os::Release(memory, size);
}

TEST(Os, GuardInstallManyStopsAtTheFirstThatFails) {
  std::size_t page = os::PageSize();
  auto* memory = static_cast<char*>(os::Reserve(4 * page));
  ASSERT_NE(memory, nullptr);
  os::Release(memory + 2 * page, page);
  std::array<iovec, 3> ranges = {
      {{memory, page}, {memory + 2 * page, page}, {memory + 3 * page, page}}};
  int err = 0;
  int done = os::GuardInstallMany(ranges.data(), 3, &err);
  EXPECT_NE(err, 0);
  if (err != EINVAL && err != ENOSYS) {  // as where there is none
    EXPECT_EQ(done, 1);
  }
  EXPECT_TRUE(os::IsReadable(memory + 3 * page));
  os::Release(memory, 2 * page);
  os::Release(memory + 3 * page, page);
}

TEST(Os, ReserveReportsWhatCannotBe) {
  EXPECT_EQ(os::Reserve(kTooMuch), nullptr);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(Os, PipeCloexecIsThatOnBothEnds) {
  int fds[2];
  ASSERT_EQ(signals::PipeCloexec(fds), 0);
  for (int fd : fds) {
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ::close(fd);
  }
}

// --- Alternate signal stacks ---
// On threads started by hand: a sanitizer gives its own to std::thread's.

stack_t CurrentAltStack() {
  stack_t current;
  ::sigaltstack(nullptr, &current);
  return current;
}

void DisableAltStack() {
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

// WithoutAltStack runs f on a new thread that has none, and puts back what the
// thread had.
template <class F>
void WithoutAltStack(F f) {
  std::thread([&] {
    stack_t had = CurrentAltStack();
    DisableAltStack();
    f();
    DisableAltStack();
    if ((had.ss_flags & SS_DISABLE) == 0) ::sigaltstack(&had, nullptr);
  }).join();
}

TEST(AltStack, IsLargeGuardedAndUsedByHandlers) {
  WithoutAltStack([] {
    os::AltStack alt;
    ASSERT_TRUE(os::InstallAltStack(&alt));
    ASSERT_NE(alt.mapping, nullptr);
    stack_t now = CurrentAltStack();
    EXPECT_EQ(now.ss_flags & SS_DISABLE, 0);
    EXPECT_GE(now.ss_size, std::size_t{64} << 10);
    EXPECT_FALSE(os::IsReadable(static_cast<char*>(now.ss_sp) - 1));

    static std::atomic<char*> where;
    struct sigaction action = {};
    action.sa_handler = [](int) {
      // Not the address of a variable, which AddressSanitizer moves.
      where = static_cast<char*>(__builtin_frame_address(0));
    };
    action.sa_flags = SA_ONSTACK;
    ::sigaction(SIGUSR2, &action, nullptr);
    ::pthread_kill(::pthread_self(), SIGUSR2);
    while (where == nullptr) os::Yield();
    EXPECT_GE(where.load(), static_cast<char*>(now.ss_sp));
    EXPECT_LT(where.load(), static_cast<char*>(now.ss_sp) + now.ss_size);

    os::RemoveAltStack(&alt);
    EXPECT_NE(CurrentAltStack().ss_flags & SS_DISABLE, 0);
    EXPECT_EQ(alt.mapping, nullptr);
    EXPECT_FALSE(os::IsReadable(now.ss_sp));
    os::RemoveAltStack(&alt);  // owns nothing now: no-op
  });
}

TEST(AltStack, OfSomebodyElseIsKept) {
  static char foreign[64 << 10];
  WithoutAltStack([] {
    stack_t theirs = {};
    theirs.ss_sp = foreign;
    theirs.ss_size = sizeof(foreign);
    ASSERT_EQ(::sigaltstack(&theirs, nullptr), 0);
    os::AltStack alt;
    ASSERT_TRUE(os::InstallAltStack(&alt));
    EXPECT_EQ(alt.mapping, nullptr);
    EXPECT_EQ(CurrentAltStack().ss_sp, foreign);
    os::RemoveAltStack(&alt);
    EXPECT_EQ(CurrentAltStack().ss_sp, foreign);
  });
}

TEST(AltStack, ThatReplacedOursIsKept) {
  static char foreign[64 << 10];
  WithoutAltStack([] {
    os::AltStack alt;
    ASSERT_TRUE(os::InstallAltStack(&alt));
    stack_t theirs = {};
    theirs.ss_sp = foreign;
    theirs.ss_size = sizeof(foreign);
    ASSERT_EQ(::sigaltstack(&theirs, nullptr), 0);
    os::RemoveAltStack(&alt);
    EXPECT_EQ(CurrentAltStack().ss_sp, foreign);
  });
}

TEST(AltStack, RemovalLeavesTheSignalMaskAsItWas) {
  WithoutAltStack([] {
    os::AltStack alt;
    ASSERT_TRUE(os::InstallAltStack(&alt));
    os::RemoveAltStack(&alt);
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGUSR2), 0);
  });
}

}  // namespace
}  // namespace gosling::sched
