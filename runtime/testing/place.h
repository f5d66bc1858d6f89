// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// PlaceOf: where in the program a goroutine stands that has called this library,
// or the standard library.

#ifndef GOSLING_RUNTIME_TESTING_PLACE_H_
#define GOSLING_RUNTIME_TESTING_PLACE_H_

#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "runtime/testing/lines.h"

namespace gosling::testing {

// Symbolizer is sched::SymbolOf, or stands for it.
using Symbolizer = const char* (*)(std::uintptr_t pc, char* buffer, int n);

// PlaceOf says which function of the library's the stack has called, and where:
// " (gosling::Chan<>::Recv()) in Worker() at worker.cc:12"; "" if no function of
// the program's is there. The stack is of return addresses, innermost first. No
// lines: an address stands for the place.
std::string PlaceOf(const std::vector<std::uintptr_t>& stack, Lines* lines,
                    Symbolizer symbol);

// WithLines calls f(Lines*) on a thread of its own, since the caller may be a
// goroutine, with a stack too small for reading lines. If no thread can be
// started: f(nullptr), here.
template <class F>
void WithLines(F f) {
  std::thread reader;
  try {
    reader = std::thread([&f] {
      Lines lines;
      f(&lines);
    });
  } catch (const std::system_error&) {
    return f(nullptr);
  }
  reader.join();
}

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_PLACE_H_
