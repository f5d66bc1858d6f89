// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigstorm compare: the same storm on a receiver of gosling's and on one of Go's.

#ifndef TOOLS_SIGSTORM_COMPARE_COMPARE_H_
#define TOOLS_SIGSTORM_COMPARE_COMPARE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sigstorm/histogram.h"
#include "tools/sigstorm/options.h"

namespace sigstorm {

// SignalYield is what became of a signal, in all storms on one system.
struct SignalYield {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  std::uint64_t delivered = 0;
  // Storms after which it was raised once more, and nothing came.
  std::uint64_t lost = 0;
  Histogram latency;
};

struct SystemYield {
  std::string system;  // "gosling", "go1.27.3"
  double seconds = 0;
  std::uint64_t cpu = 0;             // ns, the receiver's
  std::vector<SignalYield> signals;  // as CompareOptions::signals

  std::uint64_t Delivered() const;
  std::uint64_t Lost() const;
  double CpuEach() const;  // ns a delivery
};

std::string CompareText(const CompareOptions& options,
                        const std::vector<SystemYield>& systems);
std::string CompareJson(const CompareOptions& options,
                        const std::vector<SystemYield>& systems);
std::string CompareHtml(const CompareOptions& options,
                        const std::vector<SystemYield>& systems);

// CompareSystems storms, prints what became of it, and returns the exit status.
int CompareSystems(const CompareOptions& options);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_COMPARE_COMPARE_H_
