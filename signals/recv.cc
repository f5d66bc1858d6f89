// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receiving goroutine. It belongs to the runtime: it is not counted, keeps
// no program alive, and lives from the first Notify to the end of the process,
// over any number of Runs.
//
// While it sleeps on the note it holds no P, and its thread is the one where a
// signal that is blocked everywhere else is taken (SigQueue::AwaitNews).
//
// After each round of deliveries it yields, before it looks for news or sleeps:
// a goroutine that it has just woken runs on this P at once, instead of on a
// thread that would have to be woken to take this P over.
//
// Source: Go's os/signal, loop and process; runtime/sigqueue.go, signal_recv.

#include "signals/recv.h"

#include <gosling/panic.h>
#include <pthread.h>
#include <signal.h>

#include <cstring>
#include <string>

#include "sched/goroutine.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/storm.h"
#include "sched/syscall.h"
#include "sched/trace/recorder.h"
#include "signals/registry.h"
#include "signals/sigqueue.h"

namespace gosling::signals {
namespace {

void Yield() {
  sched::Pinned pin;
  sched::Yield(pin.g());
}

void ReceiveLoop() {
  for (;;) {
    if (!sigqueue.TakeNews()) {
      sched::EnterSystemBlock();
      sched::trace::Cold(sched::trace::Kind::kNoteSleep);
      sigqueue.AwaitNews();
      sched::trace::Cold(sched::trace::Kind::kNoteWake);
      sched::ExitSystemBlock();
    }
    if (TheRegistry().FanOut(sigqueue.Take(), Yield)) Yield();
  }
}

// In a forked child there is no receiver, and the pipe is the parent's. All
// signals become unwanted, so that they do what they did before Notify. They
// are blocked around the fork, lest one comes before that.
thread_local sigset_t mask_before_fork;

void BeforeFork() { sched::os::BlockAllSignals(&mask_before_fork); }
void AfterForkInParent() { sched::os::SetSignalMask(mask_before_fork); }
void AfterForkInChild() {
  sigqueue.ForgetWanted();
  sigset_t mask = mask_before_fork;
  for (SignalSet s = sched::HeldBack(); s != 0; s &= s - 1) {
    sigdelset(&mask, LowestOf(s));
  }
  sched::os::SetSignalMask(mask);
}

}  // namespace

// A call that has failed is made again: forks are watched once.
void StartReceiver() {
  static bool forks_watched = false;
  sched::G* const g = sched::NewG(1, 1, nullptr);
  const auto fail = [g](const char* what, int err) {
    sched::FreeNewG(g);
    throw Panic(std::string("signal: ") + what + ": " + std::strerror(err));
  };
  if (!forks_watched) {
    const int err =
        ::pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
    if (err != 0) fail("forks cannot be watched", err);
    forks_watched = true;
  }
  if (int err = sigqueue.Setup(SigNoteKindFromEnvironment()); err != 0) {
    fail("no pipe to wake the receiver", -err);
  }
  g->invoke = [](void*) { ReceiveLoop(); };
  g->flags.fetch_or(sched::kGSystem, std::memory_order_relaxed);
  constexpr char kName[] = "signal receiver";
  sched::SetGName(g, kName, sizeof kName - 1);
  sched::StartG(g);
}

// The runtime's yield returns at once if no goroutine is runnable, as when the
// receiver waits for a processor of the machine; then the thread yields too.
void YieldToReceiver() {
  Yield();
  sched::os::Yield();
}

}  // namespace gosling::signals
