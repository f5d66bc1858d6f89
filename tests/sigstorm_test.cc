// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The program sigstorm as its user sees it: short storms, what they print and
// their exit status. Every verdict is made to fail once. The build passes the
// program's path in SIGSTORM.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "tests/emulated.h"
#include "tests/sanitizers.h"

namespace {

// Under ThreadSanitizer a signal that meets a thread in a system call which the
// sanitizer does not know is kept back until the thread comes out of it, and
// further ones of the same number are thrown away. No storm can pass so:
// SkipWhereSignalsGetLost is for tests that let a storm loose.
void SkipWhereSignalsGetLost() {
  if (gosling::kThreadSanitizer)
    GTEST_SKIP() << "ThreadSanitizer loses signals";
}

// Program is one run of sigstorm, with both its outputs in one pipe.
class Program {
 public:
  // A `terminal` of that descriptor is its standard error; `child` is called in
  // the child before.
  explicit Program(const std::vector<std::string>& arguments, int terminal = -1,
                   void (*child)() = nullptr) {
    const char* const path = std::getenv("SIGSTORM");
    if (path == nullptr) {
      throw std::runtime_error("SIGSTORM does not name the program");
    }
    std::vector<std::string> words = {path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    std::array<int, 2> ends;
    if (::pipe(ends.data()) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      if (terminal >= 0) ::dup2(terminal, STDERR_FILENO);
      if (child != nullptr) child();
      ::execv(path, argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }

  ~Program() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    if (output_ >= 0) ::close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  ::pid_t child() const { return child_; }

  bool Running() const {
    siginfo_t info = {};
    ::waitid(P_PID, static_cast<id_t>(child_), &info,
             WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0;
  }

  // Wait returns the exit status, or minus the signal that ended the program.
  int Wait() {
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t n = ::read(output_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      text_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // text is all that was printed; complete after Wait.
  const std::string& text() const { return text_; }

  // Failing lists the numbers of the verdicts that failed, Passing the others.
  std::vector<int> Failing() const { return Verdicts("FAIL"); }
  std::vector<int> Passing() const { return Verdicts("pass"); }

 private:
  std::vector<int> Verdicts(const std::string& word) const {
    std::vector<int> numbers;
    std::istringstream lines(text_);
    std::string line;
    while (std::getline(lines, line)) {
      for (int number = 1; number <= 7; number++) {
        const std::string head = "  " + std::to_string(number) + " " + word;
        if (line.rfind(head, 0) == 0) numbers.push_back(number);
      }
    }
    return numbers;
  }

  ::pid_t child_ = 0;
  int output_ = -1;
  std::string text_;
};

// Catches says whether the process has a handler for the signal.
bool Catches(::pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("SigCgt:", 0) != 0) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  return false;
}

// ChildCalled returns a child of the process whose first argument is `word`, or
// 0.
::pid_t ChildCalled(::pid_t process, std::string_view word) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    std::string text;
    std::getline(std::ifstream(entry.path() / "stat"), text);
    // Behind the name, which is in parentheses, are the state and the parent.
    const std::size_t end = text.rfind(')');
    if (end == std::string::npos || end + 4 > text.size() ||
        std::atoi(text.c_str() + end + 4) != process) {
      continue;
    }
    std::ifstream words(entry.path() / "cmdline");
    std::string argument;
    for (int i = 0; i < 2 && std::getline(words, argument, '\0'); i++) {
    }
    if (argument == word) return std::atoi(text.c_str());
  }
  return 0;
}

using Json = nlohmann::json;

const std::vector<int> kAll = {1, 2, 3, 4, 5, 6};

class Sigstorm : public ::testing::Test {
 protected:
  void SetUp() override { SkipWhereSignalsGetLost(); }
};

TEST_F(Sigstorm, PassesAllVerdicts) {
  Program program({"--duration=2s"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
}

TEST_F(Sigstorm, PassesWithEverySignal) {
  SKIP_IF_EMULATED("keeps two signals for itself");
  Program program({"--duration=1s", "--signals=all", "--workers=1"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
}

TEST_F(Sigstorm, PassesWithTheFutexNote) {
  if (!gosling::sched::os::FutexWakeIsSignalSafe()) {
    GTEST_SKIP() << "no futex for signal handlers";
  }
  Program program({"--duration=500ms", "--note=futex"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
}

TEST_F(Sigstorm, PassesWithManySendersAsFastAsTheyCan) {
  Program program({"--duration=1s", "--senders=4", "--rate=0", "--buffer=1"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
}

TEST_F(Sigstorm, PassesWithoutWorkersAndSenders) {
  Program program({"--duration=100ms", "--senders=0", "--workers=0"});
  // Without workers no goroutine can starve, and without senders the last raise
  // is all that there is.
  EXPECT_EQ(program.Wait(), 0) << program.text();
}

// A minute of what is meant for hours, where nobody waits for it.
TEST_F(Sigstorm, SoaksWithoutGrowing) {
  if (gosling::kAddressSanitizer) GTEST_SKIP() << "it keeps what is freed";
  SKIP_IF_EMULATED("has memory of its own in the program's");
  const bool unattended = std::getenv("CI") != nullptr &&
                          std::getenv("GOSLING_FORCE_MIGRATE") == nullptr;
  Program program({"--soak", unattended ? "--duration=60s" : "--duration=10s",
                   "--rate=0", "--workers=1"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), (std::vector<int>{1, 2, 3, 4, 5, 6, 7}))
      << program.text();
}

TEST_F(Sigstorm, ASoakSeesMemoryGrow) {
  SKIP_IF_EMULATED("has memory of its own in the program's");
  Program program(
      {"--soak", "--duration=2s", "--workers=1", "--inject=leak-memory"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_EQ(program.Failing(), std::vector<int>{7}) << program.text();
}

class SigstormDuring : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { SkipWhereSignalsGetLost(); }
};

TEST_P(SigstormDuring, PassesAllVerdictsAndMakesSteps) {
  SKIP_IF_EMULATED("stops and forks in its own way");
  // As long as a slice: on a busy machine a child may take a second to end.
  Program program(
      {"--duration=3s", "--workers=1", std::string("--during=") + GetParam()});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
  const bool all = GetParam() == std::string_view("all");
  for (const auto& [during, said] :
       {std::pair("forks", "forker "), std::pair("procs", "resizer "),
        std::pair("threads", "spawner "), std::pair("churn", "churner "),
        std::pair("stops", "stopped and continued ")}) {
    const std::size_t at = program.text().find(said);
    if (!all && during != std::string_view(GetParam())) {
      EXPECT_EQ(at, std::string::npos) << program.text();
      continue;
    }
    ASSERT_NE(at, std::string::npos) << said << "\n" << program.text();
    EXPECT_GT(std::atoi(program.text().c_str() + at + std::strlen(said)), 0)
        << program.text();
  }
}

INSTANTIATE_TEST_SUITE_P(All, SigstormDuring,
                         ::testing::Values("forks", "procs", "threads", "churn",
                                           "stops", "all"),
                         [](const ::testing::TestParamInfo<const char*>& info) {
                           return std::string(info.param);
                         });

// --- Timers and a terminal as senders ---

// The signals of each, and nothing else that sends: every one received is one of
// theirs.
Json StormOnly(const std::vector<std::string>& options) {
  std::vector<std::string> words = {"--duration=1s", "--senders=0",
                                    "--workers=1", "--json"};
  words.insert(words.end(), options.begin(), options.end());
  Program program(words);
  EXPECT_EQ(program.Wait(), 0) << program.text();
  return Json::parse(program.text());
}

TEST_F(Sigstorm, TimersSendEachOfTheSignals) {
  SKIP_IF_EMULATED("has timers of its own");
  const Json report = StormOnly({"--timers=3", "--signals=USR1,ALRM,RTMIN+1",
                                 "--rate=3000", "--buffer=100000"});
  ASSERT_EQ(report["signals"].size(), 3u);
  for (const Json& signal : report["signals"]) {
    // The last raise is the only one that is counted as sent.
    EXPECT_EQ(signal["sent"], 1) << signal;
    EXPECT_GT(signal["expired"], 900) << signal;
    EXPECT_GT(signal["received"], 20) << signal;
    EXPECT_LE(signal["received"].get<int>(), signal["expired"].get<int>() + 1)
        << signal;
  }
  const Json& realtime = report["signals"][2];
  EXPECT_EQ(realtime["timed"].get<int>() + 1, realtime["received"].get<int>())
      << realtime;
}

TEST_F(Sigstorm, TimersOfOneSignalAreAddedUp) {
  SKIP_IF_EMULATED("has timers of its own");
  const Json report =
      StormOnly({"--timers=4", "--signals=RTMIN+1", "--rate=4000"});
  // They go on until they are joined.
  const double seconds = report["seconds"];
  // Three of them would come to 3000 a second. On a busy machine they may begin
  // some time after the storm.
  EXPECT_GT(report["signals"][0]["expired"], 3400 * seconds) << report;
  EXPECT_LT(report["signals"][0]["expired"], 4000 * (seconds + 2)) << report;
}

TEST_F(Sigstorm, TimersAsFastAsTheyCanLetTheOthersGoOn) {
  SKIP_IF_EMULATED("has timers of its own");
  Program program(
      {"--duration=1s", "--timers=6", "--rate=0", "--buffer=100000"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
  EXPECT_NE(program.text().find("\ntimers expired: SIGHUP "), std::string::npos)
      << program.text();
  EXPECT_NE(program.text().find(" overruns)"), std::string::npos)
      << program.text();
}

// With channels that take all of them: of one that was dropped nobody knows who
// had sent it.
TEST_F(Sigstorm, MissesASignalAmongThoseOfTimers) {
  SKIP_IF_EMULATED("has timers of its own");
  Program program({"--duration=1s", "--workers=1", "--timers=2",
                   "--signals=RTMIN+1,RTMIN+2", "--buffer=100000",
                   "--inject=forget"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_EQ(program.Failing(), std::vector<int>{2}) << program.text();
}

TEST_F(Sigstorm, ATerminalSendsWhatItsKeysAndItsWindowSay) {
  SKIP_IF_EMULATED("has terminals of its own");
  const Json report =
      StormOnly({"--pty", "--signals=INT,QUIT,TSTP,WINCH,USR1", "--rate=2000"});
  ASSERT_EQ(report["signals"].size(), 5u);
  for (const Json& signal : report["signals"]) {
    if (signal["signal"] == "SIGUSR1") {
      EXPECT_EQ(signal["sent"], 1) << signal;
      continue;
    }
    // 500; a busy machine's keyboard is slow.
    EXPECT_GT(signal["sent"], 20) << signal;
    EXPECT_GT(signal["received"], 5) << signal;
    EXPECT_LE(signal["received"], signal["sent"]) << signal;
  }
}

TEST_F(Sigstorm, EverySenderAtOnce) {
  SKIP_IF_EMULATED("has terminals and timers of its own");
  Program program({"--duration=2s", "--senders=4", "--timers=5", "--pty",
                   "--signals=INT,QUIT,TSTP,WINCH,ALRM,HUP,RTMIN+1",
                   "--during=procs,threads,churn,stops", "--rate=0"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
}

// The program is two processes then; the one that is waited for ends as the
// other does.
TEST_F(Sigstorm, WithATerminalOfItsOwnItEndsAsItsVerdictsDo) {
  SKIP_IF_EMULATED("has terminals of its own");
  Program program({"--duration=1s", "--workers=1", "--pty", "--signals=WINCH",
                   "--inject=miscount"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_EQ(program.Failing(), std::vector<int>{2}) << program.text();
}

TEST_F(Sigstorm, WithATerminalOfItsOwnItEndsEarlyOnCtrlC) {
  SKIP_IF_EMULATED("has handlers of its own in /proc");
  Program program({"--duration=10m", "--pty", "--signals=WINCH"});
  ::pid_t storm = 0;
  while (program.Running() && (storm == 0 || !Catches(storm, SIGINT))) {
    ::usleep(1000);
    storm = ChildCalled(program.child(), "--duration=10m");
  }
  ::kill(program.child(), SIGINT);
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_NE(program.text().find("interrupted"), std::string::npos)
      << program.text();
}

void QueueNothing() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_SIGPENDING, &none);
}

TEST_F(Sigstorm, SaysThatThereIsNoTimer) {
  SKIP_IF_EMULATED("has timers of its own");
  Program program({"--timers=1", "--signals=USR1", "--workers=1"}, -1,
                  QueueNothing);
  EXPECT_EQ(program.Wait(), 2) << program.text();
  EXPECT_EQ(program.text(),
            "sigstorm: no timer (SIGUSR1) to be had: Resource temporarily "
            "unavailable\n");
}

// One more than the three that are open, as the loader needs it.
void OpenNothing() {
  for (int fd = 3; fd < 100; fd++) ::close(fd);
  const rlimit few = {.rlim_cur = 4, .rlim_max = 4};
  ::setrlimit(RLIMIT_NOFILE, &few);
}

TEST_F(Sigstorm, SaysThatThereIsNoTerminal) {
  if (gosling::kSanitized) GTEST_SKIP() << "its own looks need descriptors";
  SKIP_IF_EMULATED("has terminals of its own");
  Program program({"--pty", "--signals=WINCH"}, -1, OpenNothing);
  EXPECT_EQ(program.Wait(), 2) << program.text();
  EXPECT_EQ(program.text(),
            "sigstorm: no terminal to be had: Too many open files\n");
}

TEST_F(Sigstorm, PrintsJson) {
  Program program({"--duration=200ms", "--json", "--signals=USR1"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.text().rfind("{\n  \"pass\": true,\n", 0), 0u)
      << program.text();
  EXPECT_NE(program.text().find("\"signal\": \"SIGUSR1\""), std::string::npos);
}

TEST_F(Sigstorm, EndsEarlyOnCtrlC) {
  SKIP_IF_EMULATED("has handlers of its own in /proc");
  Program program({"--duration=10m"});
  // Nothing tells from outside that the handler is there, except the kernel.
  while (program.Running() && !Catches(program.child(), SIGINT)) {
    ::usleep(1000);
  }
  ::kill(program.child(), SIGINT);
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_NE(program.text().find("interrupted"), std::string::npos)
      << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
}

struct Fault {
  const char* inject;
  int verdict;
};

class SigstormFault : public ::testing::TestWithParam<Fault> {
 protected:
  void SetUp() override { SkipWhereSignalsGetLost(); }
};

TEST_P(SigstormFault, FailsItsVerdictAndNoOther) {
  const Fault fault = GetParam();
  // The patience bounds how long is waited for what has been lost.
  Program program({"--duration=1s", "--workers=1", "--patience=4s",
                   std::string("--inject=") + fault.inject});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_EQ(program.Failing(), std::vector<int>{fault.verdict})
      << program.text();
  EXPECT_EQ(program.Passing().size(), 5u) << program.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, SigstormFault,
    ::testing::Values(Fault{"lose", 1}, Fault{"miscount", 2},
                      Fault{"forget", 2}, Fault{"corrupt", 3},
                      Fault{"starve", 3}, Fault{"late", 4},
                      Fault{"leak-file", 5}, Fault{"leak-threads", 5},
                      Fault{"leak-goroutine", 5}),
    [](const ::testing::TestParamInfo<Fault>& info) {
      std::string name;
      for (const char c : std::string_view(info.param.inject)) {
        if (c != '-') name += c;
      }
      return name;
    });

TEST_F(Sigstorm, WatchdogEndsAHangAndNamesWhoStands) {
  Program program({"--duration=1s", "--patience=2s", "--inject=hang"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_EQ(program.Failing(), std::vector<int>{6}) << program.text();
  const std::string text = program.text();
  const std::size_t hanging = text.find("\n  worker hanging ");
  ASSERT_NE(hanging, std::string::npos) << text;
  const std::string line =
      text.substr(hanging, text.find('\n', hanging + 1) - hanging);
  EXPECT_NE(line.find(" 0 steps"), std::string::npos) << line;
  EXPECT_NE(line.find("<- stands"), std::string::npos) << line;
}

TEST_F(Sigstorm, WatchdogReportsAHangAsJson) {
  Program program(
      {"--duration=1s", "--patience=2s", "--inject=hang", "--json"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_NE(program.text().find("{\n  \"pass\": false,\n  \"hang\": {"),
            std::string::npos)
      << program.text();
}

TEST(SigstormHelp, ExplainsEveryOption) {
  Program program({"--help"});
  EXPECT_EQ(program.Wait(), 0);
  for (const char* option : {"duration", "senders", "timers", "pty", "signals",
                             "rate", "workers", "note", "json", "seed"}) {
    EXPECT_NE(program.text().find(std::string("  --") + option),
              std::string::npos)
        << option;
  }
}

TEST_F(Sigstorm, RunIsTheCommandThatMayBeLeftOut) {
  Program program({"run", "--duration=200ms", "--json", "--signals=USR1"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
}

// --- attach ---

// Target is a program that has no handlers.
class Target {
 public:
  Target() : child_(::fork()) {
    if (child_ == 0) {
      ::execlp("sleep", "sleep", "600", nullptr);
      ::_exit(127);
    }
  }
  ~Target() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  std::string pid() const { return std::to_string(child_); }

 private:
  const ::pid_t child_;
};

TEST(SigstormAttach, SaysThatTheProgramLives) {
  Target target;
  Program program(
      {"attach", target.pid(), "--duration=300ms", "--signals=WINCH,URG"});
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_NE(program.text().find("process " + target.pid() + " lives"),
            std::string::npos)
      << program.text();
  EXPECT_NE(program.text().find("SIGWINCH"), std::string::npos);
}

TEST(SigstormAttach, SaysHowTheProgramEnded) {
  SKIP_IF_EMULATED("shows its own states in /proc");
  Target target;
  Program program(
      {"attach", target.pid(), "--duration=1m", "--signals=USR1", "--json"});
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_NE(program.text().find("was ended by SIGUSR1"), std::string::npos)
      << program.text();
  EXPECT_NE(program.text().find("\"lives\": false"), std::string::npos);
}

TEST(SigstormAttach, SendsInEveryShape) {
  for (const char* shape : {"steady", "burst", "ramp", "random"}) {
    Target target;
    Program program({"attach", target.pid(), "--duration=400ms", "--rate=2000",
                     "--signals=WINCH", "--json",
                     std::string("--shape=") + shape});
    EXPECT_EQ(program.Wait(), 0) << program.text();
    const Json report = Json::parse(program.text());
    // 800; a loaded machine sends fewer, and bursts come as they may.
    EXPECT_GT(report["signals"][0]["sent"], 20) << shape << program.text();
    EXPECT_LT(report["signals"][0]["sent"], 3200) << shape << program.text();
  }
}

// A second's signal is not due when the target is killed.
TEST(SigstormAttach, NoticesThatTheProgramEndsBetweenTwoSignals) {
  SKIP_IF_EMULATED("shows its own states in /proc");
  const auto began = std::chrono::steady_clock::now();
  auto target = std::make_unique<Target>();
  Program program({"attach", target->pid(), "--duration=10m", "--rate=0.001",
                   "--signals=WINCH"});
  // It has seen the target by the time it catches Ctrl-C.
  while (program.Running() && !Catches(program.child(), SIGINT)) {
    ::usleep(1000);
  }
  target.reset();
  EXPECT_EQ(program.Wait(), 1) << program.text();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes(1));
}

TEST(SigstormAttach, RefusesAProgramThatIsNotThere) {
  std::string pid;
  {
    const Target target;
    pid = target.pid();
  }
  Program program({"attach", pid});
  EXPECT_EQ(program.Wait(), 2) << program.text();
  EXPECT_EQ(program.text(), "sigstorm: process " + pid +
                                " cannot be signalled: No such process\n");
}

// --- compare ---

class SigstormCompare : public Sigstorm {
 protected:
  void SetUp() override {
    Sigstorm::SetUp();
    SKIP_IF_EMULATED("runs no Go of this machine's");
  }
};

#define SKIP_WITHOUT_GO(program)                                      \
  if ((program).text().find("compare needs Go") != std::string::npos) \
  GTEST_SKIP() << (program).text()

TEST_F(SigstormCompare, CountsBothSystemsSideBySide) {
  Program program({"compare", "--duration=300ms", "--rounds=2", "--json",
                   "--signals=USR1,USR2", "--rate=5000"});
  const int status = program.Wait();
  SKIP_WITHOUT_GO(program);
  ASSERT_EQ(status, 0) << program.text();
  const Json report = Json::parse(program.text());
  ASSERT_EQ(report["systems"].size(), 2u);
  EXPECT_EQ(report["systems"][0]["system"], "gosling");
  EXPECT_EQ(report["systems"][1]["system"].get<std::string>().substr(0, 2),
            "go");
  for (const Json& system : report["systems"]) {
    EXPECT_EQ(system["lost"], 0) << system;
    EXPECT_GT(system["cpu_ns"], 0) << system;
    EXPECT_GT(system["seconds"], 0.5) << system;
    ASSERT_EQ(system["signals"].size(), 2u);
    for (const Json& signal : system["signals"]) {
      const Json& latency = signal["latency"];
      // Two storms of 750 each, and the last raises.
      EXPECT_GT(signal["sent"], 100) << system;
      EXPECT_GT(signal["delivered"], 2) << system;
      EXPECT_LE(signal["delivered"], signal["sent"]) << system;
      EXPECT_GT(latency["count"], 2) << system;
      EXPECT_LE(latency["count"], signal["delivered"]) << system;
      EXPECT_GT(latency["p50"], 100) << system;
      EXPECT_LE(latency["p50"], latency["p99"]) << system;
      EXPECT_LE(latency["p99"], latency["max"]) << system;
    }
  }
}

TEST_F(SigstormCompare, PrintsATableAndAPage) {
  const std::string page =
      ::testing::TempDir() + "compare_" + std::to_string(::getpid()) + ".html";
  Program program({"compare", "--duration=100ms", "--rounds=1",
                   "--signals=USR1", "--html=" + page});
  const int status = program.Wait();
  SKIP_WITHOUT_GO(program);
  ASSERT_EQ(status, 0) << program.text();
  EXPECT_NE(program.text().find("\nSIGUSR1   gosling "), std::string::npos)
      << program.text();
  EXPECT_NE(program.text().find("\n          go1."), std::string::npos)
      << program.text();
  std::ostringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_NE(text.str().find("\"signal\":\"SIGUSR1, gosling\""),
            std::string::npos);
  ::unlink(page.c_str());
}

TEST_F(SigstormCompare, SaysWhatItNeedsWhereThereIsNoGo) {
  ::setenv("GO", "/none/go", 1);
  Program program({"compare"});
  ::unsetenv("GO");
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_EQ(program.text().rfind(
                "sigstorm: compare needs Go, and GO is '/none/go': ", 0),
            0u)
      << program.text();
  EXPECT_EQ(program.text().find('\n'), program.text().size() - 1)
      << program.text();
}

// The receivers are children of the program's, found by the argument that ours
// has.
TEST_F(SigstormCompare, SaysThatAReceiverHasEndedEarly) {
  Program program({"compare", "--duration=1m", "--signals=USR1"});
  ::pid_t target = 0;
  while (program.Running() && target == 0) {
    ::usleep(1000);
    target = ChildCalled(program.child(), "receive");
  }
  if (target != 0) ::kill(target, SIGKILL);
  EXPECT_EQ(program.Wait(), 2);
  SKIP_WITHOUT_GO(program);
  EXPECT_EQ(program.text(),
            "sigstorm: the receiver of gosling has ended early "
            "(signal: killed)\n");
}

// --- diff ---

std::string Report(const std::string& name, int per_s, int p50) {
  const std::string path =
      ::testing::TempDir() + "sigstorm_" + std::to_string(::getpid()) + name;
  std::ofstream(path) << "{\"signals\": [{\"signal\": \"SIGUSR1\", "
                         "\"delivered_per_s\": "
                      << per_s << ", \"latency\": {\"p50\": " << p50
                      << ", \"p99\": 9000, \"max\": 10000}}]}";
  return path;
}

TEST(SigstormDiff, SaysWhatIsWorse) {
  const std::string a = Report("a", 1000, 2000);
  const std::string b = Report("b", 1200, 2600);
  Program worse({"diff", a, b});
  EXPECT_EQ(worse.Wait(), 1) << worse.text();
  EXPECT_NE(worse.text().find("1.30x  worse"), std::string::npos)
      << worse.text();
  EXPECT_NE(worse.text().find("\n1 of B's figures"), std::string::npos)
      << worse.text();
  Program tolerant({"diff", a, b, "--tolerance=31"});
  EXPECT_EQ(tolerant.Wait(), 0) << tolerant.text();
  Program back({"diff", b, a});  // 20 % fewer are 1.2 times as many before
  EXPECT_EQ(back.Wait(), 0) << back.text();
  ::unlink(a.c_str());
  ::unlink(b.c_str());
}

TEST(SigstormDiff, RefusesFilesThatAreNoReports) {
  const std::string a = Report("c", 1000, 2000);
  const std::string none = a + "_none";
  Program missing({"diff", a, none});
  EXPECT_EQ(missing.Wait(), 2) << missing.text();
  EXPECT_EQ(missing.text(), "sigstorm: " + none +
                                " cannot be read: No such file or directory\n");
  std::ofstream(none) << "no JSON";
  Program text({"diff", a, none});
  EXPECT_EQ(text.Wait(), 2) << text.text();
  EXPECT_EQ(text.text(),
            "sigstorm: " + none + " is no report of sigstorm run --json\n");
  Program lonely({"diff", a});
  EXPECT_EQ(lonely.Wait(), 2) << lonely.text();
  ::unlink(a.c_str());
  ::unlink(none.c_str());
}

// --- Nowhere to write to ---

TEST_F(Sigstorm, SaysThatItsReportCannotBeWritten) {
  const std::string path = std::getenv("SIGSTORM");
  for (const char* where : {">/dev/full", ">&-"}) {
    if (where[1] == '/' && ::access("/dev/full", W_OK) != 0) continue;
    const std::string command = path +
                                " --duration=100ms --workers=0 --signals=USR1 "
                                "2>/dev/null " +
                                where;
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2)
        << where << ": " << status;
  }
}

// Shell runs a shell's command, in which $SIGSTORM is the program, and returns
// its exit status and what it said on standard error.
std::pair<int, std::string> Shell(const std::string& command) {
  const std::string said =
      ::testing::TempDir() + "said_" + std::to_string(::getpid());
  const int status = std::system(("{ " + command + "; } 2>" + said).c_str());
  std::ostringstream text;
  text << std::ifstream(said).rdbuf();
  ::unlink(said.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text.str()};
}

// IsOneSentence says whether a program has said one line and nothing else.
bool IsOneSentence(const std::string& text) {
  return text.rfind("sigstorm: ", 0) == 0 && text.find('\n') == text.size() - 1;
}

TEST(SigstormOutput, OfEachCommandIsMissedOrFull) {
  const std::string none =
      " exits with 2 and one sentence";  // where the test fails
  for (const char* arguments : {"--help", "attach --help", "compare --help",
                                "diff --help", "notes --help"}) {
    for (const char* where : {" >/dev/full", " >&-"}) {
      const auto [status, said] =
          Shell(std::string("\"$SIGSTORM\" ") + arguments + where);
      EXPECT_EQ(status, 2) << arguments << where << none;
      EXPECT_TRUE(IsOneSentence(said)) << arguments << where << said;
    }
  }
  Target target;
  const auto [status, said] =
      Shell("\"$SIGSTORM\" attach " + target.pid() +
            " --duration=100ms --signals=WINCH >/dev/full");
  EXPECT_EQ(status, 2);
  EXPECT_EQ(said,
            "sigstorm: the report cannot be written: No space left on "
            "device\n");
}

// Before the storm: it would have lasted a minute.
TEST(SigstormOutput, ThatIsMissingIsMissedAtOnce) {
  const auto began = std::chrono::steady_clock::now();
  const auto [status, said] = Shell("\"$SIGSTORM\" --duration=1m >&-");
  EXPECT_EQ(status, 2);
  EXPECT_EQ(said, "sigstorm: there is no standard output to write to\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST_F(Sigstorm, WorksWithoutInputAndError) {
  const auto [status, said] = Shell(
      "\"$SIGSTORM\" --duration=100ms --signals=USR1 --workers=1 <&- "
      "2>&- >/dev/null");
  EXPECT_EQ(status, 0) << said;
}

// A profiler reads what the threads do at each tick, their stacks among it, and
// leaves the signals alone.
TEST_F(Sigstorm, PassesWhilePerfRecordsIt) {
  SKIP_IF_EMULATED("is what perf would see");
  if (Shell("perf --version >/dev/null").first != 0) {
    GTEST_SKIP() << "there is no perf";
  }
  const std::string samples =
      ::testing::TempDir() + "perf_" + std::to_string(::getpid());
  Program program({"--duration=4s", "--rate=0", "--workers=1"});
  while (program.Running() && !Catches(program.child(), SIGUSR1)) {
    ::usleep(1000);
  }
  // A thread that ends as perf is about to look at it may end perf.
  int status = 0;
  std::string said;
  do {
    std::tie(status, said) = Shell("perf record -e cpu-clock -F 2000 -g -p " +
                                   std::to_string(program.child()) + " -o " +
                                   samples + " -- sleep 1");
  } while (status != 0 && program.Running());
  EXPECT_EQ(program.Wait(), 0) << program.text();
  EXPECT_EQ(program.Passing(), kAll) << program.text();
  const auto [empty, why] =
      Shell("perf script -F comm -i " + samples + " | grep -q .");
  ::unlink(samples.c_str());
  if (status != 0) GTEST_SKIP() << "perf may not record here: " << said;
  EXPECT_EQ(empty, 0) << "no sample was taken: " << why;
}

// A device is not replaced by a file of its name.
TEST_F(Sigstorm, APageGoesIntoADeviceThatIsThere) {
  const std::string link =
      ::testing::TempDir() + "page_" + std::to_string(::getpid());
  for (const auto& [device, status] :
       {std::pair("/dev/full", 2), std::pair("/dev/null", 0)}) {
    if (::access(device, W_OK) != 0) continue;
    ASSERT_EQ(::symlink(device, link.c_str()), 0);
    const auto [ended, said] = Shell(
        "\"$SIGSTORM\" --duration=100ms --workers=0 --signals=USR1 --html=" +
        link + " >/dev/null");
    EXPECT_EQ(ended, status) << said;
    if (status == 2) {
      EXPECT_EQ(said, "sigstorm: " + link + ": No space left on device\n");
    }
    struct stat there = {};
    EXPECT_EQ(::lstat(link.c_str(), &there), 0);
    EXPECT_TRUE(S_ISLNK(there.st_mode)) << device;
    ::unlink(link.c_str());
  }
}

// The disk is a file system of 16 KiB, in a namespace of its own.
TEST_F(Sigstorm, LeavesNoPageWhereTheDiskIsFull) {
  const std::string folder =
      ::testing::TempDir() + "full_" + std::to_string(::getpid());
  ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  const auto [status, said] = Shell(
      "unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=16k "
      "none " +
      folder + " && cd " + folder +
      " && echo before >page || exit 77; \"$SIGSTORM\" --duration=100ms "
      "--workers=0 --signals=USR1 --html=page >/dev/null; echo $? $(ls) $(cat "
      "page) >&2'");
  ::rmdir(folder.c_str());
  if (status != 0) GTEST_SKIP() << "no namespace to be had: " << said;
  EXPECT_EQ(said, "sigstorm: page: No space left on device\n2 page before\n");
}

TEST_F(Sigstorm, WritesNoLineWiderThanTheTerminal) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(::grantpt(terminal), 0);
  ASSERT_EQ(::unlockpt(terminal), 0);
  const int other = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  ASSERT_GE(other, 0);
  const winsize size = {
      .ws_row = 5, .ws_col = 20, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(other, TIOCSWINSZ, &size), 0);
  Program program({"--duration=1s", "--signals=USR1", "--workers=1"}, other);
  EXPECT_EQ(program.Wait(), 0) << program.text();
  std::array<char, 1 << 16> buffer;
  const ssize_t n = ::read(terminal, buffer.data(), buffer.size());
  ASSERT_GT(n, 0);
  const std::string said(buffer.data(), static_cast<std::size_t>(n));
  int lines = 0;
  constexpr std::string_view kRestart = "\r\033[K";
  for (std::size_t at = said.find(kRestart); at != std::string::npos;) {
    const std::size_t next = said.find(kRestart, at + kRestart.size());
    const std::string line = said.substr(
        at + kRestart.size(),
        next == std::string::npos ? next : next - at - kRestart.size());
    EXPECT_LT(line.size(), 20u) << line;
    lines += line.empty() ? 0 : 1;
    at = next;
  }
  EXPECT_GT(lines, 1) << said;
  EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  ::close(other);
  ::close(terminal);
}

void BecomeNobody() {
  if (::geteuid() == 0) {
    ::setgid(65534);
    ::setuid(65534);
  }
}

TEST(SigstormAttach, RefusesAProgramThatIsNotItsOwn) {
  SKIP_IF_EMULATED("lets others signal");
  Program program({"attach", "1", "--signals=WINCH"}, -1, BecomeNobody);
  const int status = program.Wait();
  if (status == 127) GTEST_SKIP() << "another user cannot run the program";
  EXPECT_EQ(status, 2) << program.text();
  EXPECT_EQ(program.text(),
            "sigstorm: process 1 cannot be signalled: Operation not "
            "permitted\n");
}

TEST(SigstormDiff, RefusesAReportThatItMayNotRead) {
  const std::string a = Report("d", 1000, 2000);
  ::chmod(a.c_str(), 0);
  Program program({"diff", a, a}, -1, BecomeNobody);
  const int status = program.Wait();
  ::unlink(a.c_str());
  if (status == 127) GTEST_SKIP() << "another user cannot run the program";
  EXPECT_EQ(status, 2) << program.text();
  EXPECT_EQ(program.text(),
            "sigstorm: " + a + " cannot be read: Permission denied\n");
}

class SigstormMistake
    : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

// The first is a command line, split at its spaces.
TEST_P(SigstormMistake, IsExplainedWithStatusTwo) {
  std::istringstream line(GetParam().first);
  const std::vector<std::string> words{std::istream_iterator<std::string>(line),
                                       {}};
  Program program(words);
  EXPECT_EQ(program.Wait(), 2) << program.text();
  EXPECT_NE(program.text().find(GetParam().second), std::string::npos)
      << program.text();
  EXPECT_EQ(program.text().rfind("sigstorm: ", 0), 0u) << program.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, SigstormMistake,
    ::testing::Values(std::pair("--signals=KILL", "SIGKILL cannot be caught"),
                      std::pair("--signals=FOO", "no signal is called \"FOO\""),
                      std::pair("--duration=soon", "\"soon\" is no duration"),
                      std::pair("--duration=0", "out of range"),
                      std::pair("--senders=-1", "out of range"),
                      std::pair("--workers=100000", "out of range"),
                      std::pair("--rate=-1", "out of range"),
                      std::pair("--buffer=0", "out of range"),
                      std::pair("--note=door", "none of pipe, futex and sema"),
                      std::pair("--inject=fire", "is no fault"),
                      std::pair("storm", "what is \"storm\"?"),
                      std::pair("--shape=square", "is none of steady, burst"),
                      std::pair("--during=rain", "none of forks, procs, "),
                      std::pair("--inject=leak-memory", "needs --soak"),
                      std::pair("--html=/none/x", "/none/x: No such file"),
                      std::pair("--timers=-1", "out of range"),
                      std::pair("--timers=65", "out of range"),
                      std::pair("--timers=many", "--timers = many"),
                      std::pair("--pty --signals=HUP", "--pty needs INT, "),
                      std::pair("--pty --signals=INT --during=all",
                                "--pty hits what --during=forks starts"),
                      std::pair("attach 1 --timers=1", "--timers=1"),
                      std::pair("--storms=3", "what is \"--storms=3\"?"),
                      std::pair("--workers=four", "--workers = four"),
                      std::pair("--workers", "--workers: 1 required"),
                      std::pair("--seed=-1", "out of range"),
                      std::pair("--rate=nan", "out of range"),
                      std::pair("--rate=2e9", "out of range"),
                      std::pair("--duration=9000h", "out of range"),
                      std::pair("--duration=-1s", "out of range"),
                      std::pair("--senders=65", "out of range"),
                      std::pair("--workers=-1", "out of range"),
                      std::pair("--buffer=1000001", "out of range"),
                      std::pair("--patience=0", "out of range"),
                      std::pair("--signals=99", "out of range"),
                      std::pair("--seed=1e30", "seed"),
                      std::pair("--rate=0 --shape=ramp", "needs a --rate"),
                      std::pair("attach", "PID is required"),
                      std::pair("attach 0", "out of range"),
                      std::pair("attach me", "PID"),
                      std::pair("attach 1 --rate=-1", "out of range"),
                      std::pair("attach 1 --duration=0", "out of range"),
                      std::pair("attach 1 --signals=KILL", "cannot be caught"),
                      std::pair("attach 1 --shape=square", "is none of steady"),
                      std::pair("attach 1 --rate=0 --shape=ramp",
                                "needs a --rate"),
                      std::pair("attach 1 2", "2"),
                      std::pair("compare --rounds=0", "out of range"),
                      std::pair("compare --rounds=1001", "out of range"),
                      std::pair("compare --senders=0", "out of range"),
                      std::pair("compare --duration=0", "out of range"),
                      std::pair("compare --rate=-1", "out of range"),
                      std::pair("compare --shape=square", "is none of steady"),
                      std::pair("compare --signals=FOO", "no signal is called"),
                      std::pair("compare --buffer=0", "out of range"),
                      std::pair("compare --seed=-1", "out of range"),
                      std::pair("compare --html=/none/x", "/none/x: No such"),
                      std::pair("compare go", "go"),
                      std::pair("diff a b --tolerance=-1", "out of range"),
                      std::pair("diff a b --tolerance=1e7", "out of range"),
                      std::pair("notes --rate=-1", "out of range"),
                      std::pair("notes storm", "what is \"storm\"?"),
                      std::pair("receive", "for sigstorm compare"),
                      std::pair("receive 1 2 3", "for sigstorm compare")),
    [](const ::testing::TestParamInfo<std::pair<const char*, const char*>>&
           info) { return std::to_string(info.index); });

}  // namespace
