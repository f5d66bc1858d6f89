// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The mapping, and the small protocols on a signal's page.

#include "tools/sigstorm/ledger.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

// The most real-time signals of one number on the way at a time; less where the
// user may have few pending.
constexpr std::uint64_t kWindow = 256;

}  // namespace

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock inside an atomic would not work between processes");

std::int64_t SignalSlot::Stamp(std::int64_t now) {
  std::int64_t none = 0;
  return unanswered_since.compare_exchange_strong(none, now) ? now : 0;
}

void SignalSlot::Unstamp(std::int64_t stamp) {
  if (stamp != 0) unanswered_since.compare_exchange_strong(stamp, 0);
}

std::int64_t SignalSlot::TakeStamp() { return unanswered_since.exchange(0); }

bool SignalSlot::Reserve(std::uint64_t window) {
  // Two senders may both step back where one had room: the window is a bound,
  // not a quota to be filled.
  if (reserved.fetch_add(1) < drained.load() + window) return true;
  reserved.fetch_sub(1);
  return false;
}

void SignalSlot::Unreserve() { reserved.fetch_sub(1); }

Shared::Shared(const std::vector<int>& numbers, int senders, double rate,
               Shape when)
    : rate_per_sender(rate / std::max(senders, 1)),
      parent(::getpid()),
      shape(when),
      process(parent) {
  for (const int number : numbers) {
    SignalSlot& slot = slots[signal_count++];
    slot.number = number;
    slot.realtime = IsRealtime(number);
  }
  // A quarter: others of the same user may have signals pending too.
  window = std::clamp<std::uint64_t>(
      os::QueueLimit() / 4 / std::max<std::size_t>(numbers.size(), 1), 1,
      kWindow);
}

void Shared::Reset(std::int64_t ns) {
  for (SignalSlot& slot : signals()) {
    slot.sent = 0;
    slot.refused = 0;
    slot.to_ended = 0;
    slot.expired = 0;
    slot.unanswered_since = 0;
    slot.reserved = 0;
    slot.drained = 0;
  }
  duration = ns;
  stops = 0;
  stop = false;
}

Ledger::Ledger(const std::vector<int>& signals, int senders, double rate,
               Shape shape) {
  void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    Fail(std::system_error(errno, std::generic_category(), "mmap").what());
  }
  shared_ = new (memory) Shared(signals, senders, rate, shape);
}

Ledger::~Ledger() { ::munmap(shared_, sizeof(Shared)); }

std::uint64_t Ledger::Sent() {
  std::uint64_t total = 0;
  for (const SignalSlot& slot : signals()) total += slot.sent.load();
  return total;
}

}  // namespace sigstorm
