// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Peeked and Counter: words that one thread writes, as if they were plain, and
// that others may read at any time, to count and to tell. A reader gets some
// value that the word has had, and learns nothing else from it: no ordering.
// Writing costs what a plain store costs; in particular a Counter's increment
// is no locked instruction, so two threads must not write one at a time.

#ifndef GOSLING_SCHED_PEEKED_H_
#define GOSLING_SCHED_PEEKED_H_

#include <atomic>
#include <cstdint>

namespace gosling::sched {

template <class T>
class Peeked {
 public:
  constexpr Peeked() = default;
  constexpr explicit Peeked(T value) : value_(value) {}
  Peeked(const Peeked&) = delete;
  Peeked& operator=(const Peeked&) = delete;

  T operator=(T value) {  // NOLINT: as a plain word's
    value_.store(value, std::memory_order_relaxed);
    return value;
  }
  operator T() const {  // NOLINT: stands for a T
    return value_.load(std::memory_order_relaxed);
  }
  T operator->() const { return *this; }
  T operator++() { return *this = *this + 1; }
  T operator--() { return *this = *this - 1; }

 private:
  std::atomic<T> value_{};
};

class Counter {
 public:
  // Add returns the new value.
  std::uint64_t Add(std::uint64_t n = 1) { return n_ = n_ + n; }
  operator std::uint64_t() const { return n_; }  // NOLINT: stands for a number

 private:
  Peeked<std::uint64_t> n_;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_PEEKED_H_
