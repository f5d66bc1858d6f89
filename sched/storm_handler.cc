// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What signal handlers do about a storm. They may call only functions that the
// head of signals/handler.cc lists; nothing else belongs into this file.

#include <signal.h>

#include <atomic>

#include "sched/m.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/storm.h"
#include "sched/storm_state.h"

namespace gosling::sched {

constinit StormState storm_state;

void DeclareStorm(int sig) {
  const std::uint64_t bit = std::uint64_t{1} << (sig - 1);
  if ((storm_state.signals.load(std::memory_order_relaxed) & bit) != 0) return;
  storm_state.until.store(os::Nanotime() + kStormTime,
                          std::memory_order_relaxed);
  // release: whoever ends this storm by the clock has read the new `until`.
  storm_state.signals.fetch_or(bit, std::memory_order_release);
}

// The bit in `slow` comes after the one in `held_back`: LetGo clears them in
// the same order, and looks at `held_back` last.
void HoldBack(int sig, void* context) {
  const std::uint64_t bit = std::uint64_t{1} << (sig - 1);
  // acquire: pairs with DeclareStorm
  if ((storm_state.signals.load(std::memory_order_acquire) & bit) == 0) return;
  // If all that held it back let go too early to see its end, nobody has ended
  // it since.
  if (os::Nanotime() >= storm_state.until.load(std::memory_order_relaxed)) {
    storm_state.signals.fetch_and(~bit, std::memory_order_relaxed);
    return;
  }
  M* m = CurrentM();
  if (m == nullptr ||
      (!m->dozing.load(std::memory_order_relaxed) &&
       (m->slow.load(std::memory_order_relaxed) & kOwnMask) != 0)) {
    return;
  }
  m->held_back.fetch_or(bit, std::memory_order_relaxed);
  m->slow.fetch_or(kHoldsBack, std::memory_order_relaxed);
  auto* interrupted = static_cast<ucontext_t*>(context);
  sigaddset(&interrupted->uc_sigmask, sig);
}

}  // namespace gosling::sched
