// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The yield of a round of the storm, as plain data: the verdicts and the
// reports are made from it and from nothing else.

#ifndef TOOLS_SIGSTORM_RESULT_H_
#define TOOLS_SIGSTORM_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/sigstorm/resources.h"

namespace sigstorm {

struct Latency {
  std::uint64_t count = 0;  // deliveries measured
  std::int64_t p50 = 0;     // ns
  std::int64_t p90 = 0;
  std::int64_t p99 = 0;
  std::int64_t p999 = 0;
  std::int64_t p9999 = 0;
  std::int64_t max = 0;
  std::vector<std::pair<std::int64_t, std::uint64_t>>
      buckets;  // of a Histogram
};

// Sample is how far the storm had come at a moment.
struct Sample {
  double seconds = 0;  // since its start
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t steps = 0;   // of all workers
  std::uint64_t memory = 0;  // bytes of the process's own; 0: not looked at
};

struct SignalResult {
  int number = 0;
  bool realtime = false;

  // Over the storm and the last raise.
  std::uint64_t sent = 0;      // counted by the senders
  std::uint64_t refused = 0;   // not sent: the kernel's queue was full
  std::uint64_t to_ended = 0;  // of those sent, to a thread that then ended
  std::uint64_t expired = 0;   // timers: the most that they can have sent
  std::uint64_t received = 0;  // the library's four counters
  std::uint64_t coalesced = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t taken = 0;    // counted by the receiving goroutine
  std::uint64_t strange = 0;  // of these, another signal's
  std::uint64_t timed = 0;  // of these, a timer's; only told of real-time ones
  Latency latency;

  bool last_arrived = false;
  std::uint64_t late = 0;  // out of the channel after Stop
};

struct WorkerResult {
  std::string name;
  std::uint64_t steps = 0;
  std::string mistake;  // "" if the sums are right
};

// StormWatch is what the watchdog saw of a storm that did not hang.
struct StormWatch {
  std::int64_t longest_standstill = 0;  // ns
  std::string longest_standstill_of;    // a worker
  int slices = 0;                       // judged
  std::vector<std::string> starved;     // "sleeper 2 in slice 3"
};

struct RoundResult {
  double seconds = 0;        // how long the senders ran
  bool interrupted = false;  // by Ctrl-C
  // Whether the books balanced after the storm without another signal's help,
  // and what was out of balance if not.
  bool settled = false;
  std::string unsettled;
  std::vector<SignalResult> signals;
  std::vector<WorkerResult> workers;
  std::vector<Sample> samples;              // of a measured round, in order
  bool soak = false;                        // their memory is to be judged
  std::vector<std::string> failed_senders;  // with the reason
  std::uint64_t stops = 0;                  // of the whole process, and back
  std::string stop_wrong;                   // see StopCheck
  StormWatch watch;

  // Between the rounds; see resources.h.
  Resources before;
  Resources after;
  std::size_t threads_allowed = 0;  // how many the runtime may have after
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_RESULT_H_
