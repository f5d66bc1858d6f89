// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Two goroutines that hand numbers to and fro over unbuffered channels.

#ifndef TOOLS_SIGSTORM_WORKERS_PING_PONG_H_
#define TOOLS_SIGSTORM_WORKERS_PING_PONG_H_

#include <gosling/chan.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class PingPong : public Worker {
 public:
  // `corrupt` alters one number on its way, to see that the sums notice.
  PingPong(std::string name, std::uint64_t seed, bool corrupt)
      : Worker(std::move(name)), seed_(seed), corrupt_(corrupt) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Serve(const std::atomic<bool>& stop);
  void Return();

  const std::uint64_t seed_;
  const bool corrupt_;
  gosling::Chan<std::uint64_t> ping_ = gosling::MakeChan<std::uint64_t>();
  gosling::Chan<std::uint64_t> pong_ = gosling::MakeChan<std::uint64_t>();

  std::uint64_t served_ = 0;    // Serve's sum
  std::uint64_t wrong_ = 0;     // Serve's count of bad answers
  std::uint64_t returned_ = 0;  // Return's sum
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_PING_PONG_H_
