// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/storm.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/storm_state.h"

namespace gosling::sched {

namespace {

// LetGoOf: a handler that comes between any two of the steps, and holds a signal
// back, leaves both its bit and kHoldsBack set.
void LetGoOf(M* m, std::uint64_t signals) {
  ClearSlow(m, kHoldsBack);
  const std::uint64_t mine =
      m->held_back.fetch_and(~signals, std::memory_order_relaxed);
  if ((mine & ~signals) != 0) SetSlow(m, kHoldsBack);
  if ((mine & signals) == 0) return;
  const sigset_t set = os::SigsetOf(mine & signals);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

// A storm that is declared between the look at the clock and the end of the
// others ends with them: it declares itself again.
void EndStorms(std::uint64_t signals) {
  // acquire: pairs with DeclareStorm
  if (storm_state.signals.load(std::memory_order_acquire) == 0) return;
  if (os::Nanotime() >= storm_state.until.load(std::memory_order_relaxed)) {
    signals = ~std::uint64_t{0};
  }
  storm_state.signals.fetch_and(~signals, std::memory_order_relaxed);
}

std::uint64_t HeldBack() {
  const M* m = CurrentM();
  return m == nullptr ? 0 : m->held_back.load(std::memory_order_relaxed);
}

void ForgetHeldBack(std::uint64_t signals) {
  M* m = CurrentM();
  if (m != nullptr) {
    m->held_back.fetch_and(~signals, std::memory_order_relaxed);
  }
}

void LetGo(M* m) {
  EndStorms(0);
  LetGoOf(m, ~storm_state.signals.load(std::memory_order_relaxed));
}

void LetGoOfAll(M* m) {
  if ((m->slow.load(std::memory_order_relaxed) & kHoldsBack) != 0) {
    LetGoOf(m, ~std::uint64_t{0});
  }
}

void LetGoHere(std::uint64_t signals) {
  M* m = CurrentM();
  if (m != nullptr) LetGoOf(m, signals);
}

Dozing::Dozing() : m_(CurrentM()) {
  if (m_ == nullptr) return;
  m_->dozing.store(true, std::memory_order_relaxed);
}

// In this order: no handler holds back for a sleeper any more.
Dozing::~Dozing() {
  if (m_ == nullptr) return;
  m_->dozing.store(false, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if ((m_->slow.load(std::memory_order_relaxed) & kOwnMask) != 0) {
    LetGoOfAll(m_);
  }
}

bool Dozing::holds_back() const {
  return m_ != nullptr && m_->held_back.load(std::memory_order_relaxed) != 0;
}

}  // namespace gosling::sched
