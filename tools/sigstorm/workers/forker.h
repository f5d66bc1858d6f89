// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that forks, and that runs other programs: a child has no receiver,
// its handlers must know it, and its parent blocks all signals for a moment.

#ifndef TOOLS_SIGSTORM_WORKERS_FORKER_H_
#define TOOLS_SIGSTORM_WORKERS_FORKER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Forker : public Worker {
 public:
  Forker(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override { return mistake_; }

 private:
  void Loop(const std::atomic<bool>& stop);
  void Fork();
  void Execute();

  const std::uint64_t seed_;
  std::string mistake_;  // the first
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_FORKER_H_
