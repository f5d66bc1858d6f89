// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The signal handler. It runs on any thread, foreign ones too, at any
// instruction of any code, malloc included. It saves errno, offers the signal
// to the queue, and if no channel wants it does what would have happened
// without the runtime.
//
// Everything reached from SignalHandler, over as many calls as it takes, may
// refer to the names in this list and to no others: tests read the list and
// hold the compiled library to it (tests/handler_imports_test.py). Atomics are
// not in it; they are instructions (the static_asserts in sigqueue.h). The list
// does not go into a listed function.
//
//   allow: write
//     POSIX: async-signal-safe. The pipe note.
//   allow: syscall
//     FUTEX_WAKE. The futex note. tgkill and gettid: dying by default.
//   allow: sigaction
//   allow: sigaddset
//     POSIX: async-signal-safe. HoldBack.
//   allow: clock_gettime
//     POSIX: async-signal-safe. MeasureLatency, DeclareStorm.
//   allow: getpid
//     POSIX: async-signal-safe. Dying by default.
//   allow: kill
//     POSIX: async-signal-safe. Dying by default, where the queue of signals is
//     full.
//   allow: gosling::sched::Crashing
//     Reads an atomic, before a clock that fails is fatal.
//   allow: __errno_location
//     errno: saved here, read by the trampolines.
//   allow: gosling::sched::Throw
//     Ends the process, and says itself that it may do so from here.
//   allow: gosling::sched::SemaNote::Wakeup
//     NOT safe: it is the bug that GOSLING_SIGNOTE=sema is there to show, and
//     reached in no other setting.
//   allow: pointer in gosling::signals::(anonymous namespace)::Forward
//     The program's own handler, which was there before ours.
//   allow: thread-local gosling_thread_word
//     Whose log the recorder writes into (sched/trace/), and whether the thread
//     runs goroutines (HoldBack). It has a fixed place in each thread: reading it
//     calls nothing.
//   allow: __stack_chk_fail
//     Ends the process; from the compiler, in hardened builds.
//
// What of a stack it uses is measured on each of its ways, and no more than 2 KiB
// (tests/signal/budget_test.cc). Thread-locals are initial-exec, which
// tests/tls_model_test.py reads from the linked library.
//
// No other thread-local variable is read but errno, and the goroutine that has been
// interrupted is never switched away from.

#include "signals/handler.h"

#include <errno.h>
#include <signal.h>

#include <atomic>

#include "sched/os/os.h"
#include "sched/os/siginfo.h"
#include "sched/storm.h"
#include "signals/sigqueue.h"

namespace gosling::signals {
namespace {

constinit std::atomic<const struct sigaction*> forward[kMaxSignal + 1] = {};
constinit std::atomic<SignalSet> discarded{0};
constinit struct sigaction handler_action = {};
constinit const struct sigaction kDefaultAction = {};  // SIG_DFL, no flags

// TakeDefault does to the process what the kernel would have done: gives the
// signal back its default and, where it will not come again by itself, raises
// it once more. It is blocked until the handler returns, and hits then.
//
// Should a channel want the signal again by now, the handler goes back into its
// place: EnableSignal sets wanted before it installs the handler, so either
// that is seen here, or its sigaction comes after the first one here.
void TakeDefault(int sig, Fault fault) {
  if (fault == Fault::kNo && FactsOf(sig).action == DefaultAction::kIgnore) {
    return;
  }
  ::sigaction(sig, &kDefaultAction, nullptr);
  if (fault == Fault::kNo && sigqueue.Wanted(sig)) {
    ::sigaction(sig, &handler_action, nullptr);
  }
  if (fault != Fault::kRepeats) sched::os::Raise(sig);
}

// Forward deals with a signal that no channel wants: one that came while the
// last channel was being stopped, or a fault, which no channel can want. Not
// inlined: the list names it as the one place that calls through a pointer.
[[gnu::noinline]] void Forward(int sig, Fault fault, bool was_discarded,
                               siginfo_t* info, void* context) {
  if (fault == Fault::kNo && (was_discarded || IsDiscarded(sig))) return;
  // acquire: pairs with SetForward.
  const struct sigaction& before =
      *forward[sig].load(std::memory_order_acquire);
  if (before.sa_handler == SIG_DFL ||
      (before.sa_handler == SIG_IGN && fault != Fault::kNo)) {
    TakeDefault(sig, fault);
  } else if (before.sa_handler == SIG_IGN) {
    return;
  } else if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(sig, info, context);
  } else {
    before.sa_handler(sig);
  }
}

// SignalHandler tells a fault from a copy of its signal that a process sent.
// Only copies can be wanted. Go: sigFromUser.
void SignalHandler(int sig, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const Fault fault = sched::RaisedByKernel(sig, *info, context)
                          ? FactsOf(sig).fault
                          : Fault::kNo;
  // Before the look at what is wanted: a Notify that comes in between undoes
  // the ignoring, and the signal was ignored.
  const bool was_discarded = IsDiscarded(sig);
  if (fault != Fault::kNo || !sigqueue.Send(sig, *info)) {
    Forward(sig, fault, was_discarded, info, context);
  } else if (!sched::SentToThread(*info)) {
    sched::HoldBack(sig, context);
  }
  errno = saved_errno;
}

}  // namespace

const struct sigaction& HandlerAction() {
  if (handler_action.sa_sigaction == nullptr) {
    handler_action.sa_sigaction = SignalHandler;
    handler_action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&handler_action.sa_mask);
  }
  return handler_action;
}

bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 &&
         action.sa_sigaction == SignalHandler;
}

void SetForward(int sig, const struct sigaction* action) {
  // release: publishes *action to Forward.
  forward[sig].store(action, std::memory_order_release);
}

void SetDiscarded(int sig, bool discard) {
  if (discard) {
    discarded.fetch_or(BitOf(sig));
  } else {
    discarded.fetch_and(~BitOf(sig));
  }
}

bool IsDiscarded(int sig) { return (discarded.load() & BitOf(sig)) != 0; }

}  // namespace gosling::signals
