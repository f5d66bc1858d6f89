// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Explorer: f under one schedule after the other, until one fails; then that
// one made shorter, and told.
//
// A seed stands for one run alone, not for the series: the low 16 bits say at
// which scheduling point a signal arrives (kNoArrival: none does), and all of
// the number feeds the decider. So the seed of a failure replays it, whatever
// went before. An enumeration has no seeds; its number is the run's, and
// replaying is enumerating that far once more.
//
// Shorter means: fewer decisions that are not 0 (decider.h). Stretches of the
// list are set to 0, long ones first, as long as the run then fails in the same
// way (Zeller's ddmin, which removes; a removed decision would shift all later
// ones).

#ifndef GOSLING_RUNTIME_TESTING_EXPLORE_H_
#define GOSLING_RUNTIME_TESTING_EXPLORE_H_

#include <gosling/testing.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/testing/bubble.h"

namespace gosling::testing {

// ReplayRequest is GOSLING_REPLAY=<seed>[:<decisions>].
struct ReplayRequest {
  bool asked = false;
  std::uint64_t seed = 0;
  std::size_t decisions = 0;  // 0: not said
};

// ParseReplay throws Panic for what is neither.
ReplayRequest ParseReplay(const char* text);

class Explorer {
 public:
  // Throws Panic for options that are out of range, and in a bubble.
  Explorer(const ExploreOptions& options, void (*f)(void*), void* arg);
  ~Explorer();
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;

  ExploreResult Run();

 private:
  static constexpr std::uint64_t kArrivalMask = 0xffff;
  static constexpr std::uint64_t kNoArrival = 0xffff;

  bool RunSeeds();
  bool RunAll();
  Failure RunOnce(Decider* decider, std::uint64_t arrival, std::uint64_t which);
  Failure RunSeed(std::uint64_t seed);
  std::uint64_t SeedOf(int schedule) const;
  void Shrink();
  bool FailsAlike(const std::vector<std::uint32_t>& list);
  std::vector<std::uint32_t> Taken() const;
  std::string Told();
  void Print() const;
  void DoesNotFit(const std::string& how);

  const ExploreOptions& options_;
  void (*const f_)(void*);
  void* const arg_;
  BubbleLoop bubble_;
  ReplayRequest replay_;
  ExploreResult result_;
  signal::Signal signal_;
  std::uint64_t arrival_ = kNoArrival;  // of the last run
  std::uint64_t which_ = 0;             // signal, likewise
  std::uint32_t most_points_ = 0;

  // The failure, from when it was found.
  Failure failure_ = Failure::kNone;
  std::string words_;
  std::vector<std::uint32_t> list_;
  std::size_t decisions_ = 0;
  std::size_t changes_ = 0;  // that are left after Shrink
};

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_EXPLORE_H_
