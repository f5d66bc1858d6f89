// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Dispositions: what the kernel does about each signal. Only these functions,
// and the handler, call sigaction.
//
// A program that never asks for a signal keeps every disposition as it was, and
// one that has stopped asking gets back the disposition of before it first
// asked. Unlike Go, which installs its handler for most signals at start and
// keeps an inherited SIG_IGN for SIGHUP and SIGINT only: there the runtime owns
// the process, here it is one library among others.
//
//              EnableSignal              IgnoreSignal
//            ────────────────►        ────────────────────►
//     before                   caught                       ignored
//       │    ◄────────────────        ◄────────────────────    ▲
//       │      DisableSignal               EnableSignal        │
//       └──────────────────── IgnoreSignal ────────────────────┘
//
// Neither Reset nor Stop undoes the ignoring, but Notify does, for good: then
// what comes back is the disposition of before. As in Go.
//
// A signal that a fault can raise is ignored by the handler, not by SIG_IGN:
// the handlers that others have for the fault itself (a stack overflow's, for
// one) stay reachable.
//
// All functions are called under the registry's lock.

#ifndef GOSLING_SIGNALS_DISPOSITION_H_
#define GOSLING_SIGNALS_DISPOSITION_H_

namespace gosling::signals {

// PrepareSignal remembers the disposition that is to come back. Before
// EnableSignal and IgnoreSignal, which do not fail. Throws std::bad_alloc,
// having changed nothing.
void PrepareSignal(int sig);

// EnableSignal makes `sig` wanted and has it caught.
void EnableSignal(int sig);

// DisableSignal makes `sig` unwanted and restores the disposition of before. If
// it is ignored it stays so, as does a handler that the program installed over
// ours.
void DisableSignal(int sig);

// IgnoreSignal makes `sig` unwanted and has it ignored.
void IgnoreSignal(int sig);

// SignalIgnored says whether `sig` is ignored, by Ignore or by the program.
bool SignalIgnored(int sig);

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_DISPOSITION_H_
