// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The sender of the storm workloads (storm.h), whichever system receives. Usage:
// bench_storm_sender PID MILLISECONDS SIGNAL…. For so long it sends the signals
// in turn, as fast as the kernel takes them, then says when it stopped, in
// nanoseconds since 1970.
//
// It runs on the CPUs that the receiver may not use, if there are any.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "tools/bench/other_cpus.h"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: bench_storm_sender PID MILLISECONDS SIGNAL…\n", stderr);
    return 2;
  }
  bench::TakeOtherCpus();
  const pid_t pid = std::atoi(argv[1]);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(std::atoi(argv[2]));
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 3; i < argc; i++) {
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
