// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A worker that gives no memory back, on purpose: it shows that the verdict on
// growing memory can fail.

#ifndef TOOLS_SIGSTORM_WORKERS_HOARDER_H_
#define TOOLS_SIGSTORM_WORKERS_HOARDER_H_

#include <gosling/runtime.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Hoarder : public Worker {
 public:
  explicit Hoarder(std::string name) : Worker(std::move(name)) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override {
    Launch(group, [this, &stop] {
      gosling::runtime::SetName(name());
      while (!stop.load(std::memory_order_relaxed)) {
        hoard_.emplace_back(512 << 10, 'x');
        Advance();
        gosling::time::Sleep(std::chrono::milliseconds(10));
      }
    });
  }

  std::string Mistake() const override { return ""; }

 private:
  std::vector<std::vector<char>> hoard_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_HOARDER_H_
