// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A frozen thread's only use is to read its own stack when asked: the unwinder
// starts from where it is called. One is asked at a time.

#include "sched/freeze.h"

#include <atomic>
#include <cstdint>

#include "arch/arch.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kLookPause = 100'000;
constexpr std::int64_t kLongest = 1'000'000'000;
constexpr std::int64_t kPatience = 100'000'000;  // then: does it block signals?

constinit std::atomic<bool> frozen{false};  // FreezeOthers has returned
constinit std::atomic<M*> asked{nullptr};   // who is to fill in the answer
constinit Frames* answer = nullptr;

// Await waits until done() or for `longest`, and says which.
template <class F>
bool Await(F done, std::int64_t longest = kLongest) {
  const std::int64_t start = os::Nanotime();
  while (!done()) {
    if (os::Nanotime() - start > longest) return false;
    os::SleepNs(kLookPause);
  }
  return true;
}

void OnFreeze(int, siginfo_t*, void* context) {
  const auto& where = *static_cast<ucontext_t*>(context);
  M* self = CurrentM();
  // Twice, if it has been slow to obey.
  if (self == nullptr || self->frozen_at.load(std::memory_order_relaxed) != 0) {
    return;
  }
  self->frozen_at.store(arch::ContextSP(where), std::memory_order_release);
  for (;;) {
    // acquire: pairs with CollectFrozen, which sets `answer` first
    if (asked.load(std::memory_order_acquire) == self) {
      answer->CollectInterrupted(where);
      // release: pairs with CollectFrozen's acquire
      asked.store(nullptr, std::memory_order_release);
    }
    os::SleepNs(kLookPause);
  }
}

bool Obeyed(const M* m) {
  // acquire: pairs with OnFreeze; what the thread did is visible
  return !m->freezing || m->frozen_at.load(std::memory_order_acquire) != 0;
}

}  // namespace

void FreezeOthers() {
  struct sigaction action = {};
  action.sa_sigaction = OnFreeze;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(kFreezeSignal, &action, nullptr);

  sched.stopping.store(true);  // Ms that are not frozen yet switch no more
  M* self = CurrentM();
  M* all = sched.allm.load(std::memory_order_acquire);
  for (M* m = all; m != nullptr; m = m->all_next) {
    if (m == self) continue;
    SetSlow(m, kRetake);
    const std::int64_t tid = m->tid.load(std::memory_order_relaxed);
    m->freezing = tid != 0 && os::SignalThread(tid, kFreezeSignal);
  }
  auto all_obeyed = [all] {
    for (M* m = all; m != nullptr; m = m->all_next) {
      if (!Obeyed(m)) return false;
    }
    return true;
  };
  if (!Await(all_obeyed, kPatience)) {
    const int unblockable = os::UnblockableLike(kFreezeSignal);
    for (M* m = all; m != nullptr && unblockable != 0; m = m->all_next) {
      if (!Obeyed(m)) {
        os::SignalThread(m->tid.load(std::memory_order_relaxed), unblockable);
      }
    }
    Await(all_obeyed);
  }
  frozen.store(true, std::memory_order_relaxed);  // for this thread alone
}

bool CollectFrozen(const G* g, Frames* frames) {
  // In a living process (runtime::Stack) the M's fields are its own.
  if (!frozen.load(std::memory_order_relaxed)) return false;
  M* m = g->m;
  if (m == nullptr) return false;
  const std::uintptr_t sp = m->frozen_at.load(std::memory_order_acquire);
  if (sp == 0) return false;
  // Between two goroutines the thread stands on the stack of the first, and may
  // count as running the second. A goroutine in LibcCall stands on g0's stack.
  const bool on_stack = reinterpret_cast<std::uintptr_t>(g->stack.lo) <= sp &&
                        sp < reinterpret_cast<std::uintptr_t>(g->stack.hi);
  const bool in_libc_call =
      m->curg == g &&
      (m->slow.load(std::memory_order_relaxed) & kOnSystemStack) != 0;
  if (!on_stack && !in_libc_call) return false;
  answer = frames;
  // release: pairs with OnFreeze
  asked.store(m, std::memory_order_release);
  // acquire: pairs with OnFreeze
  return Await([] { return asked.load(std::memory_order_acquire) == nullptr; });
}

}  // namespace gosling::sched
