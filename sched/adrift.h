// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Adrift: the threads that compute without a P. The more they are, the longer
// is a slice.
//
// A P that is taken from code which computes goes to another thread, and the
// code goes on beside it: as many threads as before, and one more, share the
// processors. A thousand goroutines of 20 ms each would become a hundred
// threads (Go, which stops them, keeps four). So a slice is one of CPU time: a
// thread that others keep from its core has not had its slice, and taking its P
// would only add one to those that wait for cores. And it is the longer, the
// more are adrift: kSlice when none is, half as much again when there are twice
// as many as Ps, up to kLongestSlice. Goroutines of 20 ms thus mostly end in
// time, and about as many threads as there are Ps are adrift.
//
// The bound: no code keeps a P that others wait for longer than kLongestHold by
// the clock, or kCrowdedHold when more than twice as many threads as Ps are
// adrift, on whatever machine. A goroutine that has k others before it in its
// queue waits for k such spans at most; for 10 ms each where few compute and
// each has a core.
//
// A thread is adrift from the moment that sysmon took its P while it computed
// until its next Pin, or until it has slept. sysmon looks whether it still is
// when that matters, at most once a millisecond.
//
// Sysmon only. The links are in M, which is never freed.

#ifndef GOSLING_SCHED_ADRIFT_H_
#define GOSLING_SCHED_ADRIFT_H_

#include <cstdint>

namespace gosling::sched {

struct M;

inline constexpr std::int64_t kSlice = 10'000'000;
inline constexpr std::int64_t kLongestSlice = 3 * kSlice;
inline constexpr std::int64_t kLongestHold = 10 * kSlice;
inline constexpr std::int64_t kCrowdedHold = 50 * kSlice;

class Adrift {
 public:
  // Add notes that P was taken from m, which computes and has used `cpu` of CPU
  // time.
  void Add(M* m, std::int64_t cpu, std::int64_t now);

  // IsOver says whether code on a P that others wait for has used up its slice:
  // it has held P for `held` by the clock, and used `used` of CPU time.
  bool IsOver(std::int64_t now, int procs, std::int64_t held,
              std::int64_t used);

 private:
  void Recount(std::int64_t now);

  M* head_ = nullptr;
  int count_ = 0;
  std::int64_t counted_when_ = 0;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_ADRIFT_H_
