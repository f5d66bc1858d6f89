// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/sender_timer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {

std::vector<std::unique_ptr<Sender>> SenderTimer::MakeAll(Shared& shared,
                                                          int count) {
  std::vector<SignalSlot*> slots;
  for (SignalSlot& slot : shared.signals()) {
    if (SystemTimer::Sends(slot.number)) slots.push_back(&slot);
  }
  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < count && !slots.empty(); i++) {
    SignalSlot& slot = *slots[static_cast<std::size_t>(i) % slots.size()];
    senders.push_back(std::unique_ptr<Sender>(new SenderTimer(shared, slot)));
  }
  return senders;
}

void SenderTimer::Start(std::uint64_t) {
  const double rate = shared_.rate_per_sender;
  const double interval =
      rate == 0 ? 1e9 / kFastest : std::max(1e9 / rate, 1e9 / kFastest);
  // Thirty years are as good as never, and a time that the kernel takes.
  const int error = timer_.Start(
      slot_.number, static_cast<std::int64_t>(std::min(interval, 1e18)));
  if (error != 0) {
    Fail(std::system_error(error, std::generic_category(),
                           absl::StrCat("no ", Name(), " to be had"))
             .what());
  }
}

int SenderTimer::Join() {
  slot_.expired.fetch_add(timer_.Stop());
  return 0;
}

std::string SenderTimer::Name() const {
  return absl::StrCat("timer (", SignalName(slot_.number), ")");
}

}  // namespace sigstorm
