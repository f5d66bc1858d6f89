// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The block profile and the mutex profile: for each stack, how often and for how
// long goroutines have waited there, or others for what was unlocked there.
//
// Each is a table of stacks, found by their hash, made when the profile is turned
// on for the first time: what waits allocates nothing. It only fills. A stack that
// finds no room is counted as dropped.
//
// The stack is that of the caller, who is back from its wait, or about to wake
// another one; read by the ordinary unwinder, and for those alone that are drawn.
//
// Go: runtime/mprof.go.

#ifndef GOSLING_SCHED_REPORT_CONTENTION_PROFILE_H_
#define GOSLING_SCHED_REPORT_CONTENTION_PROFILE_H_

#include <cstdint>

namespace gosling::sched {

enum class ContentionKind : std::uint8_t { kBlock, kMutex };

struct ContentionStack {
  static constexpr int kMost = 60;
  std::uint64_t hash = 0;
  std::uint32_t depth = 0;  // 0: the place is free
  double count = 0;
  double ns = 0;
  std::uintptr_t pc[kMost] = {};  // return addresses, innermost first
};

// SetBlockProfileRate: 0 or less turns it off. SetMutexProfileFraction: below 0 it
// changes nothing; it returns the former one. False, or -1: there is no memory for
// the table.
bool SetBlockProfileRate(std::int64_t ns);
std::int32_t SetMutexProfileFraction(std::int32_t n);

// CountBlock tells the block profile of a wait of the caller's. Pinned.
void CountBlock(std::int64_t ns);

// DrawsMutex says whether the unlock at hand is one that the mutex profile counts;
// CountMutex counts it: others have waited for so long, in sum. Pinned.
bool DrawsMutex();
void CountMutex(std::int64_t ns);

// ReadContention copies the i-th stack; false: there are no more.
// DroppedContention is
// how many waits found no room.
bool ReadContention(ContentionKind kind, std::uint32_t i, ContentionStack* to);
std::uint64_t DroppedContention(ContentionKind kind);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_CONTENTION_PROFILE_H_
