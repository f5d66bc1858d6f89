// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A frozen thread is of use in two ways: it reads its own stack when asked,
// since the unwinder starts from where it is called; and it runs on for a
// moment if it holds a lock that the dying thread needs. The dying thread asks
// one at a time.
//
// The dying thread cannot tell which thread holds a lock. So it freezes all
// first, and then tries what it is going to use (Settle). While it waits there,
// the ticks of RunLimited thaw one M after the other, each alone and for a tick
// or more, until the try ends. That M is frozen again, and as it may have come
// back to the lock, there is another try. A try during which none had to be
// thawed proves that no frozen thread holds any of those locks: and that stays
// so, because none runs again.
//
// It tries the unwinder, with the locks that unwind.cc names; whether a thread
// stands on a parked goroutine's stack to read it (runtime::Stack); and the
// symbolizer, with its own lock and the one of traceback.cc. The dying thread
// takes no other lock: it neither allocates nor uses stdio, the lists of
// goroutines, Ms and stacks are walked without (gpool.h, stack.h), and no
// function of a library is called for the first time after the tries, for which
// the dynamic linker might want its lock.
//
// A thread that is not frozen, as it has no M or none of the runtime's own,
// runs and gives its locks back.

#include "sched/report/freeze.h"

#include <atomic>
#include <cstdint>

#include "arch/arch.h"
#include "sched/control.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/traceback.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kLookPause = 100'000;
constexpr std::int64_t kLongest = 1'000'000'000;
constexpr std::int64_t kPatience = 100'000'000;  // then: does it block signals?

constexpr std::int64_t kSettle = 2'000'000'000;
constexpr std::int64_t kAnswer = 2'000'000'000;

constinit std::atomic<bool> frozen{false};  // FreezeOthers has returned
// The Ms that there were then, and the hosts of controllers behind them. Ms come
// and stay at the front of the scheduler's list.
constinit M* all = nullptr;
constinit const M* last_m = nullptr;
constinit M* hosts = nullptr;

M* Next(const M* m) { return m == last_m ? hosts : m->all_next; }

// The M that is to read its stack; then kAnswering, for as long as it writes
// the answer; then null.
constinit std::atomic<M*> asked{nullptr};
constinit Frames* answer = nullptr;
M* const kAnswering = reinterpret_cast<M*>(alignof(M));

constinit std::atomic<M*> let_go{nullptr};  // is to run on; null when it does

// The dying thread's own.
constinit M* thawed = nullptr;             // told to run on, not yet to stop
constinit std::uintptr_t thawed_from = 0;  // its frozen_at before
constinit M* last_thawed = nullptr;        // where to begin the next time
constinit int ticks = 0;                   // of this try
constinit int first_tick = 0;              // that thaws one
constinit bool disturbed = false;          // an M was thawed in this try

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

// Answer reads the thread's own stack. Its Frames are its own until they are
// complete: if that takes too long the asker goes on without.
void Answer(M* self, const ucontext_t& where) {
  Frames frames;
  frames.CollectInterrupted(where);
  M* expected = self;
  // acquire: pairs with CollectFrozen; `answer` is set
  if (!asked.compare_exchange_strong(expected, kAnswering,
                                     std::memory_order_acquire)) {
    return;
  }
  *answer = frames;
  // release: pairs with CollectFrozen's acquire
  asked.store(nullptr, std::memory_order_release);
}

void OnFreeze(int, siginfo_t*, void* context) {
  KeepErrno keep;
  const auto& where = *static_cast<ucontext_t*>(context);
  M* self = CurrentM();
  // The signal is not the dying thread's, or its second, as this M was slow.
  if (self == nullptr || !self->freezing.load(std::memory_order_relaxed) ||
      self->in_freezer.load(std::memory_order_relaxed)) {
    return;
  }
  self->in_freezer.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self->frozen_context = &where;
  // release: pairs with Obeyed and CollectFrozen
  self->frozen_at.store(arch::ContextSP(where), std::memory_order_release);
  for (;;) {
    if (asked.load(std::memory_order_relaxed) == self) Answer(self, where);
    M* expected = self;
    if (let_go.load(std::memory_order_relaxed) == self &&
        let_go.compare_exchange_strong(expected, nullptr)) {
      break;
    }
    os::SleepNs(kLookPause);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self->in_freezer.store(false, std::memory_order_relaxed);
}

// HostOn returns the controller's host that stands in for m on its thread
// (control.h), null if none does. Of the two, the thread answers as the host.
M* HostOn(const M* m) {
  const std::int64_t tid = m->tid.load(std::memory_order_relaxed);
  if (tid == 0) return nullptr;
  for (M* host = hosts; host != nullptr; host = host->all_next) {
    if (host != m && host->tid.load(std::memory_order_relaxed) == tid) {
      return host;
    }
  }
  return nullptr;
}

bool HasStopped(const M* m) {
  // acquire: pairs with OnFreeze; the thread's writes are visible
  return m->frozen_at.load(std::memory_order_acquire) != 0;
}

bool Obeyed(const M* m) {
  if (!m->freezing.load(std::memory_order_relaxed) || HasStopped(m)) {
    return true;
  }
  // A host that has left its thread meanwhile has no number.
  if (m->tid.load(std::memory_order_relaxed) == 0) return true;
  const M* host = HostOn(m);
  return host != nullptr && (host == CurrentM() || HasStopped(host));
}

bool AllObeyed() {
  for (M* m = all; m != nullptr; m = Next(m)) {
    if (!Obeyed(m)) return false;
  }
  return true;
}

void Freeze(M* m, int signo) {
  const std::int64_t tid = m->tid.load(std::memory_order_relaxed);
  m->freezing.store(true, std::memory_order_relaxed);  // the handler asks
  if (HostOn(m) != nullptr) return;  // its thread gets the host's signal
  if (tid == 0 || !os::SignalThread(tid, signo)) {
    m->freezing.store(false, std::memory_order_relaxed);
  }
}

void FreezeObstinate() {
  const int unblockable = os::UnblockableLike(kFreezeSignal);
  for (M* m = all; m != nullptr && unblockable != 0; m = Next(m)) {
    if (!Obeyed(m)) Freeze(m, unblockable);
  }
}

void AwaitAll() {
  if (Await(AllObeyed, kPatience)) return;
  FreezeObstinate();
  Await(AllObeyed);
}

// NextFrozen looks from m on, and then from the head of the list. An idle M
// holds nothing: it waits in the scheduler.
M* NextFrozen(M* m) {
  bool from_head = false;
  for (;; m = Next(m)) {
    if (m == nullptr) {
      if (from_head || all == nullptr) return nullptr;
      from_head = true;
      m = all;
    }
    if (m->frozen_at.load(std::memory_order_relaxed) != 0 && !m->idle) return m;
  }
}

// LetOneRun is a tick: the M that ran stops; when it has, the next one runs.
void LetOneRun() {
  constexpr int kObstinate = 20;
  static constinit int waited;
  if (ticks++ < first_tick) return;
  M* next = last_thawed;
  if (thawed != nullptr) {
    // It has not come to run: this tick is its own as well.
    if (let_go.load(std::memory_order_relaxed) == thawed) return;
    if (!Obeyed(thawed)) {
      Freeze(thawed, kFreezeSignal);
      if (waited++ > kObstinate) FreezeObstinate();
      return;
    }
    next = Next(thawed);
  }
  next = NextFrozen(next);
  if (next == nullptr) return;
  waited = 0;
  disturbed = true;
  thawed = last_thawed = next;
  thawed_from = next->frozen_at.load(std::memory_order_relaxed);
  next->frozen_at.store(0, std::memory_order_relaxed);
  // release: pairs with OnFreeze; frozen_at is 0 before it freezes again
  let_go.store(next, std::memory_order_release);
}

void StopTheThawed() {
  if (thawed == nullptr) return;
  M* expected = thawed;
  if (let_go.compare_exchange_strong(expected, nullptr)) {  // it has not run
    thawed->frozen_at.store(thawed_from, std::memory_order_relaxed);
  } else {
    if (!Obeyed(thawed)) Freeze(thawed, kFreezeSignal);
    AwaitAll();
  }
  thawed = nullptr;
}

// Try says whether a library can be had. Its locks may be free only because one
// ran on: then `disturbed` is set.
bool Try(bool (*library)(void (*meanwhile)()), int patience) {
  ticks = 0;
  disturbed = false;
  first_tick = patience;
  const bool had = library(LetOneRun);
  StopTheThawed();
  return had;
}

// Settle ends when no frozen M holds a lock that is going to be needed, or when
// it has given the library up.
void Settle() {
  // The symbolizer may read for long, and rightly.
  constexpr int kUnwinderTicks = 1, kSymbolizerTicks = 20;
  constexpr int kFewestRounds = 3;
  const std::int64_t end = os::Nanotime() + kSettle;
  for (int round = 1;; round++) {
    if (!Try(TryUnwinder, kUnwinderTicks)) GiveUnwinderUp();
    const bool first_disturbed = disturbed;
    if (!Try(TrySymbolizer, kSymbolizerTicks)) GiveSymbolizerUp();
    if (!first_disturbed && !disturbed) return;
    if (round >= kFewestRounds && os::Nanotime() > end) {
      GiveUnwinderUp();
      if (disturbed) GiveSymbolizerUp();
      return;
    }
  }
}

}  // namespace

void FreezeOthers() {
  struct sigaction action = {};
  action.sa_sigaction = OnFreeze;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(kFreezeSignal, &action, nullptr);

  scheduler.stopping.store(true);  // Ms that are not frozen yet switch no more
  const M* self = CurrentM();
  all = scheduler.allm.load(std::memory_order_acquire);
  hosts = FirstHost();
  for (M* m = all; m != nullptr; m = m->all_next) {
    last_m = m;
    if (m != self) SetSlow(m, kRetake);
  }
  if (all == nullptr) all = hosts;
  for (M* m = all; m != nullptr; m = Next(m)) {
    if (m != self) Freeze(m, kFreezeSignal);
  }
  AwaitAll();
  Settle();
  frozen.store(true, std::memory_order_relaxed);  // for this thread alone
}

bool CollectFrozen(const G* g, Frames* frames) {
  // In a living process (runtime::Stack) the M's fields are its own.
  if (!frozen.load(std::memory_order_relaxed)) return false;
  const M* const its = g->m;
  M* m = all;
  while (m != nullptr && m != its) m = Next(m);
  if (m == nullptr) return false;
  if (M* host = HostOn(m)) m = host;
  // acquire: pairs with OnFreeze
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
  if (!UnwinderGivenUp()) {
    answer = frames;
    // release: pairs with Answer
    asked.store(m, std::memory_order_release);
    auto answered = [] {
      // acquire: pairs with Answer
      return asked.load(std::memory_order_acquire) == nullptr;
    };
    if (Await(answered, kAnswer)) return true;
    M* expected = m;
    if (!asked.compare_exchange_strong(expected, nullptr)) {
      return Await(answered);  // at last
    }
  }
  frames->FollowInterrupted(*m->frozen_context, g->stack);
  return true;
}

}  // namespace gosling::sched
