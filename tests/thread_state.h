// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For tests that need another thread to be blocked before they go on. That is
// no event a program can wait for, so the kernel is asked until it is so.

#ifndef GOSLING_TESTS_THREAD_STATE_H_
#define GOSLING_TESTS_THREAD_STATE_H_

#include <sched.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace gosling {

// WaitUntilAsleep returns once the kernel shows the thread as sleeping, or
// gone.
inline void WaitUntilAsleep(std::int64_t tid) {
  for (;;) {
    std::ifstream file("/proc/self/task/" + std::to_string(tid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return;
    // The state follows the name, which is in parentheses.
    std::size_t end = line.rfind(')');
    if (end != std::string::npos && line[end + 2] == 'S') return;
    ::sched_yield();
  }
}

}  // namespace gosling

#endif  // GOSLING_TESTS_THREAD_STATE_H_
