// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A dump ends, whatever locks the threads hold that it has stopped: libgcc's,
// malloc's, the dynamic linker's, the symbolizer's. Each test runs dump/program.cc
// some times, with a deadline after which it is killed and has failed.
//
// DUMP_DYNAMIC and DUMP_STATIC are the program's two builds, DUMP_RUNS how often
// each is run (6).

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

extern char** environ;

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::Combine;
using ::testing::TestWithParam;
using ::testing::Values;
using Clock = std::chrono::steady_clock;

// A dump that gives a lock up takes two seconds.
constexpr auto kDeadline = 30s;
constexpr int kHung = -1;
constexpr int kNoLockHeld = 77;  // the program's: libgcc is another one

struct Story {
  int status = kHung;  // exit status; 1000 and the signal if killed by one
  std::string text;
  std::chrono::duration<double> took{};
};

const char* Program(const char* build) {
  return std::getenv((std::string("DUMP_") + build).c_str());
}

int Runs() {
  const char* text = std::getenv("DUMP_RUNS");
  return text != nullptr ? std::atoi(text) : 6;
}

// Tell runs a program to its end and returns what it wrote.
Story Tell(const std::vector<std::string>& command) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  pid_t pid = -1;
  const auto start = Clock::now();
  const int error =
      ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(fds[1]);
  Story story;
  if (error != 0) {
    ::close(fds[0]);
    story.text = "posix_spawn fails";
    return story;
  }
  std::thread reader([&story, fd = fds[0]] {
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
      story.text.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(fd);
  });
  int status = 0;
  bool ended = false;
  while (!ended && Clock::now() - start < kDeadline) {
    ended = ::waitpid(pid, &status, WNOHANG) == pid;
    if (!ended) std::this_thread::sleep_for(2ms);  // waitpid has no limit
  }
  story.took = Clock::now() - start;
  if (!ended) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  } else {
    story.status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  reader.join();
  return story;
}

void ExpectAStory(const Story& story) {
  EXPECT_EQ(story.status, 2) << (story.status == kHung ? "it hung" : "") << "\n"
                             << story.text;
  EXPECT_EQ(story.text.find("panic during panic"), std::string::npos)
      << story.text;
  // The parked goroutine's stack is there, by whatever means.
  EXPECT_NE(story.text.find("\"parked\":\n"), std::string::npos) << story.text;
}

bool LacksFrames(const Story& story) {
  return story.text.find("may lack frames") != std::string::npos;
}

bool NamesParked(const Story& story) {
  return story.text.find("dump_program_park") != std::string::npos;
}

void SetEnvironment(int procs) {
  ::setenv("GOMAXPROCS", std::to_string(procs).c_str(), 1);
  ::setenv("GOTRACEBACK", "all", 1);
}

// --- Wherever the threads are ---

struct Build {
  const char* name;     // of the environment variable
  const char* tables;   // the program's first argument
  const char* as_test;  // part of the test's name
};

// Neither a sanitizer, which takes locks of its own and reports faults itself,
// nor an emulator, which is not run for other programs, is put to the test.
#define SKIP_IF_NOT_PLAIN()                                     \
  SKIP_IF_EMULATED("is not started for the program that dies"); \
  if (kSanitized) GTEST_SKIP() << "a sanitizer has its own locks"

class DumpTest : public TestWithParam<std::tuple<Build, const char*, int>> {};

std::string DumpName(
    const ::testing::TestParamInfo<DumpTest::ParamType>& info) {
  const auto& [build, death, procs] = info.param;
  return std::string(build.as_test) + "_" + death + "_" + std::to_string(procs);
}

INSTANTIATE_TEST_SUITE_P(
    All, DumpTest,
    Combine(Values(Build{"STATIC", "plain", "Static"},
                   Build{"DYNAMIC", "plain", "Dynamic"},
                   Build{"DYNAMIC", "registered", "Registered"}),
            Values("quit", "burst", "panic", "null"), Values(1, 2)),
    DumpName);

TEST_P(DumpTest, EndsWhereverTheThreadsAre) {
  SKIP_IF_NOT_PLAIN();
  const auto& [build, death, procs] = GetParam();
  const char* program = Program(build.name);
  if (program == nullptr) GTEST_SKIP() << "no " << build.as_test << " program";
  SetEnvironment(procs);
  for (int i = 0; i < Runs(); i++) {
    const std::string after = std::to_string(5'000 + i % 7 * 1'777);
    const Story story = Tell({program, build.tables, death, after});
    ExpectAStory(story);
    EXPECT_TRUE(NamesParked(story)) << story.text;
    if (HasFailure()) return;
  }
}

// --- With a thread inside the unwinder ---

class HeldLockTest : public TestWithParam<int> {
 protected:
  void SetUp() override {
    SKIP_IF_NOT_PLAIN();
    SetEnvironment(GetParam());
  }

  // Die runs the dynamic program, in which a goroutine holds the lock.
  Story Die(const char* death) {
    return Tell({Program("DYNAMIC"), "registered", death});
  }

  // DieAll runs it with each of them at once: they wait most of the time.
  std::vector<Story> DieAll(const std::vector<const char*>& deaths) {
    std::vector<std::future<Story>> ends;
    for (const char* death : deaths) {
      ends.push_back(
          std::async(std::launch::async, [this, death] { return Die(death); }));
    }
    std::vector<Story> stories;
    for (auto& end : ends) stories.push_back(end.get());
    return stories;
  }
};

INSTANTIATE_TEST_SUITE_P(Procs, HeldLockTest, Values(1, 2), ProcsName);

#define SKIP_IF_NOT_HELD(story)                                          \
  do {                                                                   \
    if ((story).status == kNoLockHeld) {                                 \
      GTEST_SKIP() << "this libgcc sorts tables without memory or lock"; \
    }                                                                    \
  } while (false)

TEST_P(HeldLockTest, HolderRunsOnUntilItHasGivenTheLockBack) {
  const Story story = Die("quit-beside-busy");
  SKIP_IF_NOT_HELD(story);
  ExpectAStory(story);
  EXPECT_TRUE(NamesParked(story)) << story.text;
  EXPECT_FALSE(LacksFrames(story)) << story.text;
}

TEST_P(HeldLockTest, IsGivenUpIfTheHolderNeverGivesItBack) {
  for (const Story& story : DieAll(
           {"quit-beside-stuck", "panic-beside-stuck", "null-beside-stuck"})) {
    SKIP_IF_NOT_HELD(story);
    ExpectAStory(story);
    EXPECT_TRUE(LacksFrames(story)) << story.text;
#if defined(__x86_64__)  // whose frame pointers lead on
    EXPECT_TRUE(NamesParked(story)) << story.text;
#endif
  }
}

TEST_P(HeldLockTest, IsGivenUpIfTheDyingThreadHoldsIt) {
  for (const Story& story : DieAll({"quit-inside", "null-inside"})) {
    SKIP_IF_NOT_HELD(story);
    ExpectAStory(story);
    EXPECT_TRUE(LacksFrames(story)) << story.text;
  }
}

}  // namespace
}  // namespace gosling
