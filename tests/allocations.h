// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Counts what is allocated with new, to see that something does not. For one
// source of a program: it replaces the operators of all of it.

#ifndef GOSLING_TESTS_ALLOCATIONS_H_
#define GOSLING_TESTS_ALLOCATIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Not inlined, or GCC compares what one half calls with the name of the other,
// and warns of a free of what new returned.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

#endif  // GOSLING_TESTS_ALLOCATIONS_H_
