// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// FutexNote: one word and a futex. Unlike Go's, the word also says whether a
// thread sleeps, so that a Wakeup that comes first makes no system call.

#include <atomic>

#include "sched/os/fatal.h"
#include "sched/os/futex.h"
#include "sched/os/note.h"
#include "sched/os/os.h"

namespace gosling::sched {

void FutexNote::Clear() { state_.store(kCleared, std::memory_order_relaxed); }

void FutexNote::Sleep() { SleepFor(-1); }

bool FutexNote::SleepFor(std::int64_t ns) {
  return Wait(ns, /*until_signal=*/false) == Slept::kWoken;
}

FutexNote::Slept FutexNote::SleepUntilSignal(std::int64_t ns) {
  return Wait(ns, /*until_signal=*/true);
}

FutexNote::Slept FutexNote::Wait(std::int64_t ns, bool until_signal) {
  // acquire, here and below, wherever kWoken may be read: pairs with the
  // release in Wakeup.
  std::uint32_t was = kCleared;
  if (!state_.compare_exchange_strong(was, kAsleep,
                                      std::memory_order_acquire)) {
    if (was == kAsleep) Throw("notesleep - two sleepers on one note");
    return Slept::kWoken;
  }
  Slept slept = Slept::kTimeUp;
  std::int64_t start = ns < 0 ? 0 : os::Nanotime();
  std::int64_t left = ns;
  // Without a limit the system would go on with the sleep by itself.
  if (ns < 0 && until_signal) left = INT64_MAX;
  while (ns < 0 || left > 0) {
    const bool interrupted = os::FutexWait(&state_, kAsleep, left);
    if (state_.load(std::memory_order_acquire) == kWoken) return Slept::kWoken;
    if (interrupted && until_signal) {
      slept = Slept::kSignal;
      break;
    }
    if (ns >= 0) left = ns - (os::Nanotime() - start);
  }
  // Too late to be woken, unless it happens right now: then it has happened.
  was = kAsleep;
  return state_.compare_exchange_strong(was, kCleared,
                                        std::memory_order_acquire)
             ? slept
             : Slept::kWoken;
}

void FutexNote::Wakeup() {
  // release: pairs with the acquires in Wait.
  std::uint32_t was = state_.exchange(kWoken, std::memory_order_release);
  if (was == kWoken) Throw("notewakeup - double wakeup");
  // The note may be gone from here on: only its address is used.
  if (was == kAsleep) os::FutexWake(&state_, 1);
}

}  // namespace gosling::sched
