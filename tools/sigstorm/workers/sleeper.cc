// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// No sleep may end early, and the stack of a sleeper must not change.

#include "tools/sigstorm/workers/sleeper.h"

#include <gosling/runtime.h>
#include <gosling/time.h>

#include <array>
#include <chrono>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {

void Sleeper::Start(gosling::sync::WaitGroup& group,
                    const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Loop(stop); });
}

void Sleeper::Loop(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name());
  Random random(seed_);
  // volatile: the words must be on this stack, not in the optimiser's mind.
  std::array<volatile std::uint64_t, 64> words;
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t key = random.Next();
    for (std::size_t i = 0; i < words.size(); i++) words[i] = Mix(key + i);

    const auto length =
        std::chrono::nanoseconds(50'000 + random.Below(3'000'000));
    const auto start = std::chrono::steady_clock::now();
    gosling::time::Sleep(length);
    if (std::chrono::steady_clock::now() - start < length) early_++;

    bool whole = true;
    for (std::size_t i = 0; i < words.size(); i++) {
      whole = whole && words[i] == Mix(key + i);
    }
    if (!whole) damaged_++;
    Advance();
  }
}

std::string Sleeper::Mistake() const {
  if (early_ == 0 && damaged_ == 0) return "";
  return absl::StrFormat(
      "of %d sleeps %d ended early and %d came back to a changed stack",
      steps(), early_, damaged_);
}

}  // namespace sigstorm
