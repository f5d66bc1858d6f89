// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Decider: how the decisions of a bubble are made. Each is a number below the
// count of what can be done, so a schedule is a list of numbers. 0 is always
// the most ordinary thing to do: the running goroutine goes on; or the one that
// has been runnable for longest; or the first of the cases that are ready; or
// what a network does that has no faults.

#ifndef GOSLING_RUNTIME_TESTING_DECIDER_H_
#define GOSLING_RUNTIME_TESTING_DECIDER_H_

#include <cstdint>
#include <vector>

namespace gosling::testing {

// Decision is one that is to be made.
struct Decision {
  enum class Kind : std::uint8_t { kGoOn, kNext, kCase, kFault };

  // kGoOn: option 0 is the goroutine that runs. kNext: it does not go on, or
  // has asked to be put behind the others: then it is the last of them.
  // kCase: of a select. kFault: of the bubble's network, other than 0 with
  // probability `chance`; a larger one is worse.
  Kind kind = Kind::kGoOn;
  bool yielded = false;     // kNext: the last of the goroutines has
  bool time = false;        // the last option is that time moves
  std::uint32_t count = 0;  // of options, at least 2
  double chance = 0;        // kFault
  // The numbers of the goroutines, without time; null for kCase and kFault.
  const std::uint32_t* goroutines = nullptr;

  std::uint32_t Goroutines() const { return count - (time ? 1 : 0); }
};

class Decider {
 public:
  virtual ~Decider() = default;
  virtual std::uint32_t Decide(const Decision& d) = 0;
  // MovesTime: time may move while goroutines can run.
  virtual bool MovesTime() const { return true; }
};

// Plain decides for a bubble that explores nothing.
class PlainDecider final : public Decider {
 public:
  std::uint32_t Decide(const Decision& d) override;
  bool MovesTime() const override { return false; }

 private:
  std::uint32_t calls_ = 0;  // since the last change of goroutine
};

// Rng is splitmix64: every seed is as good as any other.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // Below draws from [0, n).
  std::uint32_t Below(std::uint32_t n);
  // Fault draws a decision of that kind.
  std::uint32_t Fault(const Decision& d);

 private:
  std::uint64_t state_;
};

class UniformDecider final : public Decider {
 public:
  explicit UniformDecider(std::uint64_t seed, bool moves_time = true)
      : rng_(seed), moves_time_(moves_time) {}
  std::uint32_t Decide(const Decision& d) override;
  bool MovesTime() const override { return moves_time_; }

 private:
  Rng rng_;
  const bool moves_time_;
};

// PctDecider runs the goroutine of the highest priority; time has one, too.
class PctDecider final : public Decider {
 public:
  PctDecider(std::uint64_t seed, int depth);
  std::uint32_t Decide(const Decision& d) override;

 private:
  std::uint64_t& PriorityOf(std::uint32_t goroutine);

  Rng rng_;
  std::vector<std::uint64_t> priorities_;  // by number; 0 is time's
  std::vector<std::uint32_t> changes_;     // at which decisions
  std::uint32_t decisions_ = 0;
  std::uint64_t lowest_;  // below all others; sinks
};

// ListDecider follows a list, and decides 0 when that is at its end.
class ListDecider final : public Decider {
 public:
  explicit ListDecider(const std::vector<std::uint32_t>& list) : list_(list) {}
  std::uint32_t Decide(const Decision& d) override;

 private:
  const std::vector<std::uint32_t>& list_;
  std::size_t at_ = 0;
};

// Enumeration visits all schedules with a bound on preemptions, depth first.
class Enumeration final : public Decider {
 public:
  explicit Enumeration(int preemptions) : bound_(preemptions) {}

  // Restart begins a run; Advance, after it, goes to the next schedule. False:
  // that was the last.
  void Restart();
  bool Advance();
  std::uint32_t Decide(const Decision& d) override;

 private:
  struct Choice {
    std::uint32_t taken;
    std::uint32_t count;
  };
  std::vector<Choice> path_;
  std::size_t at_ = 0;
  int preemptions_ = 0;
  const int bound_;
};

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_DECIDER_H_
