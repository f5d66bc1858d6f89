// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The Boost.Fiber program.

#include <boost/version.hpp>
#include <string>

#include "tools/bench/bench.h"
#include "tools/bench/boost_fiber/threads.h"

int main(int argc, char** argv) {
  const std::string version = std::to_string(BOOST_VERSION / 100'000) + "." +
                              std::to_string(BOOST_VERSION / 100 % 1000) + ", ";
  const bench::Threads threads;
  return bench::Main(argc, argv, version);
}
