// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The order matters: the handler's fallback is in place before the handler is
// installed; a signal is wanted before its handler is installed (TakeDefault in
// handler.cc relies on it) and unwanted before it is removed, so that none is
// swallowed in between: the handler passes it on.

#include "signals/disposition.h"

#include <errno.h>
#include <signal.h>

#include "sched/os/fatal.h"
#include "signals/handler.h"
#include "signals/sigqueue.h"
#include "signals/table.h"

namespace gosling::signals {
namespace {

// Record keeps a former disposition. A handler on another thread may look at it
// at any time later, so records are neither freed nor changed; there is one for
// each different disposition that a signal was found with.
struct Record {
  struct sigaction action;
  Record* older;
};

struct Disposition {
  Record* before = nullptr;   // replaced last by ours; null: never
  Record* records = nullptr;  // all there have been
};

constinit Disposition dispositions[kMaxSignal + 1] = {};

void SetAction(int sig, const struct sigaction& action) {
  if (::sigaction(sig, &action, nullptr) != 0) {
    sched::Throw("sigaction of signal %d failed: errno %d", sig, errno);
  }
}

struct sigaction CurrentAction(int sig) {
  struct sigaction action;
  if (::sigaction(sig, nullptr, &action) != 0) {
    sched::Throw("sigaction of signal %d failed: errno %d", sig, errno);
  }
  return action;
}

bool Same(const struct sigaction& a, const struct sigaction& b) {
  if (a.sa_handler != b.sa_handler || a.sa_flags != b.sa_flags) return false;
  for (int sig = 1; sig <= kMaxSignal; sig++) {
    if (sigismember(&a.sa_mask, sig) != sigismember(&b.sa_mask, sig)) {
      return false;
    }
  }
  return true;
}

void Discard(int sig) {
  if (FactsOf(sig).fault != Fault::kNo) {
    SetAction(sig, HandlerAction());
    return;
  }
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  SetAction(sig, ignore);
}

}  // namespace

// If the disposition is the runtime's own already, nothing is to be remembered.
void PrepareSignal(int sig) {
  Disposition& d = dispositions[sig];
  const struct sigaction action = CurrentAction(sig);
  if (d.before != nullptr && IsHandler(action)) return;
  if (IsDiscarded(sig) && action.sa_handler == SIG_IGN) return;
  Record* record = d.records;
  while (record != nullptr && !Same(record->action, action)) {
    record = record->older;
  }
  if (record == nullptr) record = d.records = new Record{action, d.records};
  d.before = record;
  SetForward(sig, &record->action);
  SetDiscarded(sig, false);  // the program has undone the ignoring
}

void EnableSignal(int sig) {
  const struct sigaction& handler = HandlerAction();
  sigqueue.SetWanted(sig, true);
  SetDiscarded(sig, false);
  SetAction(sig, handler);
}

void DisableSignal(int sig) {
  sigqueue.SetWanted(sig, false);
  if (!IsHandler(CurrentAction(sig)) || IsDiscarded(sig)) return;
  SetAction(sig, dispositions[sig].before->action);
}

void IgnoreSignal(int sig) {
  SetDiscarded(sig, true);
  sigqueue.SetWanted(sig, false);
  Discard(sig);
}

// The C library does not say how its own signals are set.
bool SignalIgnored(int sig) {
  if ((CatchableSignals() & BitOf(sig)) == 0) return false;
  const struct sigaction action = CurrentAction(sig);
  if (IsHandler(action)) return IsDiscarded(sig) && !sigqueue.Wanted(sig);
  return action.sa_handler == SIG_IGN;
}

}  // namespace gosling::signals
