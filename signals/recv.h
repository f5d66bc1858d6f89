// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receiving goroutine: from the signal queue to the channels.

#ifndef GOSLING_SIGNALS_RECV_H_
#define GOSLING_SIGNALS_RECV_H_

namespace gosling::signals {

// StartReceiver makes the note and starts the receiving goroutine; once, under
// the registry's lock. Throws a Panic that gives the reason if there is no
// descriptor left for the pipe, and may be called again then.
void StartReceiver();

// YieldToReceiver lets others run, the receiver among them. Called while
// waiting for it, unpinned.
void YieldToReceiver();

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_RECV_H_
