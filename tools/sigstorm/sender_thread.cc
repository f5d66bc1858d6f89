// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Choosing threads to hit: all but the brief ones. A thread that blocks a signal
// is left out too: it may never unblock it.
//
// The runtime ends threads that it has not needed for a while, and what waits in
// the queue of a thread that ends is gone. So of a thread that a later list no
// longer has, what was sent to it since the list before, which had it, may be
// lost, and is counted as that (SignalSlot's to_ended).

#include "tools/sigstorm/sender_thread.h"

#include <gosling/runtime.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/sigstorm/brief_thread.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {
namespace {

// How long a list of threads is used before it is read anew.
constexpr std::int64_t kRefresh = 50'000'000;

class ThreadAim : public Aim {
 public:
  ThreadAim(Shared& shared, std::uint64_t seed)
      : shared_(shared), random_(seed) {}

  ThreadAim(const ThreadAim&) = delete;
  ThreadAim& operator=(const ThreadAim&) = delete;
  ~ThreadAim() override { Refresh(0); }

  int Send(const SignalSlot& slot, std::int64_t now) override {
    const auto number = static_cast<std::size_t>(&slot - shared_.slots.data());
    if (now >= refresh_at_) Refresh(now);
    for (;;) {
      const std::uint64_t pick = random_.Next();
      // Half of the real-time signals carry their time along.
      const bool queued = slot.realtime && (pick >> 63) != 0;
      Target& target = targets_[pick % targets_.size()];
      const int error = os::SendToThread(target.id, slot.number, queued, now);
      if (error == 0) target.sent[number]++;
      if (error != ESRCH) return error;
      Refresh(now);
    }
  }

 private:
  struct Target {
    os::ThreadId id;
    std::array<std::uint64_t, kMaxSignals> sent{};  // since it was listed
  };

  void Refresh(std::int64_t now) {
    os::SignalSet stormed = 0;
    for (const SignalSlot& slot : shared_.signals()) {
      stormed |= os::BitOf(slot.number);
    }
    std::vector<Target> former;
    former.swap(targets_);
    for (const os::Thread& thread : os::Threads()) {
      if (IsBriefThread(thread.name) || (thread.blocked & stormed) != 0)
        continue;
      targets_.push_back({thread.id});
    }
    for (const Target& target : former) {
      if (!Has(target.id)) CountAsLost(target);
    }
    // The first thread's id is the process's, and it lives as long.
    if (targets_.empty()) targets_.push_back({shared_.process});
    refresh_at_ = now + kRefresh;
  }

  bool Has(os::ThreadId id) const {
    return std::any_of(targets_.begin(), targets_.end(),
                       [id](const Target& target) { return target.id == id; });
  }

  void CountAsLost(const Target& target) {
    for (std::size_t i = 0; i < target.sent.size(); i++) {
      if (target.sent[i] != 0) shared_.slots[i].to_ended += target.sent[i];
    }
  }

  Shared& shared_;
  Random random_;
  std::vector<Target> targets_;
  std::int64_t refresh_at_ = 0;
};

}  // namespace

void SenderThread::Start(std::uint64_t seed) {
  error_ = 0;
  thread_ = StartBriefThread("sigstorm-send", [this, seed] {
    ThreadAim aim(shared_, Mix(seed));
    error_ = RunSender(shared_, aim, seed);
  });
}

int SenderThread::Join() {
  gosling::runtime::Blocking([&] { thread_.join(); });
  return error_;
}

}  // namespace sigstorm
