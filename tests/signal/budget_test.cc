// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the signal handler uses of a stack that is not its own, on each of its
// ways, and of time. The stack is bounded, as programs give handlers little of
// it. The time is told only: a bound on nanoseconds would fail on a busy machine.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "signals/handler.h"
#include "tests/peers.h"
#include "tests/sanitizers.h"
#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::NotifyInfo;
using signal::Signal;
using signal::SignalInfo;
using signals::SigQueueTestPeer;

constexpr std::size_t kMostStack = 2048;
// Instrumented code has larger frames, and an emulator's are on the same stack.
bool StackIsItsOwn() { return !kSanitized && Emulator() == nullptr; }

// Bare is the least of handlers. It says where its frame lies, and counts.
volatile std::uintptr_t bare_at = 0;
volatile std::uint64_t bare_count = 0;
void Bare(int, siginfo_t*, void*) {
  bare_at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  bare_count = bare_count + 1;
}

// Install sets a handler in the manner of the library's.
void Install(int sig, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = signals::HandlerAction();
  action.sa_sigaction = handler;
  ASSERT_EQ(::sigaction(sig, &action, nullptr), 0);
}
void InstallOurs(int sig) {
  Install(sig, signals::HandlerAction().sa_sigaction);
}

// PaintedStack is the alternate stack of the calling thread while it lives.
class PaintedStack {
 public:
  PaintedStack() : words_((128 << 10) / sizeof(std::uint64_t)) {
    stack_t ours = {};
    ours.ss_sp = words_.data();
    ours.ss_size = words_.size() * sizeof(std::uint64_t);
    EXPECT_EQ(::sigaltstack(&ours, &former_), 0);
  }
  ~PaintedStack() { ::sigaltstack(&former_, nullptr); }
  PaintedStack(const PaintedStack&) = delete;
  PaintedStack& operator=(const PaintedStack&) = delete;

  // Lowest returns the lowest place that is written during `f`.
  std::uintptr_t Lowest(const std::function<void()>& f) {
    std::fill(words_.begin(), words_.end(), kPaint);
    f();
    const auto lowest =
        std::find_if(words_.begin(), words_.end(),
                     [](std::uint64_t word) { return word != kPaint; });
    return reinterpret_cast<std::uintptr_t>(words_.data() +
                                            (lowest - words_.begin()));
  }

 private:
  static constexpr std::uint64_t kPaint = 0x5a17ed57acc0ffee;
  std::vector<std::uint64_t> words_;
  stack_t former_ = {};
};

void AwaitSleepingReceiver() {
  ASSERT_TRUE(YieldUntil([] { return SigQueueTestPeer::Receiving(); }));
}

// ExpectLittleStack raises `sig` with the library's handler in place. Below the
// kernel's frame, which a first signal to Bare shows, lies what the handler used.
// The first time is the worst, as a function of libc that the loader had not yet
// looked up would be looked up then.
void ExpectLittleStack(const char* way, int sig,
                       const std::function<void()>& before) {
  PaintedStack stack;
  Install(sig, Bare);
  RaiseQueued(sig, 1);
  const std::uintptr_t frame = bare_at;
  InstallOurs(sig);
  before();
  const std::uintptr_t lowest = [&] {
    const sched::Pinned pin;  // no receiver runs beside it
    return stack.Lowest([sig] { RaiseQueued(sig, 2); });
  }();
  ASSERT_LT(lowest, frame) << way;
  const std::size_t used = frame - lowest;
  std::printf("stack of the handler, %-34s %5zu bytes\n", way, used);
  if (StackIsItsOwn()) {
    EXPECT_LE(used, kMostStack) << way;
  }
}

// MeasureWays takes all ways of a signal through the handler.
void MeasureWays() {
  runtime::LockOSThread();
  auto plain = MakeChan<Signal>(1000);
  auto info = MakeChan<SignalInfo>(1000);
  Install(SIGUSR2, Bare);
  Notify(plain, SIGUSR1, SIGUSR2);
  NotifyInfo(info, 40);
  signal::Reset(SIGUSR2);
  const auto sleeping = [] { AwaitSleepingReceiver(); };
  const auto nothing = [] {};
  ExpectLittleStack("taken, the receiver woken:", SIGUSR1, sleeping);
  ExpectLittleStack("merged:", SIGUSR1, [] {
    AwaitSleepingReceiver();
    RaiseQueued(SIGUSR1, 0);
  });
  ExpectLittleStack("queued with its value, woken:", 40, sleeping);
  ExpectLittleStack("queued with its value, not woken:", 40, [] {
    AwaitSleepingReceiver();
    RaiseQueued(40, 0);
  });
  ExpectLittleStack("forwarded to a handler:", SIGUSR2, nothing);
  signal::Stop(plain);
  signal::Stop(info);
  runtime::UnlockOSThread();
}

// With one processor, and in processes of their own, in which no handler of the
// library's has run yet.
TEST(SignalBudget, TheHandlerNeedsNoMoreThanTwoKilobytesOfStack) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program(1, MeasureWays);
}

TEST(SignalBudget, NorDoesItWhenLatencyIsMeasured) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program(1, [] {
    signal::MeasureLatency(true);
    MeasureWays();
  });
}

TEST(SignalBudget, NorDoesItWhenATraceIsWritten) {
  SKIP_WITHOUT_QUEUED_SIGNALS();
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  Program(1, [] {
    if (trace::StartFlightRecorder(std::chrono::seconds(1))) {
      return;  // without the recorder
    }
    MeasureWays();
  });
}

// NsEach returns what a signal costs the thread that raises it for itself.
double NsEach(int sig) {
  constexpr int kBatch = 2'000;
  const std::int64_t self = sched::os::ThreadId();
  const sched::Pinned pin;
  sched::os::SignalThread(self, sig);  // the first may be one that wakes
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kBatch; i++) sched::os::SignalThread(self, sig);
  const std::chrono::duration<double, std::nano> took =
      std::chrono::steady_clock::now() - start;
  return took.count() / kBatch;
}

TEST(SignalBudget, TheHandlersTimeIsTold) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  if (Emulator() != nullptr || kSanitized) GTEST_SKIP() << "nothing to tell";
  Program(1, [] {
    constexpr int kRounds = 15;
    runtime::LockOSThread();
    auto c = MakeChan<Signal>(1);
    Notify(c, SIGUSR1);
    double bare = 1e9;
    double ours = 1e9;
    for (int i = 0; i < kRounds; i++) {  // in turn, and the best of each
      Install(SIGUSR1, Bare);
      bare = std::min(bare, NsEach(SIGUSR1));
      InstallOurs(SIGUSR1);
      ours = std::min(ours, NsEach(SIGUSR1));
    }
    std::printf(
        "time of the handler, merged: %.0f ns above a bare one's %.0f\n",
        ours - bare, bare);
    signal::Stop(c);
    runtime::UnlockOSThread();
    EXPECT_GT(bare_count, 0u);
  });
}

}  // namespace
}  // namespace gosling
