// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that has hundreds of channels and registers them for the storm's
// signals, and stops them again, all the time. They have no room and no reader,
// so that what is delivered, and counted, is as without them.

#ifndef TOOLS_SIGSTORM_WORKERS_CHURNER_H_
#define TOOLS_SIGSTORM_WORKERS_CHURNER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Churner : public Worker {
 public:
  static constexpr std::size_t kChannels = 200;

  Churner(std::string name, std::uint64_t seed, std::vector<int> signals)
      : Worker(std::move(name)), seed_(seed), signals_(std::move(signals)) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Loop(const std::atomic<bool>& stop);

  const std::uint64_t seed_;
  const std::vector<int> signals_;
  std::string mistake_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_CHURNER_H_
