// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that sleeps for short and varying times.

#ifndef TOOLS_SIGSTORM_WORKERS_SLEEPER_H_
#define TOOLS_SIGSTORM_WORKERS_SLEEPER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Sleeper : public Worker {
 public:
  Sleeper(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Loop(const std::atomic<bool>& stop);

  const std::uint64_t seed_;
  std::uint64_t early_ = 0;    // sleeps that ended before their time
  std::uint64_t damaged_ = 0;  // sleeps over which the stack changed
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_SLEEPER_H_
