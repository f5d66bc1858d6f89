// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The sending loop.

#include "tools/sigstorm/sender.h"

#include <cerrno>
#include <cstddef>

#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/pace.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {
int RunSender(Shared& shared, Aim& aim, std::uint64_t seed) {
  Random random(seed);
  Pace pace(shared.rate_per_sender, shared.shape, shared.duration, Mix(seed));
  std::size_t closed = 0;  // signals in a row whose window was full
  while (!shared.stop.load()) {
    SignalSlot& slot = shared.slots[random.Below(shared.signal_count)];
    if (!aim.Sends(slot)) continue;
    if (slot.realtime && !slot.Reserve(shared.window)) {
      if (++closed >= shared.signal_count) {
        closed = 0;
        Pace::Sleep(50'000);
      }
      continue;
    }
    closed = 0;

    const std::int64_t now = NowNs();
    const std::int64_t stamp = slot.Stamp(now);
    const int error = aim.Send(slot, now);
    if (error == 0) {
      slot.sent.fetch_add(1);
    } else {
      slot.Unstamp(stamp);
      if (slot.realtime) slot.Unreserve();
      if (error != EAGAIN) return error;
      slot.refused.fetch_add(1);
    }
    pace.Wait(shared.stop);
  }
  return 0;
}

}  // namespace sigstorm
