// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A worker that gets no turn, on purpose: it shows that the verdict on starving
// workers and the watchdog can fail.

#ifndef TOOLS_SIGSTORM_WORKERS_IDLER_H_
#define TOOLS_SIGSTORM_WORKERS_IDLER_H_

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Idler : public Worker {
 public:
  enum class Fault { kStarves, kHangs };

  Idler(std::string name, Fault fault)
      : Worker(std::move(name)), fault_(fault) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override {
    Launch(group, [this, &stop] {
      gosling::runtime::SetName(name());
      if (fault_ == Fault::kHangs) gosling::Chan<gosling::Unit>().Recv();
      while (!stop.load(std::memory_order_relaxed)) {
        gosling::time::Sleep(std::chrono::milliseconds(20));
      }
    });
  }

  std::string Mistake() const override { return ""; }

 private:
  const Fault fault_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_IDLER_H_
