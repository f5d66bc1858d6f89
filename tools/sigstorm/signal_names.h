// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Signals as people write them: USR1, SIGUSR1, sigusr1, 10, RTMIN+1, RTMAX-2.

#ifndef TOOLS_SIGSTORM_SIGNAL_NAMES_H_
#define TOOLS_SIGSTORM_SIGNAL_NAMES_H_

#include <string>
#include <vector>

namespace sigstorm {

// SignalName returns "SIGUSR1" or "RTMIN+1", or the number where there is no
// name.
std::string SignalName(int signal);

// IsRealtime says whether the kernel queues every instance of `signal` instead
// of keeping at most one pending.
bool IsRealtime(int signal);

// ParseSignals reads a comma-separated list into ascending numbers without
// repeats. "all" stands for every signal that can be caught except those that
// report a fault (SEGV, BUS, FPE, ILL, TRAP, ABRT), which may still be named.
// Returns an empty string, or a sentence that says what is wrong.
std::string ParseSignals(const std::string& text, std::vector<int>* signals);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SIGNAL_NAMES_H_
