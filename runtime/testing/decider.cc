// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/decider.h"

#include <algorithm>

namespace gosling::testing {

namespace {

// How many calls a goroutine makes at most, in a plain bubble, while others
// could run: it may be waiting for one of them in a loop of TryLocks.
constexpr std::uint32_t kPlainSlice = 1000;

constexpr std::uint32_t kTimeOneIn = 8;

}  // namespace

std::uint32_t PlainDecider::Decide(const Decision& d) {
  if (d.kind != Decision::Kind::kGoOn) {
    if (d.kind == Decision::Kind::kNext) calls_ = 0;
    return 0;
  }
  if (++calls_ < kPlainSlice) return 0;
  calls_ = 0;
  return 1;
}

std::uint64_t Rng::Next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint32_t Rng::Below(std::uint32_t n) {
  return static_cast<std::uint32_t>((Next() >> 32) * n >> 32);
}

std::uint32_t Rng::Fault(const Decision& d) {
  // 53 bits are as many as a double has.
  const double drawn = static_cast<double>(Next() >> 11) * 0x1p-53;
  return drawn < d.chance ? 1 + Below(d.count - 1) : 0;
}

std::uint32_t UniformDecider::Decide(const Decision& d) {
  if (d.kind == Decision::Kind::kFault) return rng_.Fault(d);
  if (d.time && rng_.Below(kTimeOneIn) == 0) return d.count - 1;
  return rng_.Below(d.Goroutines());
}

// The number of decisions of the run that comes is not known: each scale is as
// likely as any other.
PctDecider::PctDecider(std::uint64_t seed, int depth)
    : rng_(seed), lowest_(static_cast<std::uint64_t>(depth) + (1U << 30)) {
  const std::uint32_t scale = 8U << rng_.Below(9);
  for (int i = 1; i < depth; i++) changes_.push_back(rng_.Below(scale));
}

std::uint64_t& PctDecider::PriorityOf(std::uint32_t goroutine) {
  while (priorities_.size() <= goroutine) {
    priorities_.push_back((rng_.Next() >> 1) | (std::uint64_t{1} << 62));
  }
  return priorities_[goroutine];
}

std::uint32_t PctDecider::Decide(const Decision& d) {
  if (d.kind == Decision::Kind::kCase) return rng_.Below(d.count);
  if (d.kind == Decision::Kind::kFault) return rng_.Fault(d);
  const bool change =
      std::find(changes_.begin(), changes_.end(), decisions_) != changes_.end();
  decisions_++;
  std::uint32_t best = 0;
  for (int round = 0; round < 2; round++) {
    best = 0;
    std::uint64_t highest = 0;
    for (std::uint32_t i = 0; i < d.count; i++) {
      const bool is_time = d.time && i == d.count - 1;
      std::uint64_t& priority = PriorityOf(is_time ? 0 : d.goroutines[i]);
      // One that yields waits for others: they go first from now on. So does
      // time, once it has moved.
      if (round == 0 && d.yielded && i == d.Goroutines() - 1) {
        priority = --lowest_;
      }
      if (priority > highest) {
        highest = priority;
        best = i;
      }
    }
    const bool time_best = d.time && best == d.count - 1;
    if (round == 1 || (!change && !time_best)) break;
    PriorityOf(time_best ? 0 : d.goroutines[best]) = --lowest_;
    if (time_best && !change) break;
  }
  return best;
}

std::uint32_t ListDecider::Decide(const Decision& d) {
  const std::uint32_t choice = at_ < list_.size() ? list_[at_] : 0;
  at_++;
  return choice < d.count ? choice : 0;
}

void Enumeration::Restart() {
  at_ = 0;
  preemptions_ = 0;
}

bool Enumeration::Advance() {
  path_.resize(at_);  // a run that failed may have been shorter
  while (!path_.empty()) {
    Choice& last = path_.back();
    if (++last.taken < last.count) return true;
    path_.pop_back();
  }
  return false;
}

// Whatever keeps a goroutine from going on that could is a preemption: another
// one, or time; and so is a fault of the network, of which the worst is taken. A goroutine that yields does not go on at once, since waiting
// for others in a loop would have no end.
std::uint32_t Enumeration::Decide(const Decision& d) {
  const bool spent = preemptions_ >= bound_;
  std::uint32_t count = d.count;
  if (d.kind == Decision::Kind::kGoOn) {
    if (spent) return 0;
  } else if (d.kind == Decision::Kind::kFault) {
    if (spent) return 0;
    count = 2;
  } else if (d.kind == Decision::Kind::kNext) {
    if (spent && d.time) count--;
    if (d.yielded && d.Goroutines() > 1) count = d.Goroutines() - 1;
  }
  if (count < 2) return 0;
  if (at_ == path_.size()) path_.push_back({0, count});
  const std::uint32_t taken = path_[at_++].taken;
  const bool moves_time = d.time && taken == d.count - 1;
  if (d.kind == Decision::Kind::kFault && taken != 0) {
    preemptions_++;
    return d.count - 1;
  }
  if ((d.kind == Decision::Kind::kGoOn && taken != 0) ||
      (d.kind == Decision::Kind::kNext && moves_time)) {
    preemptions_++;
  }
  return taken;
}

}  // namespace gosling::testing
