// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that changes GOMAXPROCS, for which the world stops.

#ifndef TOOLS_SIGSTORM_WORKERS_RESIZER_H_
#define TOOLS_SIGSTORM_WORKERS_RESIZER_H_

#include <gosling/runtime.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Resizer : public Worker {
 public:
  static constexpr int kMore = 2;  // processors than before, at the most

  Resizer(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override {
    Launch(group, [this, &stop] { Loop(stop); });
  }

  std::string Mistake() const override {
    if (wrong_ == 0) return "";
    return absl::StrCat(wrong_, " of ", steps(),
                        " times GOMAXPROCS was not what had been set");
  }

 private:
  void Loop(const std::atomic<bool>& stop) {
    gosling::runtime::SetName(name());
    Random random(seed_);
    const int before = gosling::runtime::GOMAXPROCS(0);
    int now = before;
    while (!stop.load(std::memory_order_relaxed)) {
      const int next = 1 + static_cast<int>(random.Below(
                               static_cast<std::uint64_t>(before + kMore)));
      if (gosling::runtime::GOMAXPROCS(next) != now) wrong_++;
      now = next;
      Advance();
      gosling::time::Sleep(std::chrono::nanoseconds(random.Below(10'000'000)));
    }
    gosling::runtime::GOMAXPROCS(before);
  }

  const std::uint64_t seed_;
  std::uint64_t wrong_ = 0;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_RESIZER_H_
