// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that selects among two producers and a consumer.

#ifndef TOOLS_SIGSTORM_WORKERS_SELECTOR_H_
#define TOOLS_SIGSTORM_WORKERS_SELECTOR_H_

#include <gosling/chan.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class Selector : public Worker {
 public:
  Selector(std::string name, std::uint64_t seed)
      : Worker(std::move(name)), seed_(seed) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  using Numbers = gosling::Chan<std::uint64_t>;

  void Produce(std::size_t which, const std::atomic<bool>& stop);
  void Choose();
  void Consume();

  const std::uint64_t seed_;
  // One without and one with a buffer: a select meets waiting senders and
  // values.
  std::array<Numbers, 2> in_ = {gosling::MakeChan<std::uint64_t>(),
                                gosling::MakeChan<std::uint64_t>(3)};
  Numbers out_ = gosling::MakeChan<std::uint64_t>();

  std::array<std::uint64_t, 2> produced_ = {};  // each producer's sum
  std::uint64_t received_ = 0;                  // Choose's sum of both
  std::uint64_t sent_ = 0;                      // Choose's sum into out_
  std::uint64_t consumed_ = 0;                  // Consume's sum
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_SELECTOR_H_
