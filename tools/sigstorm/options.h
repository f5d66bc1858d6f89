// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The command line.

#ifndef TOOLS_SIGSTORM_OPTIONS_H_
#define TOOLS_SIGSTORM_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sigstorm/inject.h"

namespace sigstorm {

struct Options {
  std::int64_t duration = 0;  // ns
  int senders = 0;
  std::vector<int> signals;  // ascending
  double rate = 0;           // per second, all senders together; 0: no limit
  int workers = 0;           // sets
  std::string note;          // "" leaves GOSLING_SIGNOTE as it is
  bool json = false;
  std::uint64_t seed = 0;
  int buffer = 0;             // of each channel
  std::int64_t patience = 0;  // ns
  Inject inject = Inject::kNone;
};

// ReadOptions reads the command line. It prints the help and exits with 0 where
// it is asked for, and exits with 2 where the command line makes no sense.
Options ReadOptions(int argc, char** argv);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_OPTIONS_H_
