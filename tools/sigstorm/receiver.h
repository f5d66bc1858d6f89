// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receiving side of one signal: a channel, its subscription and a goroutine
// that takes deliveries from it and keeps their latencies.
//
// Standard signals are received through signal::Notify. Real-time signals are
// received through signal::NotifyInfo, whose value is the time of the send.

#ifndef TOOLS_SIGSTORM_RECEIVER_H_
#define TOOLS_SIGSTORM_RECEIVER_H_

#include <gosling/signal.h>
#include <gosling/sync.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "tools/sigstorm/arrivals.h"
#include "tools/sigstorm/histogram.h"
#include "tools/sigstorm/ledger.h"

namespace sigstorm {

class Receiver {
 public:
  // Make subscribes to `slot`'s signal and starts the goroutine in `group`.
  // `slot` outlives the receiver.
  static std::unique_ptr<Receiver> Make(SignalSlot& slot, std::size_t buffer,
                                        gosling::sync::WaitGroup& group);
  virtual ~Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // Stop ends the subscription and then marks the end in the channel: as
  // channels keep their order, whatever comes behind the mark was delivered
  // after signal::Stop returned.
  virtual void Stop() = 0;

  // Forge puts a signal into the channel, as a delivery after Stop would.
  virtual void Forge() = 0;

  // Close ends the goroutine once it has taken what is left.
  virtual void Close() = 0;

  // Counters is what the library counted since Make.
  gosling::signal::Counters Counters() const;

  SignalSlot& slot() const { return slot_; }
  // taken counts deliveries that came out of the channel before the mark.
  const Arrivals& taken() const { return taken_; }
  // timed is how many of these were sent by a timer, where that is told.
  std::uint64_t timed() const { return timed_.load(); }

  // To be read once the goroutine has ended.
  std::uint64_t late() const { return late_; }        // deliveries after Stop
  std::uint64_t strange() const { return strange_; }  // another signal's
  const Histogram& latency() const { return latency_; }

 protected:
  explicit Receiver(SignalSlot& slot);

  // Take books one delivery; `signal` is 0 for the mark. `code` is how it was
  // sent, 0 where that is not told, and `value` what was sent along.
  void Take(int signal, int code, std::int64_t value);

 private:
  SignalSlot& slot_;
  const gosling::signal::Counters before_;
  Arrivals taken_;
  std::atomic<std::uint64_t> timed_{0};

  // The goroutine's.
  bool marked_ = false;
  std::uint64_t late_ = 0;
  std::uint64_t strange_ = 0;
  Histogram latency_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_RECEIVER_H_
