// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Choosing threads to hit: all but the brief ones. A thread that blocks a signal is left out too: it may
// never unblock it.

#include "tools/sigstorm/sender_thread.h"

#include <gosling/runtime.h>

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

  int Send(const SignalSlot& slot, std::int64_t now) override {
    if (now >= refresh_at_) Refresh(now);
    const std::uint64_t pick = random_.Next();
    // Half of the real-time signals carry their time along.
    const bool queued = slot.realtime && (pick >> 63) != 0;
    return os::SendToThread(threads_[pick % threads_.size()], slot.number,
                            queued, now);
  }

 private:
  void Refresh(std::int64_t now) {
    os::SignalSet stormed = 0;
    for (const SignalSlot& slot : shared_.signals()) {
      stormed |= os::BitOf(slot.number);
    }
    threads_.clear();
    for (const os::Thread& thread : os::Threads()) {
      if (IsBriefThread(thread.name) || (thread.blocked & stormed) != 0)
        continue;
      threads_.push_back(thread.id);
    }
    // The first thread's id is the process's, and it lives as long.
    if (threads_.empty()) threads_.push_back(shared_.process);
    refresh_at_ = now + kRefresh;
  }

  Shared& shared_;
  Random random_;
  std::vector<os::ThreadId> threads_;
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
