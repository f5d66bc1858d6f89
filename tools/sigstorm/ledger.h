// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The books that senders and receivers keep together, in memory that the
// sending child processes share. All counts belong to one round of the storm.
//
// Invariant: `sent` grows by one for each signal that the kernel accepted of a
// thread, a process or the terminal, and for nothing else, so that it may be
// compared with what arrived.

#ifndef TOOLS_SIGSTORM_LEDGER_H_
#define TOOLS_SIGSTORM_LEDGER_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/sigstorm/shape.h"

namespace sigstorm {

constexpr std::size_t kMaxSignals = 64;

// SignalSlot is one signal's page in the books.
struct alignas(64) SignalSlot {
  // Written before the first sender exists.
  int number = 0;
  bool realtime = false;

  std::atomic<std::uint64_t> sent{0};     // accepted by the kernel
  std::atomic<std::uint64_t> refused{0};  // EAGAIN: the queue was full
  // Of those sent, the ones that were aimed at a thread which then ended, with
  // them or without: sender_thread.cc.
  std::atomic<std::uint64_t> to_ended{0};
  // How often timers for it have expired, once they have been stopped: they have
  // sent as many, or fewer. See system_timer.h.
  std::atomic<std::uint64_t> expired{0};

  // When the oldest send was made that no delivery has answered, or 0. A sender
  // sets it if it is 0, before it sends; the receiver clears it after each
  // delivery. As at least one delivery follows every send, a stamp that grows
  // old is a lost signal.
  std::atomic<std::int64_t> unanswered_since{0};

  // For real-time signals, sends allowed so far and sends known to have reached
  // the handler; their difference never exceeds the window.
  std::atomic<std::uint64_t> reserved{0};
  std::atomic<std::uint64_t> drained{0};

  // Stamp opens an unanswered send unless an older one is open. Returns the
  // stamp if it was set, else 0.
  std::int64_t Stamp(std::int64_t now);
  // Unstamp takes back a stamp whose send failed.
  void Unstamp(std::int64_t stamp);
  // TakeStamp returns when the oldest unanswered send was made, or 0.
  std::int64_t TakeStamp();

  // Reserve asks to put one more real-time signal on the way. The window has
  // two reasons: `kill`, unlike sigqueue and tgkill, reports success for a
  // real-time signal that it merged into a pending one because the queue was
  // full, which would make `sent` wrong; and a latency measured through a queue
  // of a hundred thousand entries measures the queue.
  bool Reserve(std::uint64_t window);
  void Unreserve();
};

// Shared is the whole of the shared memory.
struct Shared {
  Shared(const std::vector<int>& signals, int senders, double rate,
         Shape shape);

  // Reset starts a round of `duration` ns: all counts 0, senders allowed. No
  // sender may run.
  void Reset(std::int64_t duration);

  // Written before the first sender exists.
  std::size_t signal_count = 0;
  std::uint64_t window = 0;    // for each real-time signal
  double rate_per_sender = 0;  // signals per second; 0: no limit
  ::pid_t parent = 0;          // of the child processes
  Shape shape = Shape::kSteady;
  // Written before each round.
  ::pid_t process = 0;        // that the child processes signal
  std::int64_t duration = 0;  // ns

  std::atomic<bool> stop{false};        // senders end
  std::atomic<std::uint64_t> stops{0};  // how often `process` was stopped
  std::array<SignalSlot, kMaxSignals> slots;

  std::span<SignalSlot> signals() { return {slots.data(), signal_count}; }
};

// Ledger owns the mapping. Children inherit it over fork; each process unmaps
// its own.
class Ledger {
 public:
  Ledger(const std::vector<int>& signals, int senders, double rate,
         Shape shape = Shape::kSteady);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Shared& shared() { return *shared_; }
  std::span<SignalSlot> signals() { return shared_->signals(); }

  void Reset(std::int64_t duration) { shared_->Reset(duration); }

  // Sent is the total over all signals, as far as it has been counted.
  std::uint64_t Sent();

 private:
  Shared* shared_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_LEDGER_H_
