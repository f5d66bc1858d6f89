// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program with fibers of its own, made of what gosling's are made of.

#include <gosling/gosling.h>

#include <boost/context/fiber.hpp>
#include <cstdio>
#include <utility>

namespace go = gosling;

int main() {
  return go::Run([] {
    auto numbers = go::MakeChan<int>(1);
    boost::context::fiber fiber([&](boost::context::fiber&& caller) {
      numbers.Send(42);
      return std::move(caller);
    });
    fiber = std::move(fiber).resume();
    std::printf("the consumer received %d\n", *numbers.Recv());
  });
}
