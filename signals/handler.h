// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The signal handler, and its settings. One handler serves every signal that a
// channel wants.
//
// Source: sighandler, sigfwdgo and raisebadsignal in Go's
// runtime/signal_unix.go.

#ifndef GOSLING_SIGNALS_HANDLER_H_
#define GOSLING_SIGNALS_HANDLER_H_

#include <signal.h>

#include "signals/table.h"

namespace gosling::signals {

// HandlerAction returns the sigaction that installs the handler. Filled in by
// the first call, which comes before any handler is installed; calls are
// serialised by the registry's lock.
const struct sigaction& HandlerAction();

// IsHandler says whether `action` is the handler.
bool IsHandler(const struct sigaction& action);

// SetForward names the disposition that the handler stands in front of, and by
// which it goes when no channel wants the signal. Before the handler is
// installed. The object is never changed or freed.
void SetForward(int sig, const struct sigaction* action);

// SetDiscarded says whether `sig` is ignored while no channel wants it.
void SetDiscarded(int sig, bool discarded);
bool IsDiscarded(int sig);

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_HANDLER_H_
