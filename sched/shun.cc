// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/shun.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>

#include "sched/netpoll.h"
#include "sched/os/os.h"
#include "sched/storm.h"

namespace gosling::sched {

namespace {

// How long a thread shuns before it looks for signals of its own. In a storm
// each sleeper then takes one in that time.
constexpr std::int64_t kShunTime = 10'000'000;

constinit std::atomic<std::uint64_t> shunned{0};

// Shunning blocks the signals while it lives, and restores the mask.
class Shunning {
 public:
  Shunning() {
    const sigset_t set = os::SigsetOf(Shunned());
    ::pthread_sigmask(SIG_BLOCK, &set, &former_);
  }
  ~Shunning() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  Shunning(const Shunning&) = delete;
  Shunning& operator=(const Shunning&) = delete;

 private:
  sigset_t former_;
};

// LeftUntil returns -1 if there is no limit.
std::int64_t LeftUntil(std::int64_t until) {
  if (until == 0) return -1;
  return std::max<std::int64_t>(until - os::Nanotime(), 0);
}

// ShunTimeUntil returns how long to shun.
std::int64_t ShunTimeUntil(std::int64_t until) {
  const std::int64_t left = LeftUntil(until);
  return left < 0 ? kShunTime : std::min(left, kShunTime);
}

}  // namespace

void SetShunned(std::uint64_t signals) {
  shunned.store(signals, std::memory_order_relaxed);
}

std::uint64_t Shunned() { return shunned.load(std::memory_order_relaxed); }

bool SleepLong(Note* note, std::int64_t until) {
  Dozing dozing;
  for (;;) {
    // One that holds signals back is shunning already.
    if (!dozing.holds_back()) {
      switch (note->SleepUntilSignal(LeftUntil(until))) {
        case Note::Slept::kWoken:
          return true;
        case Note::Slept::kTimeUp:
          return false;
        case Note::Slept::kSignal:
          break;
      }
    }
    {
      Shunning shunning;
      if (note->SleepFor(ShunTimeUntil(until))) return true;
    }
    dozing.LetGo();
    // Though a storm may still hold some back.
    if (LeftUntil(until) == 0) return false;
  }
}

int PollLong(std::int64_t until, GQueue* out) {
  Dozing dozing;
  if (!dozing.holds_back()) {
    const int n = Poll(LeftUntil(until), out);
    if (n != kPollInterrupted) return n;
  }
  int n;
  {
    Shunning shunning;
    n = Poll(ShunTimeUntil(until), out);
  }
  dozing.LetGo();
  return std::max(n, 0);
}

}  // namespace gosling::sched
