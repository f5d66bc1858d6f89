// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// storm1, storm18, storm1same, storm18same: another process
// (storm_sender_linux.cc, the same for all systems) sends one signal, or eighteen
// in turn, as fast as it can, and a goroutine receives them. Three phases: the
// storm with nothing else to do; goroutines that work, one a P, with nothing
// sent; both. What the kernel merges, since a signal is pending already, is no
// delivery of anyone's.
//
// The sender has the CPUs that the receiver may not use, if there are any; in
// …same it shares the receiver's, one CPU where tools/bench/run pins the
// program. Then it is the scheduler of the kernel that lets one of them run, and
// of the signals sent in the sender's slice each number comes once.

#ifndef TOOLS_BENCH_STORM_H_
#define TOOLS_BENCH_STORM_H_

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/bench/bench.h"

namespace bench {

// Not those that stop and continue a process: the kernel drops a pending one of
// the first for each of the second, and the other way round.
inline constexpr std::array kStormSignals = {
    SIGUSR1, SIGHUP,  SIGINT,  SIGQUIT,   SIGUSR2,  SIGALRM,
    SIGTERM, SIGCHLD, SIGURG,  SIGPIPE,   SIGTSTP,  SIGABRT,
    SIGPWR,  SIGXCPU, SIGXFSZ, SIGVTALRM, SIGWINCH, SIGIO};

// How many deliveries a channel has room for.
inline constexpr int kStormBuffer = 1024;

// A phase's receiver goes on for so long after the sender.
inline constexpr std::chrono::milliseconds kStormDrain(200);

inline std::chrono::milliseconds StormPhase() {
  const char* text = std::getenv("BENCH_STORM_MS");
  return std::chrono::milliseconds(text == nullptr ? 700 : std::atoi(text));
}

inline std::chrono::nanoseconds SinceEpoch() {
  return std::chrono::system_clock::now().time_since_epoch();
}

// StormCpus says where the sender runs.
enum class StormCpus { kOther, kSame };

// SendStorm returns when the sender stopped. It blocks the thread until then.
inline std::chrono::nanoseconds SendStorm(int signals, StormCpus cpus) {
  const char* path = std::getenv("BENCH_STORM_SENDER");
  Require(path != nullptr, "BENCH_STORM_SENDER names no sender");
  std::string command = "exec '" + std::string(path) + "' " +
                        std::to_string(::getpid()) + ' ' +
                        std::to_string(StormPhase().count()) +
                        (cpus == StormCpus::kSame ? " same" : " other");
  for (int i = 0; i < signals; i++) {
    command += ' ' + std::to_string(kStormSignals[i]);
  }
  std::FILE* sender = ::popen(command.c_str(), "r");
  Require(sender != nullptr, "popen");
  long long stopped = 0;
  Require(std::fscanf(sender, "%lld", &stopped) == 1, "the sender has failed");
  Require(::pclose(sender) == 0, "the sender has failed");
  return std::chrono::nanoseconds(stopped);
}

// WorkUnit is what the other goroutines do between two yields: about 1 µs.
inline void WorkUnit() {
  std::uint64_t x = 1;
  for (int i = 0; i < 1000; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    benchmark::DoNotOptimize(x);
  }
}

// Storm is what a phase's receiver has seen.
struct Storm {
  std::array<std::int64_t, NSIG> counts = {};
  std::int64_t deliveries = 0;
  // When the last one came, and when the sender stopped; since 1970.
  std::chrono::nanoseconds last{};
  std::chrono::nanoseconds stopped{};
};

inline void ReportStorm(benchmark::State* state, int signals,
                        const Storm& storm, double kept) {
  std::vector<double> shares;
  for (int i = 0; i < signals; i++) {
    shares.push_back(static_cast<double>(storm.counts[kStormSignals[i]]));
  }
  const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
  Require(*least > 0, "a signal never came");
  state->counters["each"] =
      static_cast<double>(std::chrono::nanoseconds(StormPhase()).count()) /
      static_cast<double>(storm.deliveries);
  state->counters["kept"] = 100 * kept;
  state->counters["uneven"] =
      100 * (*most - *least) * signals / static_cast<double>(storm.deliveries);
  state->counters["drained"] =
      std::max(0.0, static_cast<double>((storm.last - storm.stopped).count()));
}

}  // namespace bench

#endif  // TOOLS_BENCH_STORM_H_
