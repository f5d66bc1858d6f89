// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// No signal is ever without a channel, as the receivers have all of them.

#include "tools/sigstorm/workers/churner.h"

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/rest.h"

namespace sigstorm {

using gosling::signal::Signal;

void Churner::Start(gosling::sync::WaitGroup& group,
                    const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Loop(stop); });
}

void Churner::Loop(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name());
  Random random(seed_);
  Rest rest(random.Next(), 2 * kChannels);
  struct Subscription {
    gosling::Chan<Signal> channel = gosling::MakeChan<Signal>();
    bool on = false;
  };
  std::vector<Subscription> subscriptions(kChannels);
  while (!stop.load(std::memory_order_relaxed)) {
    Subscription& some = subscriptions[random.Below(kChannels)];
    if (some.on) {
      gosling::signal::Stop(some.channel);
    } else {
      gosling::signal::Notify(some.channel,
                              signals_[random.Below(signals_.size())]);
    }
    some.on = !some.on;
    Advance();
    rest.AfterStep();
  }
  std::size_t filled = 0;
  for (const Subscription& each : subscriptions) {
    gosling::signal::Stop(each.channel);
    filled += each.channel.Len();
  }
  if (filled != 0) {
    mistake_ = absl::StrCat(filled, " signals in channels without room");
  }
}

std::string Churner::Mistake() const { return mistake_; }

}  // namespace sigstorm
