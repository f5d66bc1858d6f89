// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A storm: signals come faster than a thread can take them.
//
// A signal that is sent while its handler runs is pending when the handler
// returns, and the kernel runs the handler again before one instruction of the
// program. A sender on another core does that for ever: no thread that takes the
// signal gets anywhere, the one that is to receive it least of all. (One core
// and a sender on another: 50 deliveries a second, as in Go.)
//
// So a handler that finds its signal taken already, and not served yet, for the
// eighth time declares a storm of it. In a storm the handlers that come too late
// hold the signal back from their threads: when they return it is blocked there.
// What comes meanwhile waits in the kernel, where it costs nothing, for the
// receiver, which does not block it while it waits for news
// (SigQueue::AwaitNews); its own handlers hold it back as well, so that it gets
// to work.
//
//      not stormy ── the eighth Send that nobody has served ──► stormy
//          ▲                                                      │
//          └──────────────── kStormTime is over ◄─────────────────┘
//
//      thread: takes it ── a handler comes too late, stormy ──► held back
//          ▲                                                      │
//          └─── not stormy, at the goroutine's next Pin ◄─────────┤
//          └─── the thread is about to sleep, or is locked ◄──────┘
//
// A storm that goes on after kStormTime declares itself again, which costs each
// thread that is hit eight handlers.
//
// Every signal still arrives.
// * Sent to the process: the receiver takes it, as shun.h says. A handler holds
//   back only what has been taken and not served; the receiver therefore goes
//   round once more, and unblocks it then.
// * Sent to the thread: it comes when the thread lets go of it, at the
//   goroutine's first call of the library, kStormTime after the storm began.
// * Once no channel wants the signal there is no storm of it.
//
// What a thread sends to one (raise, pthread_kill) neither makes a storm nor is
// held back by its handler: who raises a signal counts on its having been taken.
// In a storm of it that may be later.
//
// Held back are only threads that run goroutines and are not locked to one: a
// goroutine that is not locked to its thread can mean nothing by that thread's
// mask. Threads of the program's own take signals as ever; a thread that sleeps
// shuns them. A forked child is not held back, nor what exec::Command starts; a
// program that is started in a storm by posix_spawn, popen, system or execve,
// and a thread, inherit what their thread blocks. LockOSThread lets go of it.
//
// There are no storms of what a fault can raise (SIGSEGV …): a fault in a thread
// that blocks its signal ends the process without a word.
//
// Rejected: to ignore the signal (SIG_IGN) until it is served. It would be the
// whole process's, and every child's. To wait in the handler until it is served:
// the next one is pending by then.
//
// The model `storm` proves it.

#ifndef GOSLING_SCHED_STORM_H_
#define GOSLING_SCHED_STORM_H_

#include <cstdint>

#include "sched/m.h"

namespace gosling::sched {

// --- For signal handlers; async-signal-safe (storm_handler.cc). ---

// DeclareStorm says that there is a storm of `sig`.
void DeclareStorm(int sig);

// HoldBack blocks `sig` in this thread once the handler with `context` has
// returned, if there is a storm of it and the thread is one that runs
// goroutines.
void HoldBack(int sig, void* context);

// --- For the rest. ---

// EndStorms ends those of `signals`, and the others whose time is over.
void EndStorms(std::uint64_t signals);

// HeldBack returns what this thread holds back: bit n-1 is signal n.
std::uint64_t HeldBack();

// ForgetHeldBack says that this thread has unblocked `signals` by itself, or
// blocks them for another reason.
void ForgetHeldBack(std::uint64_t signals);

// LetGo makes m's thread, the caller, take again what it has held back and what
// is not stormy any more; LetGoOfAll, whatever it has held back.
void LetGo(M* m);
void LetGoOfAll(M* m);

// LetGoHere makes this thread take those of `signals` again that it has held
// back, storm or not: whatever is pending for this thread alone is taken before
// it returns.
void LetGoHere(std::uint64_t signals);

// Dozing: while it lives the thread, which is about to sleep in shun.cc, holds
// signals back whatever thread it is. It lets go of all when it is told to, and
// a thread that is not to hold any back when it is awake does in the end.
class Dozing {
 public:
  Dozing();
  ~Dozing();
  bool holds_back() const;
  void LetGo() {
    if (m_ == nullptr) return;
    EndStorms(0);  // while all threads sleep nobody else does
    LetGoOfAll(m_);
  }
  Dozing(const Dozing&) = delete;
  Dozing& operator=(const Dozing&) = delete;

 private:
  M* const m_;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_STORM_H_
