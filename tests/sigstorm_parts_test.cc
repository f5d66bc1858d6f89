// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The parts of sigstorm that need no storm: what it counts with, what it reads
// and prints, and how it judges. Each verdict is shown to fail on its own.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/sanitizers.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/histogram.h"
#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/pace.h"
#include "tools/sigstorm/report.h"
#include "tools/sigstorm/result.h"
#include "tools/sigstorm/sender.h"
#include "tools/sigstorm/signal_names.h"
#include "tools/sigstorm/standstill.h"
#include "tools/sigstorm/system_timer.h"
#include "tools/sigstorm/verdict.h"

namespace sigstorm {
namespace {

const os::Realtime kRealtime = os::RealtimeSignals();

// --- Histogram

TEST(SigstormHistogram, IsZeroWhileEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(SigstormHistogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (std::int64_t value = 0; value < 16; value++) histogram.Record(value);
  EXPECT_EQ(histogram.Quantile(0.5), 7);
  EXPECT_EQ(histogram.Quantile(1), 15);
}

TEST(SigstormHistogram, QuantileIsAtMostASixteenthAboveTheTruth) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 1'000'000; value++) {
    histogram.Record(value);
  }
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99}) {
    const double truth = q * 1e6;
    EXPECT_GE(static_cast<double>(histogram.Quantile(q)), truth) << q;
    EXPECT_LE(static_cast<double>(histogram.Quantile(q)), truth * 17 / 16) << q;
  }
}

TEST(SigstormHistogram, KeepsTheMaximumExactly) {
  Histogram histogram;
  histogram.Record(3);
  histogram.Record(1'234'567'891);
  EXPECT_EQ(histogram.max(), 1'234'567'891);
  EXPECT_EQ(histogram.Quantile(1), 1'234'567'891);
}

TEST(SigstormHistogram, HoldsTheLargestAndTheNegative) {
  Histogram histogram;
  histogram.Record(std::numeric_limits<std::int64_t>::max());
  histogram.Record(-5);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.max(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

// --- Names of signals

std::vector<int> Parsed(const std::string& text) {
  std::vector<int> signals;
  EXPECT_EQ(ParseSignals(text, &signals), "") << text;
  return signals;
}

std::string Refused(const std::string& text) {
  std::vector<int> signals;
  return ParseSignals(text, &signals);
}

TEST(SigstormSignals, ReadsNamesAndNumbersInAnyCase) {
  EXPECT_EQ(Parsed("HUP"), std::vector<int>{SIGHUP});
  EXPECT_EQ(Parsed("SIGUSR1"), std::vector<int>{SIGUSR1});
  EXPECT_EQ(Parsed("sigusr2"), std::vector<int>{SIGUSR2});
  EXPECT_EQ(Parsed("15"), std::vector<int>{SIGTERM});
  EXPECT_EQ(Parsed("CLD"), std::vector<int>{SIGCHLD});
}

TEST(SigstormSignals, ReadsRealtimeNames) {
  if (kRealtime.first == 0) GTEST_SKIP() << "no real-time signals";
  EXPECT_EQ(Parsed("RTMIN"), std::vector<int>{kRealtime.first});
  EXPECT_EQ(Parsed("RTMIN+3"), std::vector<int>{kRealtime.first + 3});
  EXPECT_EQ(Parsed("SIGRTMAX-1"), std::vector<int>{kRealtime.last - 1});
  EXPECT_EQ(Parsed("RTMAX"), std::vector<int>{kRealtime.last});
}

TEST(SigstormSignals, SortsAndDropsRepeats) {
  EXPECT_EQ(Parsed("USR1, HUP,10,HUP"), (std::vector<int>{SIGHUP, SIGUSR1}));
}

TEST(SigstormSignals, AllLeavesOutFaultsAndWhatCannotBeCaught) {
  const std::vector<int> all = Parsed("all");
  const auto has = [&](int signal) {
    return std::find(all.begin(), all.end(), signal) != all.end();
  };
  for (const int signal :
       {SIGHUP, SIGINT, SIGTERM, SIGCHLD, kRealtime.first + 1}) {
    EXPECT_TRUE(has(signal)) << signal;
  }
  for (const int signal : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                           SIGTRAP, SIGABRT, 32, 33}) {
    EXPECT_FALSE(has(signal)) << signal;
  }
  EXPECT_EQ(Parsed("all,SEGV").size(), all.size() + 1);
}

TEST(SigstormSignals, RefusesWhatIsNone) {
  EXPECT_EQ(Refused("FOO"), "no signal is called \"FOO\"");
  EXPECT_EQ(Refused(""), "no signal is called \"\"");
  EXPECT_EQ(Refused("HUP,"), "no signal is called \"\"");
  EXPECT_EQ(Refused("RTMIN+x"), "no signal is called \"RTMIN+x\"");
  EXPECT_EQ(Refused("0"), "signal 0 is out of range 1..64");
  EXPECT_EQ(Refused("65"), "signal 65 is out of range 1..64");
  EXPECT_EQ(Refused("-1"), "signal -1 is out of range 1..64");
  EXPECT_EQ(Refused("RTMIN+1000"), "signal " +
                                       std::to_string(kRealtime.first + 1000) +
                                       " is out of range 1..64");
  EXPECT_EQ(Refused("KILL"), "SIGKILL cannot be caught");
  EXPECT_EQ(Refused("19"), "SIGSTOP cannot be caught");
  EXPECT_EQ(Refused("32"), "signal 32 belongs to the C library");
}

TEST(SigstormSignals, WritesTheNamesItReads) {
  for (const int signal : Parsed("all")) {
    EXPECT_EQ(Parsed(SignalName(signal)), std::vector<int>{signal});
  }
}

// --- Numbers for people

TEST(SigstormFormat, TimesHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(FormatNs(0), "0 ns");
  EXPECT_EQ(FormatNs(999), "999 ns");
  EXPECT_EQ(FormatNs(1000), "1.00 us");
  EXPECT_EQ(FormatNs(12'345), "12.3 us");
  EXPECT_EQ(FormatNs(999'499), "999 us");
  EXPECT_EQ(FormatNs(999'999), "1.00 ms");
  EXPECT_EQ(FormatNs(9'996'000), "10.0 ms");
  EXPECT_EQ(FormatNs(1'200'000'000), "1.20 s");
}

TEST(SigstormFormat, CountsHaveCommas) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
}

// --- Counters that stood still

TEST(SigstormStandstill, SeesWhoMadeNoStepInASlice) {
  Standstill standstill(2, 1000, 100, 3);
  using Steps = std::vector<std::uint64_t>;
  standstill.Observe(1050, Steps{1, 1});
  standstill.Observe(1100, Steps{1, 1});
  EXPECT_TRUE(standstill.starved().empty());
  standstill.Observe(1150, Steps{2, 1});
  standstill.Observe(1201, Steps{2, 1});
  ASSERT_EQ(standstill.starved().size(), 1u);
  EXPECT_EQ(standstill.starved()[0].counter, 1u);
  EXPECT_EQ(standstill.starved()[0].slice, 1);
  standstill.Observe(1299, Steps{3, 2});
  EXPECT_EQ(standstill.slices_judged(), 2);
  standstill.Observe(1300, Steps{3, 2});
  EXPECT_EQ(standstill.slices_judged(), 3);
  EXPECT_EQ(standstill.starved().size(), 1u);
}

TEST(SigstormStandstill, JudgesSlicesNobodyLookedAtAsOne) {
  Standstill standstill(1, 0, 100, 10);
  standstill.Observe(550, std::vector<std::uint64_t>{1});
  EXPECT_EQ(standstill.slices_judged(), 5);
  EXPECT_TRUE(standstill.starved().empty());
}

TEST(SigstormStandstill, JudgesNothingAfterTheLastSlice) {
  Standstill standstill(1, 0, 100, 1);
  standstill.Observe(100, std::vector<std::uint64_t>{1});
  standstill.Observe(900, std::vector<std::uint64_t>{1});
  EXPECT_EQ(standstill.slices_judged(), 1);
  EXPECT_TRUE(standstill.starved().empty());
}

TEST(SigstormStandstill, MeasuresTheLongestStandstill) {
  Standstill standstill(2, 0, 1000, 1);
  using Steps = std::vector<std::uint64_t>;
  standstill.Observe(10, Steps{1, 1});
  standstill.Observe(40, Steps{2, 1});
  standstill.Observe(60, Steps{3, 2});
  standstill.Observe(70, Steps{3, 2});
  EXPECT_EQ(standstill.Longest(), 50);
  EXPECT_EQ(standstill.LongestOf(), 1u);
  EXPECT_EQ(standstill.Still(0), 10);
  EXPECT_EQ(standstill.Still(1), 10);
}

TEST(SigstormStandstill, CutsNoSliceShorterThanThreeSeconds) {
  EXPECT_EQ(SlicesOf(200'000'000), 1);
  EXPECT_EQ(SlicesOf(5'999'000'000), 1);
  EXPECT_EQ(SlicesOf(15'000'000'000), 5);
  EXPECT_EQ(SlicesOf(3'600'000'000'000), 10);
}

// --- Books and senders

TEST(SigstormLedger, KeepsTheOldestUnansweredStamp) {
  Ledger ledger({SIGUSR1}, 1, 0);
  SignalSlot& slot = ledger.signals()[0];
  EXPECT_EQ(slot.TakeStamp(), 0);
  EXPECT_EQ(slot.Stamp(5), 5);
  EXPECT_EQ(slot.Stamp(7), 0);
  EXPECT_EQ(slot.TakeStamp(), 5);
  EXPECT_EQ(slot.TakeStamp(), 0);
}

TEST(SigstormLedger, TakesBackOnlyItsOwnStamp) {
  Ledger ledger({SIGUSR1}, 1, 0);
  SignalSlot& slot = ledger.signals()[0];
  slot.Stamp(5);
  slot.Unstamp(0);
  EXPECT_EQ(slot.unanswered_since.load(), 5);
  slot.Unstamp(4);
  EXPECT_EQ(slot.unanswered_since.load(), 5);
  slot.Unstamp(5);
  EXPECT_EQ(slot.unanswered_since.load(), 0);
}

TEST(SigstormLedger, KnowsRealtimeSignals) {
  Ledger ledger({SIGUSR1, kRealtime.first + 1}, 1, 0);
  EXPECT_FALSE(ledger.signals()[0].realtime);
  EXPECT_TRUE(ledger.signals()[1].realtime);
}

// FakeAim answers sends with what it is told, and stops after `sends` of them.
class FakeAim : public Aim {
 public:
  FakeAim(Shared& shared, int sends, std::function<int(int)> answer)
      : shared_(shared), sends_(sends), answer_(std::move(answer)) {}

  int Send(const SignalSlot& slot, std::int64_t) override {
    signals_.push_back(slot.number);
    if (static_cast<int>(signals_.size()) == sends_) shared_.stop = true;
    return answer_(static_cast<int>(signals_.size()));
  }

  const std::vector<int>& signals() const { return signals_; }

 private:
  Shared& shared_;
  const int sends_;
  const std::function<int(int)> answer_;
  std::vector<int> signals_;
};

TEST(SigstormSender, CountsWhatWasAcceptedAndWhatWasRefused) {
  Ledger ledger({SIGUSR1}, 1, 0);
  FakeAim aim(ledger.shared(), 100,
              [](int n) { return n % 4 == 0 ? EAGAIN : 0; });
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), 0);
  EXPECT_EQ(ledger.signals()[0].sent.load(), 75u);
  EXPECT_EQ(ledger.signals()[0].refused.load(), 25u);
}

TEST(SigstormSender, EndsOnAnotherError) {
  Ledger ledger({SIGUSR1}, 1, 0);
  FakeAim aim(ledger.shared(), 100, [](int n) { return n == 3 ? ESRCH : 0; });
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), ESRCH);
  EXPECT_EQ(ledger.signals()[0].sent.load(), 2u);
  EXPECT_EQ(ledger.signals()[0].refused.load(), 0u);
}

TEST(SigstormSender, LeavesNoStampOfASendThatFailed) {
  Ledger ledger({SIGUSR1}, 1, 0);
  FakeAim aim(ledger.shared(), 1, [](int) { return EAGAIN; });
  RunSender(ledger.shared(), aim, 1);
  EXPECT_EQ(ledger.signals()[0].unanswered_since.load(), 0);
}

TEST(SigstormSender, KeepsRealtimeSignalsOnTheWayWithinTheWindow) {
  Ledger ledger({SIGUSR1, kRealtime.first + 1}, 1, 0);
  FakeAim aim(ledger.shared(), 5000, [](int) { return 0; });
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), 0);
  EXPECT_EQ(ledger.signals()[1].sent.load(), ledger.shared().window);
  EXPECT_EQ(ledger.Sent(), 5000u);
}

TEST(SigstormSender, GoesOnWhenTheWindowOpens) {
  Ledger ledger({kRealtime.first + 1}, 1, 0);
  SignalSlot& slot = ledger.signals()[0];
  FakeAim aim(ledger.shared(), 5000, [&](int n) {
    slot.drained = static_cast<std::uint64_t>(n);
    return 0;
  });
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), 0);
  EXPECT_EQ(slot.sent.load(), 5000u);
}

TEST(SigstormSender, RepeatsItsChoicesWithTheSameSeed) {
  const auto choices = [](std::uint64_t seed) {
    Ledger ledger({SIGHUP, SIGUSR1, SIGUSR2}, 1, 0);
    FakeAim aim(ledger.shared(), 200, [](int) { return 0; });
    RunSender(ledger.shared(), aim, seed);
    return aim.signals();
  };
  EXPECT_EQ(choices(1), choices(1));
  EXPECT_NE(choices(1), choices(2));
}

TEST(SigstormSender, IsNotFasterThanItsRate) {
  // Two senders share 4,000 signals a second; this is one of them.
  Ledger ledger({SIGUSR1}, 2, 4000);
  FakeAim aim(ledger.shared(), 200, [](int) { return 0; });
  const std::int64_t start = NowNs();
  RunSender(ledger.shared(), aim, 1);
  // 100 ms, less the last pause.
  EXPECT_GE(NowNs() - start, 98'000'000);
}

TEST(SigstormSender, NoticesTheEndWhileItWaitsForItsTurn) {
  Ledger ledger({SIGUSR1}, 1, 0.001);
  FakeAim aim(ledger.shared(), 1, [](int) { return 0; });
  // One signal in a thousand seconds: a sender that waited for the second one
  // would be killed by the time limit.
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), 0);
}

class PickyAim : public FakeAim {
 public:
  using FakeAim::FakeAim;
  bool Sends(const SignalSlot& slot) const override {
    return slot.number == SIGUSR2;
  }
};

TEST(SigstormSender, SendsOnlyWhatItsAimCan) {
  Ledger ledger({SIGHUP, SIGUSR2}, 1, 0);
  PickyAim aim(ledger.shared(), 100, [](int) { return 0; });
  EXPECT_EQ(RunSender(ledger.shared(), aim, 1), 0);
  EXPECT_EQ(aim.signals(), std::vector<int>(100, SIGUSR2));
}

// --- The system

std::atomic<int> rung = 0;

TEST(SigstormTimer, CountsHowOftenItExpired) {
  struct sigaction action = {};
  action.sa_handler = [](int) { rung.fetch_add(1); };
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  ASSERT_TRUE(SystemTimer::Sends(SIGALRM));
  SystemTimer timer;
  EXPECT_EQ(timer.Stop(), 0u);
  const std::int64_t start = NowNs();
  ASSERT_EQ(timer.Start(SIGALRM, 10'000'000), 0);
  const std::int64_t begun = NowNs();
  while (NowNs() < begun + 95'000'000) Pace::Sleep(1'000'000);
  const auto expired = static_cast<std::int64_t>(timer.Stop());
  const std::int64_t most = (NowNs() - start) / 10'000'000;
  EXPECT_GE(expired, 9);
  EXPECT_LE(expired, most);
  // Under ThreadSanitizer the handler runs at the next call that it knows.
  EXPECT_GE(rung, 1);
  EXPECT_LE(rung, expired);
  EXPECT_EQ(timer.Stop(), 0u);
}

// Each of which the thread does not take at once is an overrun.
TEST(SigstormTimer, SendsOneSignalWhileNoneIsTaken) {
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  SystemTimer timer;
  ASSERT_EQ(timer.Start(SIGALRM, 1'000'000), 0);
  const std::int64_t start = NowNs();
  while (NowNs() < start + 50'000'000) Pace::Sleep(1'000'000);
  int taken = 0;
  ::sigwait(&set, &taken);
  EXPECT_EQ(taken, SIGALRM);
  EXPECT_GE(timer.Stop(), 49u);
  const timespec now = {};
  while (::sigtimedwait(&set, nullptr, &now) == SIGALRM) taken++;
  EXPECT_LE(taken, SIGALRM + 1);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(SigstormOs, SeesASignalThatIsPending) {
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  ::kill(::getpid(), SIGUSR1);
  EXPECT_EQ(os::PendingForProcess(), os::BitOf(SIGUSR1));
  int taken = 0;
  ::sigwait(&set, &taken);
  EXPECT_EQ(os::PendingForProcess(), 0u);

  ::pthread_kill(::pthread_self(), SIGUSR1);
  bool found = false;
  for (const os::Thread& thread : os::Threads()) {
    if (thread.id != ::getpid()) continue;
    found = true;
    EXPECT_EQ(thread.pending, os::BitOf(SIGUSR1));
    EXPECT_NE(thread.blocked & os::BitOf(SIGUSR1), 0u);
  }
  EXPECT_TRUE(found);
  ::sigwait(&set, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(SigstormOs, ListsDescriptorsWithoutItsOwn) {
  const std::vector<std::string> before = os::OpenFiles();
  EXPECT_EQ(os::OpenFiles(), before);
  const int fd = ::dup(0);
  EXPECT_EQ(os::OpenFiles().size(), before.size() + 1);
  ::close(fd);
  EXPECT_EQ(os::OpenFiles(), before);
}

std::atomic<std::int64_t> carried = 0;

TEST(SigstormOs, CarriesAValueToAThread) {
  if (kRealtime.first == 0) GTEST_SKIP() << "no real-time signals";
  struct sigaction action = {};
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    if (info->si_code != SI_QUEUE) return;
    carried = reinterpret_cast<std::intptr_t>(info->si_value.sival_ptr);
  };
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(kRealtime.first + 1, &action, nullptr), 0);
  ASSERT_EQ(os::SendToThread(::getpid(), kRealtime.first + 1, true, 123456789),
            0);
  // ThreadSanitizer puts signals off until it meets a call that it knows.
  if (gosling::kThreadSanitizer) ::raise(0);
  EXPECT_EQ(carried, 123456789);
}

// --- Verdicts

// Good is a round in which everything went well.
RoundResult Good() {
  RoundResult result;
  result.seconds = 1;
  result.settled = true;
  SignalResult standard;
  standard.number = SIGUSR1;
  standard.sent = 10;
  standard.received = 8;
  standard.coalesced = 3;
  standard.delivered = 4;
  standard.dropped = 1;
  standard.taken = 4;
  standard.last_arrived = true;
  SignalResult realtime = standard;
  realtime.number = kRealtime.first + 1;
  realtime.realtime = true;
  realtime.sent = 8;
  result.signals = {standard, realtime};
  result.workers = {{"sleeper 1", 5, ""}};
  result.watch.slices = 2;
  result.watch.longest_standstill_of = "sleeper 1";
  result.before.files = result.after.files = {"0 -> /dev/null"};
  result.before.threads = result.after.threads = {"sigstorm", "idle"};
  result.before.runtime_threads = result.after.runtime_threads = 1;
  result.before.goroutines = result.after.goroutines = 2;
  result.threads_allowed = 2;
  return result;
}

// Failing lists the numbers of the verdicts that fail.
std::vector<int> Failing(const RoundResult& result) {
  std::vector<int> failing;
  for (const Verdict& verdict : Judge(result)) {
    if (!verdict.pass) failing.push_back(verdict.number);
    EXPECT_EQ(verdict.pass, verdict.details.empty());
  }
  return failing;
}

const std::vector<int> kNone;

TEST(SigstormVerdict, AllSixPassOnAGoodRound) {
  EXPECT_EQ(Judge(Good()).size(), 6u);
  EXPECT_EQ(Failing(Good()), kNone);
}

// A storm of nine seconds, and the memory after each.
RoundResult Soaked(const std::vector<std::uint64_t>& kilobytes) {
  RoundResult result = Good();
  result.soak = true;
  result.seconds = 9;
  for (std::size_t i = 0; i < kilobytes.size(); i++) {
    Sample sample;
    sample.seconds = static_cast<double>(i + 1);
    sample.memory = kilobytes[i] << 10;
    result.samples.push_back(sample);
  }
  return result;
}

TEST(SigstormVerdict, SeventhPassesOnASoakWhoseMemoryComesAndGoes) {
  EXPECT_EQ(Judge(Soaked({9, 9, 9, 9, 9, 9, 9, 9, 9})).size(), 7u);
  EXPECT_EQ(Failing(Soaked({9, 9, 9, 9, 9, 9, 9, 9, 9})), kNone);
  EXPECT_EQ(Failing(Soaked(
                {10, 5000, 10, 90'000, 90'000, 90'000, 6152, 9000, 80'000})),
            kNone);
}

TEST(SigstormVerdict, SeventhFailsOnMemoryThatDoesNotComeBack) {
  EXPECT_EQ(Failing(Soaked({10, 5000, 10, 10, 10, 10, 6153, 9000, 80'000})),
            std::vector<int>{7});
}

TEST(SigstormVerdict, SeventhAllowsWhatTheThreadsTakeThatTheFifthAllows) {
  RoundResult result = Soaked({10, 5000, 10, 10, 10, 10, 6281, 9000, 80'000});
  result.threads_allowed = 3;  // of which one was there before
  EXPECT_EQ(Failing(result), std::vector<int>{7});
  result.threads_allowed = 4;
  EXPECT_EQ(Failing(result), kNone);
}

TEST(SigstormVerdict, SeventhWantsToHaveLooked) {
  EXPECT_EQ(Failing(Soaked({})), std::vector<int>{7});
  EXPECT_EQ(Failing(Soaked({10, 10, 10, 10, 10, 0, 0, 0, 0})),
            std::vector<int>{7});
}

TEST(SigstormVerdict, FirstFailsOnALastRaiseThatDidNotArrive) {
  RoundResult result = Good();
  result.signals[1].last_arrived = false;
  EXPECT_EQ(Failing(result), std::vector<int>{1});
}

TEST(SigstormVerdict, SecondFailsOnOneReceptionTooMany) {
  RoundResult result = Good();
  result.signals[0].received++;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondFailsOnALostRealtimeSignal) {
  RoundResult result = Good();
  result.signals[1].sent++;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondMissesNoMoreThanWasSentToThreadsThatEnded) {
  RoundResult result = Good();
  result.signals[1].sent += 2;
  result.signals[1].to_ended = 2;
  EXPECT_EQ(Failing(result), kNone);
  result.signals[1].sent++;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
  result.signals[1].sent -= 4;  // one more was received than was sent
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

// Timed is a good round in which a timer sent 5 of the real-time signals that
// came, and expired 9 times.
RoundResult Timed() {
  RoundResult result = Good();
  SignalResult& signal = result.signals[1];
  signal = {};
  signal.number = kRealtime.first + 1;
  signal.realtime = true;
  signal.sent = 8;
  signal.expired = 9;
  signal.received = signal.delivered = signal.taken = 13;
  signal.timed = 5;
  signal.last_arrived = true;
  return result;
}

TEST(SigstormVerdict, SecondTellsATimersSignalsFromTheSenders) {
  EXPECT_EQ(Failing(Timed()), kNone);
  RoundResult lost = Timed();
  lost.signals[1].sent++;
  EXPECT_EQ(Failing(lost), std::vector<int>{2});
  RoundResult doubled = Timed();
  doubled.signals[1].sent--;
  EXPECT_EQ(Failing(doubled), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondFailsOnMoreSignalsThanATimerExpired) {
  RoundResult result = Timed();
  result.signals[1].expired = 5;
  EXPECT_EQ(Failing(result), kNone);
  result.signals[1].expired = 4;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

// Whose a dropped signal was, nothing says.
TEST(SigstormVerdict, SecondTakesADroppedSignalForATimersOrASenders) {
  RoundResult result = Timed();
  SignalResult& signal = result.signals[1];
  signal.received += 4;
  signal.dropped = 4;
  EXPECT_EQ(Failing(result), kNone);
  signal.sent += 4;
  EXPECT_EQ(Failing(result), kNone);
  signal.sent++;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
  signal.sent = 8;
  signal.received += 1;
  signal.dropped += 1;
  EXPECT_EQ(Failing(result), std::vector<int>{2});  // 18 of 8 + 9
}

TEST(SigstormVerdict, SecondAllowsTheKernelToMergeStandardSignals) {
  RoundResult result = Good();
  result.signals[0].sent += 100;
  EXPECT_EQ(Failing(result), kNone);
}

TEST(SigstormVerdict, SecondFailsOnADeliveryThatNobodyTook) {
  RoundResult result = Good();
  result.signals[0].taken--;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondFailsOnAnotherSignalsDelivery) {
  RoundResult result = Good();
  result.signals[0].strange = 1;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondFailsOnBooksThatOnlyBalancedLater) {
  RoundResult result = Good();
  result.settled = false;
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, SecondFailsOnASenderThatLostCount) {
  RoundResult result = Good();
  result.failed_senders = {"a sender ended early"};
  EXPECT_EQ(Failing(result), std::vector<int>{2});
}

TEST(SigstormVerdict, ThirdFailsOnAWrongSum) {
  RoundResult result = Good();
  result.workers[0].mistake = "wrong";
  EXPECT_EQ(Failing(result), std::vector<int>{3});
}

TEST(SigstormVerdict, ThirdFailsOnAStarvedWorker) {
  RoundResult result = Good();
  result.watch.starved = {"sleeper 1 in slice 2"};
  EXPECT_EQ(Failing(result), std::vector<int>{3});
}

TEST(SigstormVerdict, ThirdNeedsASliceUnlessInterrupted) {
  RoundResult result = Good();
  result.watch.slices = 0;
  EXPECT_EQ(Failing(result), std::vector<int>{3});
  result.interrupted = true;
  EXPECT_EQ(Failing(result), kNone);
}

TEST(SigstormVerdict, FourthFailsOnADeliveryAfterStop) {
  RoundResult result = Good();
  result.signals[0].late = 1;
  EXPECT_EQ(Failing(result), std::vector<int>{4});
}

TEST(SigstormVerdict, FourthFailsOnWhatTheStopCheckSaw) {
  RoundResult result = Good();
  result.stop_wrong = "something";
  EXPECT_EQ(Failing(result), std::vector<int>{4});
}

TEST(SigstormVerdict, FifthFailsOnADescriptorAndNamesIt) {
  RoundResult result = Good();
  result.after.files.push_back("9 -> pipe:[1]");
  EXPECT_EQ(Failing(result), std::vector<int>{5});
  EXPECT_EQ(Judge(result)[4].details,
            (std::vector<std::string>{"descriptors: 1 before, 2 after",
                                      "  9 -> pipe:[1]"}));
}

TEST(SigstormVerdict, FifthFailsOnMoreThreadsThanTheRuntimeMayHave) {
  RoundResult result = Good();
  const auto add = [&result] {
    result.after.threads.push_back("idle");
    result.after.runtime_threads++;
  };
  add();
  EXPECT_EQ(Failing(result), kNone);
  add();
  EXPECT_EQ(Failing(result), std::vector<int>{5});
  EXPECT_EQ(
      Judge(result)[4].details,
      (std::vector<std::string>{"the runtime's threads: 3, where 2 are allowed",
                                "  idle (2 times)"}));
}

TEST(SigstormVerdict, FifthFailsOnASingleThreadThatIsNotTheRuntimes) {
  RoundResult result = Good();
  result.after.threads.push_back("stray");
  EXPECT_EQ(Failing(result), std::vector<int>{5});
  EXPECT_EQ(Judge(result)[4].details,
            (std::vector<std::string>{"other threads: 1 before, 2 after",
                                      "  stray"}));
}

TEST(SigstormVerdict, FifthFailsOnAGoroutine) {
  RoundResult result = Good();
  result.after.goroutines++;
  EXPECT_EQ(Failing(result), std::vector<int>{5});
}

// --- The report for programs

TEST(SigstormJson, HasWhatWasCountedAndJudged) {
  Options options;
  options.seed = 7;
  RoundResult result = Good();
  result.workers[0].mistake = "3 is not 4";
  const auto json =
      nlohmann::json::parse(JsonReport(options, result, Judge(result)));
  EXPECT_EQ(json["pass"], false);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["signals"][0]["signal"], "SIGUSR1");
  EXPECT_EQ(json["signals"][0]["delivered_per_s"], 4);
  EXPECT_EQ(json["signals"][1]["latency"]["by"], "value");
  EXPECT_EQ(json["workers"][0]["steps"], 5);
  EXPECT_EQ(json["longest_standstill"]["worker"], "sleeper 1");
  EXPECT_EQ(json["after"]["descriptors"], 1);
  EXPECT_EQ(json["verdicts"].size(), 6u);
  EXPECT_EQ(json["verdicts"][0]["details"], nlohmann::json::array());
  EXPECT_EQ(json["verdicts"][2]["pass"], false);
}

TEST(SigstormJson, IsReadableWhateverALeakedFileIsCalled) {
  RoundResult result = Good();
  result.after.files.push_back("9 -> /tmp/\"\n\xff");
  const auto json =
      nlohmann::json::parse(JsonReport(Options(), result, Judge(result)));
  EXPECT_EQ(json["verdicts"][4]["details"][1], "  9 -> /tmp/\"\n\ufffd");
}

// DueIn returns how many of a storm's signals are due between two moments of its
// second, at 10,000 a second.
int DueIn(Shape shape, double from, double to) {
  Pace pace(10'000, shape, 1'000'000'000, 7);
  int count = 0;
  for (double at = 0; at < 1e9; at += pace.Distance(at)) {
    if (at >= from * 1e9 && at < to * 1e9) count++;
  }
  return count;
}

TEST(PaceTest, EveryShapeKeepsTheRate) {
  EXPECT_NEAR(DueIn(Shape::kSteady, 0, 1), 10'000, 10);
  EXPECT_NEAR(DueIn(Shape::kRamp, 0, 1), 10'000, 100);
  EXPECT_NEAR(DueIn(Shape::kRandom, 0, 1), 10'000, 500);
  int bursts = 0;  // their lengths are random
  for (int i = 0; i < 20; i++) {
    Pace pace(10'000, Shape::kBurst, 1'000'000'000, i);
    for (double at = 0; at < 1e9; at += pace.Distance(at)) bursts++;
  }
  EXPECT_NEAR(bursts / 20, 10'000, 3'000);
}

TEST(PaceTest, ARampBeginsWithNoneAndEndsWithTwiceTheRate) {
  EXPECT_NEAR(DueIn(Shape::kRamp, 0, 0.5), 2'500, 50);
  EXPECT_NEAR(DueIn(Shape::kRamp, 0.9, 1), 1'900, 50);
}

TEST(PaceTest, BurstsHaveCalmBetweenThem) {
  Pace pace(10'000, Shape::kBurst, 1'000'000'000, 7);
  int together = 0;
  int calm = 0;
  for (int i = 0; i < 10'000; i++) {
    const double distance = pace.Distance(0);
    together += distance == 0 ? 1 : 0;
    calm += distance == 100e6 ? 1 : 0;
  }
  EXPECT_EQ(together + calm, 10'000);
  EXPECT_NEAR(calm, 10, 9);
}

TEST(HistogramTest, BucketsHoldAllValues) {
  Histogram histogram;
  for (int i = 0; i < 1000; i++) histogram.Record(i * 1000);
  std::uint64_t sum = 0;
  std::int64_t last = -1;
  for (const auto& [most, count] : histogram.Buckets()) {
    EXPECT_GT(most, last);
    last = most;
    sum += count;
  }
  EXPECT_EQ(sum, 1000U);
  EXPECT_EQ(last, 999'000);
}

}  // namespace
}  // namespace sigstorm
