// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The recorder, and <gosling/trace.h>. What Go's tool says of the files,
// go_trace_test.py asks.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gosling/trace.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sched/report/trace/history.h"
#include "sched/report/trace/replay.h"
#include "sched/trace/recorder.h"
#include "sched/trace/ring.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/peers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
namespace t = sched::trace;
using Receiver = signals::SigQueueTestPeer;
using t::Event;
using t::Kind;

// File is the name of one in the folder for such, removed at the end.
class File {
 public:
  File() : name_(::testing::TempDir() + "trace_XXXXXX") {
    const int fd = ::mkstemp(name_.data());
    if (fd >= 0) ::close(fd);
  }
  ~File() { ::unlink(name_.c_str()); }
  const std::string& Name() const { return name_; }
  std::string Text() const {
    std::ifstream in(name_, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

 private:
  std::string name_;
};

// Checker is a Sink that holds Replay to its invariant, and counts.
class Checker final : public t::Sink {
 public:
  void HasP(int p, int m) override {
    EXPECT_EQ(holder_.count(p), 0U);
    holder_[p] = m;
    if (m != t::kNone) held_[m] = p;
  }
  void HasG(std::uint64_t g, t::GoState state, int m) override {
    EXPECT_EQ(gs_.count(g), 0U);
    gs_[g] = {state, m};
    if (m != t::kNone) on_[m] = g;
  }
  void Name(std::uint64_t g, std::uint64_t, std::string_view name) override {
    names[g] = name;
  }
  void ProcStart(std::int64_t time, int m, int p) override {
    Time(time, m);
    EXPECT_EQ(holder_[p], t::kNone);
    EXPECT_EQ(held_.count(m), 0U);
    holder_[p] = m;
    held_[m] = p;
  }
  void ProcStop(std::int64_t time, int m, int p) override {
    Time(time, m);
    EXPECT_EQ(on_.count(m), 0U);
    Release(m, p);
  }
  void ProcSteal(std::int64_t time, int m, int p, int victim) override {
    Time(time, m);
    EXPECT_EQ(gs_[on_[victim]].state, t::GoState::kSyscall);
    Release(victim, p);
    steals++;
  }
  void GoCreate(std::int64_t time, int m, std::uint64_t g,
                bool has_p) override {
    Time(time, m);
    EXPECT_EQ(has_p, held_.count(m) != 0);
    EXPECT_EQ(gs_.count(g), 0U);
    gs_[g] = {t::GoState::kRunnable, t::kNone};
    creates++;
  }
  void GoStart(std::int64_t time, int m, std::uint64_t g) override {
    Time(time, m);
    EXPECT_EQ(held_.count(m), 1U);
    EXPECT_EQ(on_.count(m), 0U);
    EXPECT_EQ(gs_[g].state, t::GoState::kRunnable);
    gs_[g] = {t::GoState::kRunning, m};
    on_[m] = g;
    starts++;
  }
  void GoStop(std::int64_t time, int m, std::uint64_t g,
              t::StopReason) override {
    Leave(time, m, g, t::GoState::kRunnable);
  }
  void GoBlock(std::int64_t time, int m, std::uint64_t g,
               std::uint8_t reason) override {
    Leave(time, m, g, t::GoState::kWaiting);
    blocks_[reason]++;
  }
  void GoEnd(std::int64_t time, int m, std::uint64_t g) override {
    Leave(time, m, g, t::GoState::kAbsent);
    gs_.erase(g);
    ends++;
  }
  void GoUnblock(std::int64_t time, int m, std::uint64_t g) override {
    Time(time, m);
    EXPECT_EQ(gs_[g].state, t::GoState::kWaiting);
    gs_[g].state = t::GoState::kRunnable;
    unblocks++;
    starts_before_unblock = starts;
  }
  void SyscallBegin(std::int64_t time, int m, std::uint64_t g, int p) override {
    Time(time, m);
    EXPECT_EQ(held_[m], p);
    EXPECT_EQ(gs_[g].state, t::GoState::kRunning);
    gs_[g].state = t::GoState::kSyscall;
    syscalls++;
  }
  void SyscallEnd(std::int64_t time, int m, std::uint64_t g) override {
    Time(time, m);
    EXPECT_EQ(held_.count(m), 1U);
    EXPECT_EQ(gs_[g].state, t::GoState::kSyscall);
    gs_[g].state = t::GoState::kRunning;
  }
  void SyscallEndBlocked(std::int64_t time, int m, std::uint64_t g) override {
    EXPECT_EQ(held_.count(m), 0U);
    EXPECT_EQ(gs_[g].state, t::GoState::kSyscall);
    gs_[g].state = t::GoState::kRunning;
    Leave(time, m, g, t::GoState::kRunnable, /*has_p=*/false);
  }
  void User(std::int64_t time, int m, std::uint64_t, const t::Entry& e,
            std::string_view text) override {
    Time(time, m);
    users[e.kind()].emplace_back(text);
  }
  void Other(std::int64_t, int, const t::Entry& e) override {
    if (e.kind() == Kind::kSignal && e.event().argument() == SIGUSR1) {
      steps.push_back(static_cast<t::SignalStep>(e.event().object()));
    }
    others.insert(e.kind());
  }

  std::map<std::uint64_t, std::string> names;
  int Blocks(sched::WaitReason reason) {
    return blocks_[static_cast<std::uint8_t>(reason)];
  }

  std::map<Kind, std::vector<std::string>> users;
  std::vector<t::SignalStep> steps;
  std::set<Kind> others;
  int creates = 0, starts = 0, ends = 0, steals = 0, syscalls = 0, unblocks = 0;
  int starts_before_unblock = 0;

 private:
  struct G {
    t::GoState state = t::GoState::kAbsent;
    int m = t::kNone;
  };

  void Time(std::int64_t time, int m) {
    EXPECT_GE(time, times_[m]);
    times_[m] = time;
  }
  void Release(int m, int p) {
    EXPECT_EQ(holder_[p], m);
    holder_[p] = t::kNone;
    held_.erase(m);
  }
  void Leave(std::int64_t time, int m, std::uint64_t g, t::GoState state,
             bool has_p = true) {
    Time(time, m);
    EXPECT_EQ(held_.count(m), has_p ? 1U : 0U);
    EXPECT_EQ(on_[m], g);
    EXPECT_EQ(gs_[g].state, t::GoState::kRunning);
    gs_[g] = {state, t::kNone};
    on_.erase(m);
  }

  std::map<int, int> holder_, held_;
  std::map<int, std::uint64_t> on_;
  std::map<std::uint64_t, G> gs_;
  std::map<int, std::int64_t> times_;
  std::map<std::uint8_t, int> blocks_;
};

// Recording is what is recorded while it lives.
class Recording {
 public:
  Recording() : raw_(std::pmr::new_delete_resource()) {
    start_ = t::Clock::Now();
    raw_.SkipAll();
    EXPECT_TRUE(t::TurnOn());
  }
  ~Recording() {
    if (on_) t::TurnOff();
  }

  void Check(Checker* checker) {
    t::TurnOff();
    on_ = false;
    EXPECT_TRUE(raw_.Collect());
    t::History history(std::pmr::new_delete_resource());
    history.Build(raw_, start_, t::Clock::Now(), 0);
    t::Replay(history, raw_.logs.size(), *checker,
              std::pmr::new_delete_resource())
        .Run();
  }

 private:
  t::Raw raw_;
  t::Clock start_;
  bool on_ = true;
};

// Busy has goroutines do what a scheduler does.
void Busy(int rounds) {
  const auto ping = MakeChan<int>();
  const auto pong = MakeChan<int>();
  sync::WaitGroup group;
  group.Go([=] {
    for (int i : ping) pong.Send(i);
  });
  for (int i = 0; i < 4; i++) {
    group.Go([rounds] {
      for (int n = 0; n < rounds; n++) runtime::Gosched();
    });
  }
  group.Go([] { time::Sleep(1ms); });
  group.Go([] { runtime::Blocking([] { ::usleep(1000); }); });
  group.Go([] {
    // P is taken from it: it tells nobody that it sleeps.
    ::usleep(20'000);
  });
  for (int i = 0; i < rounds; i++) {
    ping.Send(i);
    pong.Recv();
  }
  ping.Close();
  group.Wait();
}

TEST(TraceRing, KeepsTheLastOnesWhole) {
  constexpr std::uint64_t kSize = 8;
  std::vector<t::Ring::Slot> slots(kSize);
  t::Ring ring;
  ring.Init(slots.data(), kSize);
  std::uint64_t first = 0;
  std::vector<std::uint64_t> got;
  const auto put = [&](std::uint64_t i, const Event& e) {
    EXPECT_EQ(e.time, i + 1);
    EXPECT_EQ(e.what, i + 1);
    got.push_back(i);
  };
  EXPECT_EQ(ring.Copy(0, &first, put), 0U);
  EXPECT_TRUE(got.empty());
  for (std::uint64_t i = 1; i <= 3 * kSize; i++) ring.Add(i, i);
  EXPECT_EQ(ring.Copy(0, &first, put), 3 * kSize);
  EXPECT_EQ(got.size(), kSize - 1);
  EXPECT_EQ(first, 2 * kSize + 1);
  got.clear();
  EXPECT_EQ(ring.Copy(3 * kSize - 2, &first, put), 3 * kSize);
  EXPECT_EQ(got.size(), 2U);
}

// A writer goes on while a reader copies; each event carries its number twice.
TEST(TraceRing, GivesNoReaderABrokenEvent) {
  constexpr std::uint64_t kSize = 16;
  constexpr std::uint64_t kEvents = 300'000;
  std::vector<t::Ring::Slot> slots(kSize);
  t::Ring ring;
  ring.Init(slots.data(), kSize);
  struct Joined : std::thread {
    using std::thread::thread;
    ~Joined() {
      if (joinable()) join();
    }
  } writer([&] {
    for (std::uint64_t i = 1; i <= kEvents; i++) {
      ring.Add(i, i);
      if (i % 64 == 0) std::this_thread::yield();
    }
  });
  std::uint64_t next = 0;
  std::uint64_t kept = 0;
  while (next < kEvents) {
    std::vector<std::pair<std::uint64_t, Event>> copied;
    std::uint64_t first = 0;
    next = ring.Copy(next, &first, [&](std::uint64_t i, const Event& e) {
      copied.emplace_back(i, e);
    });
    for (const auto& [i, e] : copied) {
      if (i < first) continue;
      ASSERT_EQ(e.time, i + 1);
      ASSERT_EQ(e.what, i + 1);
      kept++;
    }
  }
  writer.join();
  EXPECT_GT(kept, 0U);
}

TEST(TraceEvent, PacksWhatItIsGiven) {
  Event e;
  e.what = Event::Pack(Kind::kText, 13, 1023, (std::uint64_t{1} << 40) - 1);
  EXPECT_EQ(e.kind(), Kind::kText);
  EXPECT_EQ(e.argument(), 13U);
  EXPECT_EQ(e.p(), 1023U);
  EXPECT_EQ(e.object(), (std::uint64_t{1} << 40) - 1);
}

// A switch's event says only which goroutine comes; History knows which one
// leaves, once it has seen a start.
TEST(TraceHistory, TakesSwitchesApart) {
  t::Raw raw(std::pmr::new_delete_resource());
  raw.logs.emplace_back(nullptr, std::pmr::new_delete_resource());
  std::uint64_t time = 1000;
  const auto add = [&](Kind kind, unsigned argument, std::uint64_t g) {
    raw.logs[0].code.events.push_back(
        {++time, Event::Pack(kind, argument, 3, g)});
  };
  add(Kind::kSwitchBlock, 1, 7);  // which goroutine blocks was written over
  add(Kind::kSwitchStop, 2, 8);
  add(Kind::kSwitchBlock, 5, 9);
  add(Kind::kGoBlock, 4, 9);
  add(Kind::kSwitchEnd, 0, 7);  // what came before is lost
  add(Kind::kSwitchEnd, 0, 8);
  t::History history(std::pmr::new_delete_resource());
  history.Build(raw, {0, 0}, {2000, 2000}, 0);
  struct Row {
    Kind kind;
    unsigned argument;
    std::uint64_t g;
    std::int64_t time;
  };
  const std::vector<Row> rows = {
      {Kind::kGoStart, 0, 7, 1001}, {Kind::kGoStop, 2, 7, 1002},
      {Kind::kGoStart, 0, 8, 1002}, {Kind::kGoBlock, 5, 8, 1003},
      {Kind::kGoStart, 0, 9, 1003}, {Kind::kGoBlock, 4, 9, 1004},
      {Kind::kGoStart, 0, 7, 1005}, {Kind::kGoEnd, 0, 7, 1006},
      {Kind::kGoStart, 0, 8, 1006}};
  ASSERT_EQ(history.entries.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); i++) {
    SCOPED_TRACE(i);
    const t::Entry& e = history.entries[i];
    EXPECT_EQ(e.kind(), rows[i].kind);
    EXPECT_EQ(e.event().argument(), rows[i].argument);
    EXPECT_EQ(e.event().object(), rows[i].g);
    EXPECT_EQ(e.event().p(), 3U);
    EXPECT_EQ(e.time, rows[i].time);
  }
}

// ByHand is a history as it would be after recording, with the mistakes that
// clocks and races make.
class ByHand {
 public:
  ByHand() : history_(std::pmr::new_delete_resource()) {}

  ByHand& Add(std::uint32_t log, Kind kind, std::uint64_t object,
              unsigned p = Event::kNoP, unsigned argument = 0) {
    t::Entry e;
    e.time = ++time_;
    e.what = Event::Pack(kind, argument, p, object);
    e.log = log;
    history_.entries.push_back(e);
    return *this;
  }

  void Check(Checker* checker) {
    t::Replay(history_, 4, *checker, std::pmr::new_delete_resource()).Run();
  }

 private:
  t::History history_;
  std::int64_t time_ = 0;
};

constexpr unsigned kYield = static_cast<unsigned>(t::StopReason::kYield);
constexpr unsigned kLostP = static_cast<unsigned>(t::StopReason::kNoP);

TEST(TraceReplay, LetsAGoroutineRunInOnePlaceAtATime) {
  Checker checker;
  ByHand()
      .Add(0, Kind::kGoStart, 1, 0)
      .Add(1, Kind::kGoStart, 1, 1)  // its stop on the other M is missing
      .Add(1, Kind::kGoStop, 1, 1, kYield)
      .Add(0, Kind::kGoStart, 2, 0)
      .Check(&checker);
  EXPECT_EQ(checker.starts, 3);
}

TEST(TraceReplay, TakesAWakeUpThatIsRecordedBeforeTheBlock) {
  Checker checker;
  ByHand()
      .Add(0, Kind::kGoStart, 1, 0)
      .Add(1, Kind::kGoStart, 2, 1)
      .Add(1, Kind::kGoUnblock, 1, 1)
      .Add(0, Kind::kGoBlock, 1, 0, 1)
      .Add(0, Kind::kGoStart, 3, 0)
      .Add(0, Kind::kGoBlock, 3, 0, 1)
      .Add(0, Kind::kGoStart, 1, 0)
      .Check(&checker);
  EXPECT_EQ(checker.unblocks, 1);
  // With the block, and not only when it was seen to run again.
  EXPECT_EQ(checker.starts_before_unblock, 2);
}

TEST(TraceReplay, AddsAWakeUpThatIsMissing) {
  Checker checker;
  ByHand()
      .Add(0, Kind::kGoStart, 1, 0)
      .Add(0, Kind::kGoBlock, 1, 0, 1)
      .Add(0, Kind::kGoStart, 1, 0)
      .Check(&checker);
  EXPECT_EQ(checker.unblocks, 1);
  EXPECT_EQ(checker.starts, 2);
}

// P is taken from code that computes; its goroutine gets another one later, or
// none and is queued.
TEST(TraceReplay, TellsARetakeAsASystemCall) {
  const std::uint64_t p0_of_log0 = std::uint64_t{1} << t::kVictimShift | 0;
  Checker checker;
  ByHand()
      .Add(0, Kind::kGoStart, 1, 0)
      .Add(2, Kind::kProcRetake, p0_of_log0)
      .Add(1, Kind::kProcStart, 0, 0)
      .Add(1, Kind::kGoStart, 2, 0)
      .Add(0, Kind::kProcStart, 1, 1)
      .Add(0, Kind::kGoBlock, 1, 1, 1)
      .Add(0, Kind::kGoStart, 3, 1)
      // This one's retake bears a later time than what follows from it.
      .Add(0, Kind::kGoStop, 3, Event::kNoP, kLostP)
      .Add(2, Kind::kProcRetake,
           std::uint64_t{1} << t::kVictimShift | std::uint64_t{1})
      .Add(1, Kind::kGoStop, 2, 0, kYield)
      .Add(1, Kind::kGoStart, 3, 0)
      .Check(&checker);
  EXPECT_EQ(checker.steals, 2);
  EXPECT_EQ(checker.syscalls, 2);
}

TEST(TraceReplay, KnowsWhatRanBefore) {
  Checker checker;
  ByHand()
      .Add(0, Kind::kGoBlock, 1, 0, 1)  // it ran when the recorder came on
      .Add(1, Kind::kGoUnblock, 1, 1)
      .Add(0, Kind::kProcStop, 0, 0)
      .Add(1, Kind::kProcStop, 1, 1)
      .Add(1, Kind::kProcStart, 0, 0)
      .Add(1, Kind::kGoStart, 1, 0)
      .Add(1, Kind::kGoEnd, 1, 0)
      .Check(&checker);
  EXPECT_EQ(checker.creates, 0);
  EXPECT_EQ(checker.ends, 1);
}

class Trace : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Procs, Trace, ::testing::Values(1, 2, 8));

TEST_P(Trace, TellsARunInOrder) {
  RunWith(GetParam(), [] {
    Recording recording;
    Busy(200);
    Checker checker;
    recording.Check(&checker);
    EXPECT_GE(checker.creates, 8);
    EXPECT_GE(checker.ends, 5);
    EXPECT_GE(checker.starts, 400);
    EXPECT_GE(checker.Blocks(sched::WaitReason::kChanReceive) +
                  checker.Blocks(sched::WaitReason::kChanSend),
              100);
    EXPECT_GE(checker.Blocks(sched::WaitReason::kSleep), 1);
    EXPECT_GE(checker.syscalls, 1);
  });
}

TEST_P(Trace, BeginsAndEndsAmidARun) {
  RunWith(GetParam(), [] {
    std::atomic<bool> stop{false};
    sync::WaitGroup group;
    group.Go([&] {
      while (!stop.load()) Busy(20);
    });
    for (int i = 0; i < 5; i++) {
      Recording recording;
      time::Sleep(2ms);
      Checker checker;
      recording.Check(&checker);
      EXPECT_GT(checker.starts, 0);
    }
    stop.store(true);
    group.Wait();
  });
}

// Habits is what each of some goroutines does and never does; Check holds the
// rings, as far back as they reach, to that: a switch that is put down to the
// wrong goroutine shows.
class Habits {
 public:
  void Yields() { Add(&yielders_); }
  void Blocks() { Add(&blockers_); }

  void Check() {
    t::Raw raw(std::pmr::new_delete_resource());
    raw.Collect();
    t::History history(std::pmr::new_delete_resource());
    history.Build(raw, start_, t::Clock::Now(), 0);
    const std::lock_guard lock(mu_);
    for (const t::Entry& e : history.entries) {
      const std::uint64_t g = e.event().object();
      if (e.kind() == Kind::kGoBlock) {
        ASSERT_EQ(yielders_.count(g), 0U);
        blocks += static_cast<int>(blockers_.count(g));
      } else if (e.kind() == Kind::kGoStop && e.event().argument() == kYield) {
        ASSERT_EQ(blockers_.count(g), 0U);
        yields += static_cast<int>(yielders_.count(g));
      }
    }
  }

  int blocks = 0, yields = 0;

 private:
  void Add(std::set<std::uint64_t>* to) {
    const std::lock_guard lock(mu_);
    to->insert(runtime::Goid());
  }

  const t::Clock start_ = t::Clock::Now();
  std::mutex mu_;
  std::set<std::uint64_t> yielders_, blockers_;
};

// The recorder goes off while one goroutine runs, and on while another one does
// on the same thread.
TEST(TraceHabits, AreToldRightAfterAGap) {
  RunWith(1, [] {
    Habits habits;
    const auto turn = MakeChan<Unit>(1);
    sync::WaitGroup group;
    ASSERT_TRUE(t::TurnOn());
    group.Go([&] {
      habits.Blocks();
      turn.Recv();
      t::TurnOff();  // its start is the last that is recorded
      turn.Recv();
    });
    runtime::Gosched();
    turn.Send({});
    runtime::Gosched();
    habits.Yields();
    ASSERT_TRUE(t::TurnOn());
    group.Go([] {});
    runtime::Gosched();  // to the new one: the first that is recorded again
    t::TurnOff();
    turn.Send({});
    group.Wait();
    habits.Check();
    EXPECT_GE(habits.blocks, 1);
    EXPECT_GE(habits.yields, 1);
  });
}

// The recorder is turned on and off, and on for a second time, while goroutines
// switch, here and on other threads; off by another goroutine than on, so that
// the last start before a gap is not of the one that runs after it.
TEST_P(Trace, TellsHabitsRightWhileItIsTurnedOnAndOff) {
  RunWith(GetParam(), [] {
    Habits habits;
    std::atomic<bool> stop{false};
    const auto work = MakeChan<bool>(64);
    sync::WaitGroup group;
    for (int i = 0; i < 3; i++) {
      group.Go([&] {
        habits.Yields();
        while (!stop.load()) runtime::Gosched();
      });
      group.Go([&habits, work] {
        habits.Blocks();
        for (const bool off : work) {
          if (off) t::TurnOff();
        }
      });
    }
    const auto some = [&] {
      for (int i = 0; i < 3; i++) work.Send(false);
      for (int i = 0; i < 3; i++) runtime::Gosched();
    };
    for (int i = 0; i < 300; i++) {
      some();
      EXPECT_TRUE(t::TurnOn());
      some();
      if (i % 3 == 0) {
        EXPECT_TRUE(t::TurnOn());
        some();
        t::TurnOff();
      }
      work.Send(true);
      while (t::On()) runtime::Gosched();
    }
    stop.store(true);
    work.Close();
    group.Wait();
    habits.Check();
  });
}

// The collector need not have slept in between.
TEST_P(Trace, BeginsAsSoonAsAnotherHasEnded) {
  const File file;
  RunWith(GetParam(), [&] {
    for (int i = 0; i < 10; i++) {
      EXPECT_FALSE(trace::Start(file.Name()));
      EXPECT_FALSE(trace::Stop());
    }
  });
}

TEST_P(Trace, NamesGoroutines) {
  RunWith(GetParam(), [] {
    Recording recording;
    const auto done = MakeChan<Unit>();
    Go({.name = "the one that is called so"}, [=] { done.Close(); });
    done.Recv();
    Checker checker;
    recording.Check(&checker);
    std::set<std::string> names;
    for (const auto& [g, name] : checker.names) names.insert(name);
    EXPECT_EQ(names.count("the one that is called so"), 1U);
  });
}

// Each recording says it anew, of those that it finds, too; also one that begins
// while another one goes on.
TEST_P(Trace, NamesGoroutinesInEachRecording) {
  RunWith(GetParam(), [] {
    const auto names = [](Recording* recording) {
      Checker checker;
      recording->Check(&checker);
      std::set<std::string> found;
      for (const auto& [g, name] : checker.names) found.insert(name);
      return found;
    };
    std::vector<Chan<Unit>> asks;
    const auto answer = MakeChan<Unit>();
    const auto make = [&](const char* name) {
      asks.push_back(MakeChan<Unit>());
      Go({.name = name}, [ask = asks.back(), answer] {
        while (ask.Recv()) answer.Send({});
      });
    };
    const auto all_answer = [&] {
      for (const auto& ask : asks) {
        ask.Send({});
        answer.Recv();
      }
    };
    // Else one might run on through a recording, which would not see it.
    const auto all_wait = [&] {
      EXPECT_TRUE(YieldUntil([&] {
        const std::string stacks = runtime::Stack(true);
        std::size_t n = 0;
        for (std::size_t at = 0;
             (at = stacks.find("[chan receive]", at)) != std::string::npos;
             at++) {
          n++;
        }
        return n == asks.size();
      }));
    };
    make("older than all");
    all_answer();
    all_wait();
    {
      Recording first;
      make("of the first");
      all_answer();
      EXPECT_EQ(names(&first).count("older than all"), 1U);
    }
    all_wait();
    Recording second;
    all_answer();
    all_wait();
    Recording third;
    all_answer();
    for (Recording* recording : {&third, &second}) {
      const auto found = names(recording);
      EXPECT_EQ(found.count("older than all"), 1U);
      EXPECT_EQ(found.count("of the first"), 1U);
    }
    for (const auto& ask : asks) ask.Close();
  });
}

TEST(TraceHistory, KeepsTheNamesOfWhatIsOlderThanItsWindow) {
  RunWith(1, [] {
    t::Raw raw(std::pmr::new_delete_resource());
    const t::Clock start = t::Clock::Now();
    raw.SkipAll();
    ASSERT_TRUE(t::TurnOn());
    const auto ask = MakeChan<Unit>();
    sync::WaitGroup group;
    Go({.name = "short-lived"}, [] {});
    Go({.name = "long-lived"}, [=] {
      while (ask.Recv()) {
      }
    });
    runtime::Gosched();
    time::Sleep(200ms);
    ask.Send({});
    runtime::Gosched();
    t::TurnOff();
    raw.Collect();
    t::History history(std::pmr::new_delete_resource());
    history.Build(raw, start, t::Clock::Now(), /*window=*/100'000'000);
    std::set<std::string_view> names;
    std::int64_t last = 0;
    for (const t::Entry& e : history.entries) {
      EXPECT_GE(e.time, last);
      last = e.time;
      EXPECT_NE(e.kind(), Kind::kGoCreate);
      if (e.kind() == Kind::kGoIs) names.insert(history.Text(e));
    }
    EXPECT_EQ(names.count("long-lived"), 1U);
    EXPECT_EQ(names.count("short-lived"), 0U);
    ask.Close();
  });
}

TEST_P(Trace, KeepsAnnotations) {
  RunWith(GetParam(), [] {
    Recording recording;
    const auto [ctx, end] = trace::NewTask(context::Background(), "a task");
    EXPECT_EQ(trace::WithRegion(ctx, "a region", [] { return 7; }), 7);
    EXPECT_THROW(
        trace::WithRegion(ctx, "thrown", [] { throw std::runtime_error("x"); }),
        std::runtime_error);
    trace::Log(ctx, "words", std::string(500, 'w'));
    end();
    Checker checker;
    recording.Check(&checker);
    using Texts = std::vector<std::string>;
    EXPECT_EQ(checker.users[Kind::kTaskBegin], Texts{"a task"});
    EXPECT_EQ(checker.users[Kind::kTaskEnd].size(), 1U);
    EXPECT_EQ(checker.users[Kind::kRegionBegin], (Texts{"a region", "thrown"}));
    EXPECT_EQ(checker.users[Kind::kRegionEnd], (Texts{"a region", "thrown"}));
    EXPECT_EQ(checker.users[Kind::kLog],
              Texts{std::string("words") + '\0' + std::string(500, 'w')});
  });
}

TEST_P(Trace, FollowsASignalToItsChannel) {
  RunWith(GetParam(), [] {
    const auto signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGUSR1);
    // A receiver that is at work needs no note to be woken.
    EXPECT_TRUE(YieldUntil([] { return Receiver::Receiving(); }));
    Recording recording;
    // This thread has a log only once something has been recorded here.
    runtime::Gosched();
    trace::Log(context::Background(), "to", "have a log");
    ::raise(SIGUSR1);
    signals.Recv();
    signal::Stop(signals);
    Checker checker;
    recording.Check(&checker);
    using Step = t::SignalStep;
    EXPECT_EQ(checker.steps, (std::vector<Step>{Step::kTaken, Step::kReceived,
                                                Step::kDelivered}));
    EXPECT_EQ(checker.others.count(Kind::kNoteWake), 1U);
  });
}

TEST(TraceFile, IsInGosFormat) {
  RunWith(2, [] {
    const File file;
    ASSERT_FALSE(trace::IsEnabled());
    ASSERT_FALSE(trace::Start(file.Name()));
    EXPECT_TRUE(trace::IsEnabled());
    const Error twice = trace::Start(file.Name());
    EXPECT_EQ(twice.message(), "tracing is already enabled");
    Busy(50);
    EXPECT_EQ(trace::Stop().message(), "<nil>");
    EXPECT_FALSE(trace::IsEnabled());
    EXPECT_EQ(trace::Stop().message(), "tracing is not enabled");
    const std::string text = file.Text();
    EXPECT_EQ(text.substr(0, 16), std::string("go 1.23 trace\0\0\0", 16));
    EXPECT_GT(text.size(), 500U);
  });
}

TEST(TraceFile, OfTheFlightRecorderCanBeHadAgainAndAgain) {
  RunWith(2, [] {
    const File file;
    EXPECT_TRUE(static_cast<bool>(trace::WriteTo(file.Name())));
    EXPECT_TRUE(trace::StartFlightRecorder(0s));
    ASSERT_FALSE(trace::StartFlightRecorder(10s));
    EXPECT_EQ(trace::StartFlightRecorder(1s).message(),
              "flight recorder is already enabled");
    for (int i = 0; i < 3; i++) {
      Busy(20);
      EXPECT_EQ(trace::WriteTo(file.Name()).message(), "<nil>");
      EXPECT_GT(file.Text().size(), 500U);
    }
    ASSERT_FALSE(trace::StopFlightRecorder());
    EXPECT_TRUE(trace::StopFlightRecorder());
  });
}

TEST(TraceFile, ThatCannotBeWrittenIsAnError) {
  RunWith(2, [] {
    EXPECT_EQ(trace::Start("/nowhere/at/all").code(),
              std::errc::no_such_file_or_directory);
    EXPECT_FALSE(trace::IsEnabled());
    ASSERT_FALSE(trace::StartFlightRecorder(1s));
    EXPECT_TRUE(trace::WriteTo("/nowhere/at/all"));
    if (::access("/dev/full", W_OK) == 0) {
      EXPECT_EQ(trace::WriteTo("/dev/full").code(),
                std::errc::no_space_on_device);
    }
    ASSERT_FALSE(trace::StopFlightRecorder());
  });
}

TEST(TraceFork, LeavesTheParentsRecordingAlone) {
  RunWith(2, [] {
    const File file;
    ASSERT_FALSE(trace::Start(file.Name()));
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    EXPECT_EQ(AwaitStatus(pid), 0);
    Busy(20);
    EXPECT_EQ(trace::Stop().message(), "<nil>");
    EXPECT_GT(file.Text().size(), 500U);
  });
}

class TraceCrash : public FreshDeathTest {
 protected:
  TraceCrash() { IgnoreNoSignals(); }
};

TEST_F(TraceCrash, WritesTheLastSeconds) {
  // A child begins anew, and has a file of its own: it is to write the parent's.
  const File file;
  ::setenv("GODEBUG", "flight=10s", 1);
  ::setenv("GOSLING_TRACE", file.Name().c_str(), /*overwrite=*/0);
  EXPECT_EXIT(gosling::Run([] {
                Busy(20);
                throw std::runtime_error("end of it");
              }),
              ::testing::ExitedWithCode(2), "what happened last is in ");
  EXPECT_EQ(file.Text().substr(0, 13), "go 1.23 trace");
  EXPECT_EXIT(gosling::Run([] {
                Busy(20);
                ::raise(SIGQUIT);
              }),
              ::testing::ExitedWithCode(2), "what happened last is in ");
  EXPECT_GT(file.Text().size(), 500U);
  ::setenv("GOSLING_TRACE", "/nowhere/at/all", 1);
  EXPECT_EXIT(gosling::Run([] { throw std::runtime_error("end of it"); }),
              ::testing::ExitedWithCode(2), "the recording is not written");
  ::unsetenv("GOSLING_TRACE");
  EXPECT_EXIT(gosling::Run([] { throw std::runtime_error("end of it"); }),
              ::testing::ExitedWithCode(2), "GOSLING_TRACE names no file");
  ::setenv("GODEBUG", "flight=10", 1);
  EXPECT_EXIT(gosling::Run([] {}), ::testing::ExitedWithCode(2),
              "must be flight=n, with a length of time");
  ::unsetenv("GODEBUG");
}

}  // namespace
}  // namespace gosling
