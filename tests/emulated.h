// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Emulator: whether a program of one CPU emulates the one that the tests are
// for. Some of what the kernel does for a process is not to be had then; tests
// that need it say so and are skipped.

#ifndef GOSLING_TESTS_EMULATED_H_
#define GOSLING_TESTS_EMULATED_H_

#include <stdio.h>
#include <unistd.h>

#include <string>

namespace gosling {

// Emulator returns the path of the program that runs this one, "" if the CPU
// does. The emulator tells the program its own path; its child, a program of
// this machine's, is told by the kernel.
inline const std::string& Emulator() {
  static const std::string emulator = []() -> std::string {
    char mine[4096] = "";
    char theirs[4096] = "";
    if (::readlink("/proc/self/exe", mine, sizeof mine - 1) < 0) return "";
    FILE* child = ::popen("readlink /proc/$PPID/exe", "r");
    if (child == nullptr) return "";
    const bool read = ::fscanf(child, "%4095s", theirs) == 1;
    ::pclose(child);
    return read && std::string(mine) != theirs ? theirs : "";
  }();
  return emulator;
}

}  // namespace gosling

#endif  // GOSLING_TESTS_EMULATED_H_
