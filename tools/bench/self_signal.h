// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sighandler: a thread sends signals to itself, and each is handled before the
// call that sends it returns. One operation is one signal; "each" is the median
// over batches. The first of a batch, which may wake a receiver, is not timed;
// with one processor the receiver does not run before the batch is over, so that
// the handler finds the others taken already, and has nothing to wake.
//
// What a system's handler takes is the difference from the floor's, which counts
// and no more: the rest is the kernel's.

#ifndef TOOLS_BENCH_SELF_SIGNAL_H_
#define TOOLS_BENCH_SELF_SIGNAL_H_

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace bench {

// With the kernel's part, a third of a slice at the most.
inline constexpr int kSelfSignals = 1000;

// SelfSignals sends a batch, and returns how long one took.
inline Clock::duration SelfSignals(int signal) {
  const pid_t process = ::getpid();
  const long thread = ::syscall(SYS_gettid);
  const auto send = [=] {
    Require(::syscall(SYS_tgkill, process, thread, signal) == 0, "tgkill");
  };
  send();
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kSelfSignals; i++) send();
  return (Clock::now() - start) / kSelfSignals;
}

}  // namespace bench

#endif  // TOOLS_BENCH_SELF_SIGNAL_H_
