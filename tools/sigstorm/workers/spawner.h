// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that starts threads, foreign to the runtime, which send to a
// channel and end: signals meet them as they begin, park and go.

#ifndef TOOLS_SIGSTORM_WORKERS_SPAWNER_H_
#define TOOLS_SIGSTORM_WORKERS_SPAWNER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Spawner : public Worker {
 public:
  Spawner(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Loop(const std::atomic<bool>& stop);

  const std::uint64_t seed_;
  std::uint64_t sent_ = 0;  // sums
  std::uint64_t received_ = 0;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_SPAWNER_H_
