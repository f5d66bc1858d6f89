// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A number goes out, its mixed form comes back.

#include "tools/sigstorm/workers/ping_pong.h"

#include <gosling/runtime.h>

#include <optional>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/rest.h"

namespace sigstorm {

void PingPong::Start(gosling::sync::WaitGroup& group,
                     const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Serve(stop); });
  Launch(group, [this] { Return(); });
}

void PingPong::Serve(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name() + ", serving");
  Random random(seed_);
  Rest rest(random.Next(), 1000);
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t value = random.Next();
    served_ += value;
    ping_.Send(value);
    const std::optional<std::uint64_t> answer = pong_.Recv();
    if (!answer || *answer != Mix(value)) wrong_++;
    Advance();
    rest.AfterStep();
  }
  ping_.Close();
}

void PingPong::Return() {
  gosling::runtime::SetName(name() + ", returning");
  bool corrupt = corrupt_;
  while (std::optional<std::uint64_t> value = ping_.Recv()) {
    if (corrupt) *value ^= 1;
    corrupt = false;
    returned_ += *value;
    pong_.Send(Mix(*value));
  }
}

std::string PingPong::Mistake() const {
  if (wrong_ == 0 && served_ == returned_) return "";
  return absl::StrFormat(
      "%d of %d answers were wrong; sum of values served %016x, returned %016x",
      wrong_, steps(), served_, returned_);
}

}  // namespace sigstorm
