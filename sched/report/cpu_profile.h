// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The CPU profile: where the threads are, 100 times in each second of CPU time
// that the process uses (ITIMER_PROF, SIGPROF).
//
// The handler follows the frame pointers of the goroutine that it has struck, and
// writes their return addresses into a table that was there before. Code that
// keeps no frame pointers, a C library's say, hides its callers; of code that is
// on no goroutine's stack, and on a CPU whose frames are not linked (arch.h), only
// the place itself is known.
//
// Each sample has a place of its own in the table, which a handler takes by
// counting: `claimed`. Invariant: whoever reads sees `inside` 0 after the timer
// was stopped and `on` cleared, so that no handler writes any more.
//
// The handler stays installed when the profile is over: a signal may be on its
// way, and SIGPROF's default action ends the process.

#ifndef GOSLING_SCHED_REPORT_CPU_PROFILE_H_
#define GOSLING_SCHED_REPORT_CPU_PROFILE_H_

#include <signal.h>

#include <atomic>
#include <cstdint>

namespace gosling::sched {

inline constexpr std::int64_t kProfilePeriod = 10'000'000;  // ns of CPU time

struct ProfileSample {
  static constexpr int kMost = 62;
  std::uint64_t goid;  // 0: of no goroutine
  std::uint32_t count;
  std::uintptr_t pc[kMost];  // innermost first; behind that, return addresses
};

// What the handler and its masters share.
struct CpuProfile {
  std::atomic<bool> on{false};
  std::atomic<int> inside{0};
  std::atomic<std::uint32_t> claimed{0};  // may exceed `size`
  std::uint32_t size = 0;
  ProfileSample* samples = nullptr;
};

extern constinit CpuProfile cpu_profile;

// StartCpuProfile begins one. Returns a sentence if it cannot: one is under way,
// or the program has a handler of its own for SIGPROF. By one thread at a time.
const char* StartCpuProfile();

// StopCpuProfile ends it; then cpu_profile has the samples, until the next Start.
// Returns how many, and how many found no room. May sleep.
struct ProfileEnd {
  std::uint32_t samples = 0;
  std::uint32_t lost = 0;
};
ProfileEnd StopCpuProfile();

// OnProfileSignal is the handler. Async-signal-safe.
void OnProfileSignal(int sig, siginfo_t* info, void* context);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_CPU_PROFILE_H_
