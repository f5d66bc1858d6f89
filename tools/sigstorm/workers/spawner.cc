// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/workers/spawner.h"

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/time.h>

#include <chrono>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/brief_thread.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {

void Spawner::Start(gosling::sync::WaitGroup& group,
                    const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Loop(stop); });
}

void Spawner::Loop(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name());
  Random random(seed_);
  while (!stop.load(std::memory_order_relaxed)) {
    auto values = gosling::MakeChan<std::uint64_t>();
    std::vector<std::thread> threads(1 + random.Below(4));
    for (std::thread& thread : threads) {
      const std::uint64_t value = random.Next();
      sent_ += Mix(value);
      thread = StartBriefThread("sigstorm-brief",
                                [values, value] { values.Send(value); });
    }
    for (std::size_t i = 0; i < threads.size(); i++) {
      received_ += Mix(*values.Recv());
    }
    gosling::runtime::Blocking([&] {
      for (std::thread& thread : threads) thread.join();
    });
    Advance();
    gosling::time::Sleep(std::chrono::nanoseconds(random.Below(2'000'000)));
  }
}

std::string Spawner::Mistake() const {
  if (sent_ == received_) return "";
  return absl::StrFormat("sum of values sent by threads %016x, received %016x",
                         sent_, received_);
}

}  // namespace sigstorm
