// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Random: the same numbers everywhere, which the standard's distributions do not
// give. (SplitMix64: Steele, Lea, Flood, OOPSLA 2014.)

#ifndef GOSLING_TESTS_PROGRAMS_RANDOM_H_
#define GOSLING_TESTS_PROGRAMS_RANDOM_H_

#include <cstdint>

namespace gosling::programs {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // Below returns a number from 0 to n - 1.
  int Below(int n) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return static_cast<int>((z >> 32) * static_cast<std::uint32_t>(n) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gosling::programs

#endif  // GOSLING_TESTS_PROGRAMS_RANDOM_H_
