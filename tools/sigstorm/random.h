// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pseudo-random numbers that one --seed reproduces, and a mixing function that
// workers use as a checksum. Both are splitmix64 (Steele, Lea, Flood 2014).

#ifndef TOOLS_SIGSTORM_RANDOM_H_
#define TOOLS_SIGSTORM_RANDOM_H_

#include <cstdint>

namespace sigstorm {

// Mix is a bijection on 64 bits in which every input bit affects every output
// bit: a lost, doubled or altered value changes a sum of mixed values.
constexpr std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Random is not thread-safe: each goroutine, thread and process has its own.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }

  // Below returns a number in [0, bound); bound > 0. The modulo's bias is far
  // below anything measured here.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_RANDOM_H_
