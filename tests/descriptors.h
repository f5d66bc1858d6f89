// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Descriptors that a test may have left open.

#ifndef GOSLING_TESTS_DESCRIPTORS_H_
#define GOSLING_TESTS_DESCRIPTORS_H_

#include <dirent.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <set>
#include <thread>

namespace gosling {

// OpenDescriptors returns those that this process has now.
inline std::set<int> OpenDescriptors() {
  std::set<int> all;
  DIR* folder = ::opendir("/dev/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(folder)) all.insert(fd);
  }
  ::closedir(folder);
  return all;
}

// LastingDescriptors returns those that are open at each of five looks: sysmon,
// when it asks whether a thread sleeps, opens one for a moment, and on a busy
// machine the moment may be long.
inline std::set<int> LastingDescriptors() {
  std::set<int> lasting = OpenDescriptors();
  for (int look = 0; look < 4; look++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::set<int> now = OpenDescriptors();
    std::set<int> both;
    std::set_intersection(lasting.begin(), lasting.end(), now.begin(),
                          now.end(), std::inserter(both, both.end()));
    lasting = both;
  }
  return lasting;
}

}  // namespace gosling

#endif  // GOSLING_TESTS_DESCRIPTORS_H_
