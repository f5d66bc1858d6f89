// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The six verdicts on a run.

#ifndef TOOLS_SIGSTORM_VERDICT_H_
#define TOOLS_SIGSTORM_VERDICT_H_

#include <string>
#include <vector>

#include "tools/sigstorm/result.h"

namespace sigstorm {

struct Verdict {
  int number;
  bool pass;
  std::string claim;                 // holds if it passes
  std::vector<std::string> details;  // where it does not hold, else a remark
};

// SendsUnmatched says how a real-time signal's sends and receptions contradict
// each other, or returns "": of a standard one the kernel merges. All its senders
// have ended.
std::string SendsUnmatched(const SignalResult& signal);

// Judge returns the verdicts in order. That the program got as far as judging
// is what the sixth rests on: a hang ends it earlier. There is a seventh of a
// soak.
std::vector<Verdict> Judge(const RoundResult& result);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_VERDICT_H_
