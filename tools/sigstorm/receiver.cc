// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The two kinds of subscription, and what a delivery means for the books.

#include "tools/sigstorm/receiver.h"

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <signal.h>

#include <optional>
#include <type_traits>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

using gosling::signal::Signal;
using gosling::signal::SignalInfo;

// ReceiverOf<T> receives through a channel of T, Signal or SignalInfo.
template <class T>
class ReceiverOf : public Receiver {
 public:
  ReceiverOf(SignalSlot& slot, std::size_t buffer,
             gosling::sync::WaitGroup& group)
      : Receiver(slot), channel_(gosling::MakeChan<T>(buffer)) {
    if constexpr (kInfo) {
      gosling::signal::NotifyInfo(channel_, slot.number);
    } else {
      gosling::signal::Notify(channel_, slot.number);
    }
    group.Go([this] { Loop(); });
  }

  void Stop() override {
    gosling::signal::Stop(channel_);
    channel_.Send(Item(0));
  }

  void Forge() override { channel_.Send(Item(slot().number)); }

  void Close() override { channel_.Close(); }

 private:
  static constexpr bool kInfo = std::is_same_v<T, SignalInfo>;

  static T Item(int number) {
    if constexpr (kInfo) {
      return SignalInfo{
          .signal = Signal(number), .code = 0, .pid = 0, .uid = 0, .value = 0};
    } else {
      return Signal(number);
    }
  }

  void Loop() {
    gosling::runtime::SetName("receiver of " + SignalName(slot().number));
    while (std::optional<T> item = channel_.Recv()) {
      if constexpr (kInfo) {
        Take(item->signal.number(), item->code, item->value);
      } else {
        Take(item->number(), 0, 0);
      }
    }
  }

  gosling::Chan<T> channel_;
};

}  // namespace

std::unique_ptr<Receiver> Receiver::Make(SignalSlot& slot, std::size_t buffer,
                                         gosling::sync::WaitGroup& group) {
  if (slot.realtime) {
    return std::make_unique<ReceiverOf<SignalInfo>>(slot, buffer, group);
  }
  return std::make_unique<ReceiverOf<Signal>>(slot, buffer, group);
}

Receiver::Receiver(SignalSlot& slot)
    : slot_(slot), before_(gosling::signal::Stats(slot.number)) {}

gosling::signal::Counters Receiver::Counters() const {
  gosling::signal::Counters now = gosling::signal::Stats(slot_.number);
  now.received -= before_.received;
  now.coalesced -= before_.coalesced;
  now.delivered -= before_.delivered;
  now.dropped -= before_.dropped;
  return now;
}

void Receiver::Take(int signal, int code, std::int64_t value) {
  if (signal == 0) {
    marked_ = true;
    return;
  }
  if (marked_) {
    late_++;
    return;
  }
  if (signal != slot_.number) strange_++;

  const std::int64_t now = NowNs();
  const std::int64_t since = slot_.TakeStamp();
  if (slot_.realtime) {
    // Only sends that carry their time are measured, sigqueue's. The difference
    // is taken in the width of a pointer, which is all that a signal's value can
    // carry.
    if (code == SI_QUEUE) {
      latency_.Record(
          static_cast<std::int64_t>(static_cast<std::uintptr_t>(now) -
                                    static_cast<std::uintptr_t>(value)));
    }
    // A timer's signal has nothing to do with the window. One that was dropped
    // is not known for one, and widens it.
    if (code == SI_TIMER) timed_.fetch_add(1);
    slot_.drained.store(Counters().received - timed_.load());
  } else if (since != 0) {
    latency_.Record(now - since);
  }
  // Last, as the goroutine that awaits this delivery reads the rest.
  taken_.Add();
}

}  // namespace sigstorm
