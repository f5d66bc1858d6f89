// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The loop that every sender runs, thread or process: pick a signal, send it,
// count it, keep the pace. They differ in their Aim.

#ifndef TOOLS_SIGSTORM_SENDER_H_
#define TOOLS_SIGSTORM_SENDER_H_

#include <cstdint>
#include <string>

#include "tools/sigstorm/ledger.h"

namespace sigstorm {

// Aim makes one system call that sends a signal.
class Aim {
 public:
  virtual ~Aim() = default;

  // Send returns 0 if the kernel accepted `slot`'s signal, else errno. `now` is
  // carried along if the call has room for a value.
  virtual int Send(const SignalSlot& slot, std::int64_t now) = 0;

  // Sends says whether the call can send this signal. Some of the storm's it
  // can.
  virtual bool Sends(const SignalSlot& /*slot*/) const { return true; }
};

// RunSender sends until shared.stop, or until a send fails for another reason
// than a full queue. Returns 0 or that errno. It uses no goroutines, so that a
// forked child may run it.
int RunSender(Shared& shared, Aim& aim, std::uint64_t seed);

// Sender is one sender as the storm sees it.
class Sender {
 public:
  virtual ~Sender() = default;

  // Start begins sending. The ledger has been reset.
  virtual void Start(std::uint64_t seed) = 0;

  // Join waits for the end, which shared.stop must have asked for; every send
  // is in the ledger then. Called by a goroutine; blocks its thread, not the
  // others. Returns 0 or the errno that ended the sender early.
  virtual int Join() = 0;

  // Name says what it is and how it sends, for messages.
  virtual std::string Name() const = 0;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SENDER_H_
