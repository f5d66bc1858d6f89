// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the fuzz targets: the bytes of an input as a supply of decisions, and a
// check that ends the process with a sentence.

#ifndef GOSLING_TESTS_FUZZ_FUZZ_H_
#define GOSLING_TESTS_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace gosling::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : at_(data), end_(data + size) {}

  bool Empty() const { return at_ == end_; }
  // Byte is 0 once the input is used up.
  std::uint8_t Byte() { return Empty() ? std::uint8_t{0} : *at_++; }
  // Below returns a number from 0 to n - 1.
  int Below(int n) { return Byte() % n; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* const end_;
};

// Expect ends the process, as the fuzzer wants it, if a promise is broken.
template <class... Values>
void Expect(bool holds, const char* format, Values... values) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: ");
  if constexpr (sizeof...(values) == 0) {
    std::fputs(format, stderr);
  } else {
    std::fprintf(stderr, format, values...);
  }
  std::fprintf(stderr, "\n");
  std::abort();
}

}  // namespace gosling::fuzz

#endif  // GOSLING_TESTS_FUZZ_FUZZ_H_
