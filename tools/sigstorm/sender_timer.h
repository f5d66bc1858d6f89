// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A sender that is a timer of the kernel's: it sends one signal to the process,
// evenly in time, whatever the shape of the storm. Its signals are not in
// `sent`, since the kernel does not say how many it has queued; `expired` is
// how many there can be at the most. See system_timer.h.

#ifndef TOOLS_SIGSTORM_SENDER_TIMER_H_
#define TOOLS_SIGSTORM_SENDER_TIMER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/sigstorm/sender.h"
#include "tools/sigstorm/system_timer.h"

namespace sigstorm {

class SenderTimer : public Sender {
 public:
  // The most signals a second of one timer. One without a limit would be due
  // again before the handler returns, and the thread that takes it would not
  // get anywhere.
  static constexpr double kFastest = 10'000;

  // MakeAll makes `count`, that share out the signals which a timer can send,
  // if there is any.
  static std::vector<std::unique_ptr<Sender>> MakeAll(Shared& shared,
                                                      int count);

  // Start ends the program with a sentence if the system has no timer left.
  void Start(std::uint64_t seed) override;
  int Join() override;
  std::string Name() const override;

 private:
  SenderTimer(Shared& shared, SignalSlot& slot)
      : shared_(shared), slot_(slot) {}

  Shared& shared_;
  SignalSlot& slot_;
  SystemTimer timer_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SENDER_TIMER_H_
