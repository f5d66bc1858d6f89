// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The producers' values must come out of the select, and those that the select
// sends must reach the consumer.

#include "tools/sigstorm/workers/selector.h"

#include <gosling/runtime.h>
#include <gosling/select.h>

#include <optional>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/rest.h"

namespace sigstorm {

void Selector::Start(gosling::sync::WaitGroup& group,
                     const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Produce(0, stop); });
  Launch(group, [this, &stop] { Produce(1, stop); });
  Launch(group, [this] { Choose(); });
  Launch(group, [this] { Consume(); });
}

void Selector::Produce(std::size_t which, const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name() + ", producing");
  Random random(seed_ + which);
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t value = random.Next();
    produced_[which] += value;
    in_[which].Send(value);
  }
  in_[which].Close();
}

void Selector::Choose() {
  gosling::runtime::SetName(name() + ", selecting");
  // A nil channel is never ready: a producer that has ended drops out so.
  std::array<Numbers, 2> in = in_;
  Random random(~seed_);
  Rest rest(random.Next(), 1000);
  while (in[0] || in[1]) {
    const auto take = [&](std::size_t which) {
      return [&, which](std::optional<std::uint64_t> value) {
        if (value) {
          received_ += *value;
        } else {
          in[which] = Numbers();
        }
      };
    };
    const std::uint64_t value = random.Next();
    gosling::Select(gosling::OnRecv(in[0], take(0)),
                    gosling::OnRecv(in[1], take(1)),
                    gosling::OnSend(out_, value, [&] { sent_ += value; }));
    Advance();
    rest.AfterStep();
  }
  out_.Close();
}

void Selector::Consume() {
  gosling::runtime::SetName(name() + ", consuming");
  while (std::optional<std::uint64_t> value = out_.Recv()) consumed_ += *value;
}

std::string Selector::Mistake() const {
  if (produced_[0] + produced_[1] == received_ && sent_ == consumed_) return "";
  return absl::StrFormat(
      "sum of values produced %016x, received by the select %016x; sent by it "
      "%016x, consumed %016x",
      produced_[0] + produced_[1], received_, sent_, consumed_);
}

}  // namespace sigstorm
