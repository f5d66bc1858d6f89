// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What else goes on in the program during a storm. See --during.

#ifndef TOOLS_SIGSTORM_DURING_H_
#define TOOLS_SIGSTORM_DURING_H_

#include <string>

namespace sigstorm {

struct During {
  bool forks = false;    // workers/forker.h
  bool procs = false;    // workers/resizer.h
  bool threads = false;  // workers/spawner.h
  bool churn = false;    // workers/churner.h
  bool stops = false;    // sender_process.h
};

// ParseDuring reads a comma-separated list of these names; "all" stands for all
// of them. Returns an empty string, or a sentence that says what is wrong.
std::string ParseDuring(const std::string& text, During* during);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_DURING_H_
