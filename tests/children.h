// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For tests that play in child processes.

#ifndef GOSLING_TESTS_CHILDREN_H_
#define GOSLING_TESTS_CHILDREN_H_

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

extern char** environ;

namespace gosling {

// FreshDeathTest is a death test whose child begins from main, with no runtime yet
// and no threads: a fork of a process that has threads would lack all but one.
class FreshDeathTest : public ::testing::Test {
 protected:
  FreshDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// ChildStatus is the exit status of a death test's child: 0 if no expectation has
// failed in this process. The failures are printed, for GoogleTest does not.
inline int ChildStatus() {
  const ::testing::TestResult& result =
      *::testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); i++) {
    const ::testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    std::fprintf(stderr, "%s:%d: %s\n", part.file_name(), part.line_number(),
                 part.message());
  }
  return result.Failed() ? 1 : 0;
}

// AwaitStatus waits for a child's end and returns its status, as of waitpid.
inline int AwaitStatus(pid_t pid) {
  int status = -1;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// SpawnShell runs a shell's command and returns the shell's status; negative if
// there is no child.
inline int SpawnShell(const char* command) {
  std::array<std::string, 3> words = {"sh", "-c", command};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t pid;
  if (::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, argv, ::environ) != 0) {
    return -1;
  }
  return AwaitStatus(pid);
}

}  // namespace gosling

#endif  // GOSLING_TESTS_CHILDREN_H_
