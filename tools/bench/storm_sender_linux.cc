// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The sender of the storm workloads (storm.h), whichever system receives. Usage:
// bench_storm_sender PID MILLISECONDS CPUS SIGNAL…. For so long it sends the
// signals in turn, as fast as the kernel takes them, then says when it stopped, in
// nanoseconds since 1970.
//
// CPUS is "other": it runs on those that the receiver may not use, if there are
// any; or "same": on the receiver's.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tools/bench/other_cpus.h"

int main(int argc, char** argv) {
  const std::string_view cpus = argc < 5 ? "" : argv[3];
  if (cpus != "other" && cpus != "same") {
    std::fputs(
        "usage: bench_storm_sender PID MILLISECONDS other|same SIGNAL…\n",
        stderr);
    return 2;
  }
  if (cpus == "other") bench::TakeOtherCpus();
  const pid_t pid = std::atoi(argv[1]);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(std::atoi(argv[2]));
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 4; i < argc; i++) {
      if (::kill(pid, std::atoi(argv[i])) != 0) {
        std::perror("bench_storm_sender: kill");
        return 1;
      }
    }
  }
  const std::chrono::nanoseconds stopped =
      std::chrono::system_clock::now().time_since_epoch();
  std::printf("%lld\n", static_cast<long long>(stopped.count()));
}
