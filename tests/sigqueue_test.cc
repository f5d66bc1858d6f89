// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The signal queue at the level of threads, without a scheduler and without
// signals: Send is called by plain threads, as handlers would.

#include "signals/sigqueue.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sched/os/futex.h"
#include "sched/os/note.h"
#include "sched/os/os.h"
#include "signals/info_ring.h"
#include "signals/signote.h"
#include "tests/go_test.h"
#include "tests/peers.h"
#include "tests/system.h"

namespace gosling {

namespace signals {

namespace {

using Peer = SigQueueTestPeer;

siginfo_t FromKill(pid_t pid) {
  siginfo_t info = {};
  info.si_code = SI_USER;
  info.si_pid = pid;
  return info;
}

siginfo_t FromSigqueue(std::int64_t value) {
  siginfo_t info = {};
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_ptr = reinterpret_cast<void*>(value);
  return info;
}

// NewQueue makes a queue that is never destroyed; leak checkers find it here.
SigQueue& NewQueue() {
  static auto& all = *new std::vector<SigQueue*>;
  all.push_back(new SigQueue);
  return *all.back();
}

// SigQueueTest has a queue of its own for each note, which is never destroyed:
// a pipe and a few kilobytes.
class SigQueueTest : public ::testing::TestWithParam<SigNoteKind> {
 protected:
  SigQueueTest() { EXPECT_EQ(q.Setup(GetParam()), 0); }

  // Receive is what the receiving goroutine does.
  SigQueue::News Receive() {
    if (!q.TakeNews()) q.AwaitNews();
    return q.Take();
  }

  SigQueue& q = NewQueue();
};

std::string NoteName(const ::testing::TestParamInfo<SigNoteKind>& info) {
  switch (info.param) {
    case SigNoteKind::kPipe:
      return "Pipe";
    case SigNoteKind::kFutex:
      return "Futex";
    case SigNoteKind::kSema:
      return "Sema";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Notes, SigQueueTest,
                         ::testing::Values(SigNoteKind::kPipe,
                                           SigNoteKind::kFutex,
                                           SigNoteKind::kSema),
                         NoteName);

TEST_P(SigQueueTest, RefusesASignalThatNobodyWants) {
  EXPECT_FALSE(q.Send(SIGUSR1, FromKill(1)));
  q.SetWanted(SIGUSR1, true);
  EXPECT_TRUE(q.Send(SIGUSR1, FromKill(1)));
  EXPECT_FALSE(q.Send(SIGUSR2, FromKill(1)));
  q.SetWanted(SIGUSR1, false);
  EXPECT_FALSE(q.Send(SIGUSR1, FromKill(1)));
}

TEST_P(SigQueueTest, NewsSentBeforeAwaitNewsIsThereAtOnce) {
  q.SetWanted(SIGUSR1, true);
  ASSERT_TRUE(q.Send(SIGUSR1, FromKill(1)));
  const SigQueue::News news = Receive();
  EXPECT_EQ(news.merged, BitOf(SIGUSR1));
  EXPECT_EQ(news.queued, 0u);
}

TEST_P(SigQueueTest, ASendWakesTheSleepingReceiver) {
  q.SetWanted(SIGTERM, true);
  std::atomic<std::int64_t> tid{0};
  std::thread receiver([&] {
    tid = sched::os::ThreadId();
    EXPECT_EQ(Receive().merged, BitOf(SIGTERM));
    EXPECT_EQ(q.TakeMerged(SIGTERM).info.pid, 42);
  });
  while (tid == 0) sched::os::Yield();
  WaitUntilAsleep(tid);
  EXPECT_TRUE(q.Send(SIGTERM, FromKill(42)));
  receiver.join();
}

TEST_P(SigQueueTest, SignalsOfOneNumberMergeUntilTheyAreTaken) {
  q.SetWanted(SIGUSR1, true);
  for (int i = 0; i < 100; i++) q.Send(SIGUSR1, FromKill(1000 + i));
  ASSERT_EQ(Receive().merged, BitOf(SIGUSR1));
  EXPECT_EQ(q.PendingNow(SIGUSR1), 100u);
  Arrival arrival = q.TakeMerged(SIGUSR1);
  EXPECT_EQ(arrival.count, 100u);
  EXPECT_EQ(arrival.info.pid, 1000) << "the first one's sender";
  EXPECT_EQ(q.PendingNow(SIGUSR1), 0u);

  q.Send(SIGUSR1, FromKill(7));
  ASSERT_EQ(Receive().merged, BitOf(SIGUSR1));
  arrival = q.TakeMerged(SIGUSR1);
  EXPECT_EQ(arrival.count, 1u);
  EXPECT_EQ(arrival.info.pid, 7);
}

// The receiver has taken the news but not this signal yet.
TEST_P(SigQueueTest, ASignalMergesAlsoBetweenTakeAndTakeMerged) {
  q.SetWanted(SIGUSR1, true);
  q.Send(SIGUSR1, FromKill(1));
  ASSERT_EQ(Receive().merged, BitOf(SIGUSR1));
  q.Send(SIGUSR1, FromKill(2));
  EXPECT_EQ(q.TakeMerged(SIGUSR1).count, 2u);
  EXPECT_FALSE(q.TakeNews());
}

TEST_P(SigQueueTest, DifferentSignalsDoNotMerge) {
  for (int sig : {1, 31, 34, 64}) {
    q.SetWanted(sig, true);
    q.Send(sig, FromKill(sig));
  }
  EXPECT_EQ(Receive().merged, BitOf(1) | BitOf(31) | BitOf(34) | BitOf(64));
  for (int sig : {1, 31, 34, 64}) EXPECT_EQ(q.TakeMerged(sig).info.pid, sig);
}

TEST_P(SigQueueTest, QueuedSignalsComeOneByOneInOrder) {
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  for (int i = 0; i < 100; i++) q.Send(40, FromSigqueue(i));
  const SigQueue::News news = Receive();
  EXPECT_EQ(news.queued, BitOf(40));
  EXPECT_EQ(news.merged, 0u);
  ASSERT_EQ(q.QueuedNow(40), 100u);
  Arrival arrival;
  for (int i = 0; i < 100; i++) {
    ASSERT_TRUE(q.TakeQueued(40, &arrival));
    EXPECT_EQ(arrival.count, 1u);
    EXPECT_EQ(arrival.info.value, i);
    EXPECT_EQ(arrival.info.code, SI_QUEUE);
  }
  EXPECT_FALSE(q.TakeQueued(40, &arrival));
}

TEST_P(SigQueueTest, WhatTheQueueHasNoRoomForMerges) {
  constexpr std::uint64_t kOver = 10;
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  for (std::uint64_t i = 0; i < InfoRing::kCapacity + kOver; i++) {
    ASSERT_TRUE(q.Send(40, FromSigqueue(static_cast<std::int64_t>(i))));
  }
  const SigQueue::News news = Receive();
  EXPECT_EQ(news.queued, BitOf(40));
  EXPECT_EQ(news.merged, BitOf(40));
  EXPECT_EQ(q.QueuedNow(40), InfoRing::kCapacity);
  EXPECT_EQ(q.PendingNow(40), InfoRing::kCapacity + kOver);
  const Arrival arrival = q.TakeMerged(40);
  EXPECT_EQ(arrival.count, kOver);
  EXPECT_EQ(arrival.info.value, static_cast<std::int64_t>(InfoRing::kCapacity));
}

// As a second NotifyInfo does.
TEST_P(SigQueueTest, PreparingAgainKeepsWhatIsQueued) {
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  q.Send(40, FromSigqueue(1));
  q.PrepareQueued(40);
  EXPECT_EQ(q.QueuedNow(40), 1u);
}

TEST_P(SigQueueTest, SignalsMergeAgainWhenNobodyWantsThemQueuedAnyMore) {
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  q.SetQueued(40, false);
  q.Send(40, FromSigqueue(1));
  const SigQueue::News news = Receive();
  EXPECT_EQ(news.queued, 0u);
  EXPECT_EQ(news.merged, BitOf(40));
}

// Whatever it blocked the last time.
TEST_P(SigQueueTest, KnowsWhatItsThreadBlocks) {
  const std::vector<int> masks[] = {{SIGUSR1},         {40},      {},
                                    {SIGUSR1, 40, 64}, {SIGUSR1}, {SIGHUP}};
  sigset_t former;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &former);
  q.SetWanted(SIGUSR2, true);
  EXPECT_EQ(Peer::Blocked(q), ~SignalSet{0}) << "before anything is known";
  for (const std::vector<int>& mask : masks) {
    sigset_t set;
    sigemptyset(&set);
    SignalSet expected = 0;
    for (int sig : mask) {
      sigaddset(&set, sig);
      expected |= BitOf(sig);
    }
    ::pthread_sigmask(SIG_SETMASK, &set, nullptr);
    q.Send(SIGUSR2, FromKill(1));  // it does not sleep
    q.AwaitNews();
    EXPECT_EQ(Peer::Blocked(q), expected);
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, &former, &after);
    for (int sig : {SIGHUP, SIGUSR1, SIGUSR2, 40, 64}) {
      EXPECT_EQ(sigismember(&after, sig), sigismember(&set, sig)) << sig;
    }
    EXPECT_EQ(q.Take().merged, BitOf(SIGUSR2));
    EXPECT_EQ(q.TakeMerged(SIGUSR2).count, 1u);
  }
}

// --- Broken invariants ---

class SigQueueDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(SigQueueDeathTest, NewsOfASlotWithoutASignalIsFatal) {
  EXPECT_EXIT(NewQueue().TakeMerged(SIGUSR1), ::testing::ExitedWithCode(2),
              "fatal error: signal_recv: slot without a signal");
}

TEST_F(SigQueueDeathTest, AReceiverThatIsNotAloneIsFatal) {
  EXPECT_EXIT(
      {
        SigQueue& q = NewQueue();
        Peer::PretendReceiving(q);
        q.TakeNews();
      },
      ::testing::ExitedWithCode(2),
      "fatal error: signal_recv: inconsistent state");
}

// --- Waking ---

// Go's first pipe note took a read that was cut short for a wakeup, and crashed
// of it. A pipe, because it is shared with forked children until they exec.
TEST(SigQueue, AWakeupForNoReasonDoesNotWakeTheReceiver) {
  SigQueue& q = NewQueue();
  ASSERT_EQ(q.Setup(SigNoteKind::kPipe), 0);
  q.SetWanted(SIGUSR1, true);
  std::atomic<bool> sent{false};
  std::atomic<std::int64_t> tid{0};
  Peer::Note(q).Wakeup();
  std::thread receiver([&] {
    tid = sched::os::ThreadId();
    q.AwaitNews();
    EXPECT_EQ(q.Take().merged, BitOf(SIGUSR1));
    EXPECT_TRUE(sent);
  });
  while (tid == 0) sched::os::Yield();
  WaitUntilAsleep(tid);
  sent = true;
  q.Send(SIGUSR1, FromKill(1));
  receiver.join();
}

// There is at most one byte for each time the receiver sleeps, however many signals come.
TEST(SigQueue, APipeNeverFillsWhileTheReceiverIsStalled) {
  SigQueue& q = NewQueue();
  ASSERT_EQ(q.Setup(SigNoteKind::kPipe), 0);
  const int fd = PipeNoteTestPeer::ReadFd(Peer::Pipe(q));
  std::atomic<bool> go{false};
  q.SetWanted(SIGUSR1, true);
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  std::thread receiver([&] {
    q.AwaitNews();
    while (!go) sched::os::Yield();  // stalled
  });
  for (int i = 0; i < 100'000; i++) {
    ASSERT_TRUE(q.Send(SIGUSR1, FromKill(1)));
    ASSERT_TRUE(q.Send(40, FromSigqueue(i)));
  }
  int bytes = -1;
  ASSERT_EQ(::ioctl(fd, FIONREAD, &bytes), 0);
  EXPECT_LE(bytes, 1);
  go = true;
  receiver.join();
  EXPECT_EQ(q.PendingNow(40) + q.PendingNow(SIGUSR1), 200'000u);
}

// --- WaitUntilIdle ---

std::vector<int> steps;
SigQueue* stepped = nullptr;

TEST_P(SigQueueTest, WaitUntilIdleWaitsForSendsUnderWay) {
  static int yields;
  yields = 0;
  stepped = &q;
  std::thread receiver([&] { q.AwaitNews(); });
  while (!Peer::Receiving(q)) sched::os::Yield();
  Peer::Delivering(q)++;
  q.WaitUntilIdle([] {
    if (++yields == 3) Peer::Delivering(*stepped)--;
  });
  EXPECT_EQ(yields, 3);
  q.SetWanted(SIGUSR1, true);
  q.Send(SIGUSR1, FromKill(1));
  receiver.join();
}

// The receiver's steps are taken by the waiter's yield, one at a time.
TEST_P(SigQueueTest, WaitUntilIdleWaitsUntilWhatWasSentHasBeenServed) {
  q.SetWanted(SIGUSR1, true);
  ASSERT_FALSE(q.TakeNews());
  q.Take();  // the receiver is at work, with news that is older
  q.Send(SIGUSR1, FromKill(1));
  q.SetWanted(SIGUSR1, false);
  stepped = &q;
  steps.clear();
  q.WaitUntilIdle([] {
    SigQueue& q = *stepped;
    switch (steps.size()) {
      case 0:
        steps.push_back(q.TakeNews());
        break;
      case 1:
        steps.push_back(q.Take().merged == BitOf(SIGUSR1));
        break;
      case 2:
        steps.push_back(q.TakeMerged(SIGUSR1).count == 1);
        break;
      case 3:  // served: it asks for more
        steps.push_back(!q.TakeNews());
        q.Take();
        break;
      default:
        FAIL() << "still waiting";
    }
  });
  EXPECT_EQ(steps, (std::vector<int>{1, 1, 1, 1}));
}

TEST_P(SigQueueTest, WaitUntilIdleEndsInAStormOfOtherSignals) {
  const TimeLimit limit(std::chrono::seconds(60));
  q.SetWanted(SIGUSR1, true);
  q.SetWanted(SIGUSR2, true);
  std::atomic<bool> stop{false};
  std::thread receiver([&] {
    while (!stop) {
      for (SignalSet s = Receive().merged; s != 0; s &= s - 1) {
        q.TakeMerged(LowestOf(s));
      }
    }
  });
  std::thread storm([&] {
    while (!stop) q.Send(SIGUSR2, FromKill(1));
  });
  for (int i = 0; i < 100; i++) {
    q.SetWanted(SIGUSR1, true);
    q.Send(SIGUSR1, FromKill(1));
    q.SetWanted(SIGUSR1, false);
    q.WaitUntilIdle(sched::os::Yield);
    EXPECT_EQ(q.PendingNow(SIGUSR1), 0u);
  }
  stop = true;
  storm.join();
  q.Send(SIGUSR2, FromKill(1));
  receiver.join();
}

// --- What is promised, under load ---

constexpr int kSenders = 4;

// Each sender numbers its signals. After the last one is sent, the receiver,
// having taken what came, must have seen every sender's last number: something
// comes after the last signal, and what was written before it is visible.
TEST_P(SigQueueTest, SomethingComesAfterTheLastSignalAndTheCountsAddUp) {
  const TimeLimit limit(std::chrono::seconds(120));
  const std::uint64_t sends = kSanitized ? 20'000 : 200'000;
  constexpr int kSignals[] = {SIGUSR1, SIGTERM, 40};
  for (int sig : kSignals) q.SetWanted(sig, true);
  std::vector<std::atomic<std::uint64_t>> numbers(kSenders);  // all relaxed
  std::uint64_t received[kMaxSignal + 1] = {};
  std::vector<std::uint64_t> seen(kSenders);
  const std::uint64_t total = kSenders * sends * std::size(kSignals);
  std::thread receiver([&] {
    for (std::uint64_t sum = 0; sum != total;) {
      for (SignalSet s = Receive().merged; s != 0; s &= s - 1) {
        const Arrival arrival = q.TakeMerged(LowestOf(s));
        received[LowestOf(s)] += arrival.count;
        sum += arrival.count;
        for (int i = 0; i < kSenders; i++) {
          seen[i] = numbers[i].load(std::memory_order_relaxed);
        }
      }
    }
  });
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; i++) {
    senders.emplace_back([&, i] {
      for (std::uint64_t n = 1; n <= sends; n++) {
        numbers[i].store(n, std::memory_order_relaxed);
        for (int sig : kSignals) {
          if (!q.Send(sig, FromKill(1))) std::abort();
        }
      }
    });
  }
  for (std::thread& t : senders) t.join();
  receiver.join();
  for (int sig : kSignals) EXPECT_EQ(received[sig], kSenders * sends);
  for (int i = 0; i < kSenders; i++) EXPECT_EQ(seen[i], sends);
  EXPECT_EQ(Peer::Delivering(q), 0u);
}

// Sends and receives in lockstep, so that the receiver falls asleep each time:
// a lost wakeup hangs here.
TEST_P(SigQueueTest, NoWakeupIsLostBetweenTwoThreads) {
  const TimeLimit limit(std::chrono::seconds(120));
  const int rounds = kSanitized ? 5'000 : 20'000;
  q.SetWanted(SIGUSR1, true);
  std::atomic<int> taken{0};
  std::thread receiver([&] {
    while (taken < rounds) {
      if (Receive().merged != 0) {
        q.TakeMerged(SIGUSR1);
        taken++;
      }
    }
  });
  for (int i = 0; i < rounds; i++) {
    ASSERT_TRUE(q.Send(SIGUSR1, FromKill(1)));
    for (int spins = 0; taken == i; spins++) {
      if (spins > 100) sched::os::Yield();
    }
  }
  receiver.join();
}

TEST_P(SigQueueTest, QueuedSignalsOfManyThreadsAreNeitherLostNorDoubled) {
  const TimeLimit limit(std::chrono::seconds(120));
  const std::int64_t sends = kSanitized ? 10'000 : 100'000;
  q.SetWanted(40, true);
  q.PrepareQueued(40);
  q.SetQueued(40, true);
  std::atomic<std::int64_t> unread{0};  // keeps the ring from filling up
  std::thread receiver([&] {
    std::vector<std::int64_t> next(kSenders);
    for (std::int64_t sum = 0; sum < kSenders * sends;) {
      EXPECT_EQ(Receive().merged, 0u);
      Arrival arrival;
      while (q.TakeQueued(40, &arrival)) {
        const std::int64_t value = arrival.info.value;
        // In each thread's order, every value once.
        EXPECT_EQ(value % sends, next[value / sends]++);
        unread--;
        sum++;
      }
    }
  });
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; i++) {
    senders.emplace_back([&, i] {
      for (std::int64_t n = 0; n < sends; n++) {
        while (unread > static_cast<std::int64_t>(InfoRing::kCapacity) / 2) {
          sched::os::Yield();
        }
        unread++;
        if (!q.Send(40, FromSigqueue(i * sends + n))) std::abort();
      }
    });
  }
  for (std::thread& t : senders) t.join();
  receiver.join();
}

// --- InfoRing ---

TEST(InfoRing, KeepsItsOrderOverManyLaps) {
  auto ring = std::make_unique<InfoRing>();
  Info info;
  std::int64_t in = 0;
  std::int64_t out = 0;
  for (int lap = 0; lap < 5; lap++) {
    for (std::uint64_t i = 0; i < InfoRing::kCapacity - 100; i++) {
      info.value = in++;
      ASSERT_TRUE(ring->Push(info));
    }
    while (ring->Pop(&info)) ASSERT_EQ(info.value, out++);
  }
  EXPECT_EQ(in, out);
  EXPECT_EQ(ring->Size(), 0u);
}

TEST(InfoRing, RefusesWhenFullUntilSomethingIsPopped) {
  auto ring = std::make_unique<InfoRing>();
  Info info;
  EXPECT_FALSE(ring->Pop(&info));
  for (std::uint64_t i = 0; i < InfoRing::kCapacity; i++) {
    ASSERT_TRUE(ring->Push(info));
  }
  EXPECT_FALSE(ring->Push(info));
  EXPECT_EQ(ring->Size(), InfoRing::kCapacity);
  EXPECT_TRUE(ring->Pop(&info));
  EXPECT_TRUE(ring->Push(info));
  EXPECT_FALSE(ring->Push(info));
}

// --- Which note ---

class SigNoteChoice : public ::testing::Test {
 protected:
  ~SigNoteChoice() override { ::unsetenv("GOSLING_SIGNOTE"); }

  static SigNoteKind Choose(const char* word) {
    ::setenv("GOSLING_SIGNOTE", word, 1);
    return SigNoteKindFromEnvironment();
  }
};

TEST_F(SigNoteChoice, IsAPipeUnlessSaidOtherwise) {
  ::unsetenv("GOSLING_SIGNOTE");
  EXPECT_EQ(SigNoteKindFromEnvironment(), SigNoteKind::kPipe);
  EXPECT_EQ(Choose(""), SigNoteKind::kPipe);
  EXPECT_EQ(Choose("pipe"), SigNoteKind::kPipe);
  EXPECT_EQ(Choose("sema"), SigNoteKind::kSema);
}

TEST_F(SigNoteChoice, IsAFutexOnlyWhereHandlersMayWakeOne) {
  if (sched::os::FutexWakeIsSignalSafe()) {
    EXPECT_EQ(Choose("futex"), SigNoteKind::kFutex);
  } else {
    EXPECT_EXIT(Choose("futex"), ::testing::ExitedWithCode(2),
                "fatal error: GOSLING_SIGNOTE=futex: .*pipe and sema");
  }
}

TEST_F(SigNoteChoice, AnUnknownNoteIsFatalAndTheChoicesAreNamed) {
  EXPECT_EXIT(Choose("mutex"), ::testing::ExitedWithCode(2),
              "fatal error: GOSLING_SIGNOTE=mutex: the choices are pipe, futex "
              "and sema");
}

}  // namespace
}  // namespace signals
}  // namespace gosling
