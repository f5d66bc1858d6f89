// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that allocates, throws what it allocated and yields while it
// holds the exception: the allocator and the unwinder are where a signal
// handler that does too much would do its damage.

#ifndef TOOLS_SIGSTORM_WORKERS_THROWER_H_
#define TOOLS_SIGSTORM_WORKERS_THROWER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Thrower : public Worker {
 public:
  Thrower(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Loop(const std::atomic<bool>& stop);

  const std::uint64_t seed_;
  std::uint64_t wrong_ = 0;  // exceptions that were not the one thrown
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_THROWER_H_
