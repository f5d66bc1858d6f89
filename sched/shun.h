// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Shunning: a thread that sleeps for long leaves signals to the others.
//
// A signal that is sent to the process may be taken by any thread that does not
// block it. Linux prefers the process's first thread, and then the thread that
// took the last one, asleep or not. A sleeper in that place costs two switches
// for each signal: it is woken to run the handler, and the handler wakes the
// receiver. (sigself in tools/bench: 66 us where it is 1.4 without.)
//
// So an idle M, the thread in Run, and a foreign or a locked thread that is
// parked block the signals that channels have asked for, once one has hit them:
//
//     asleep ◄──────────── time is up ───────────── shunning
//        │                                             ▲  │
//        └── a handler has run here: the sleep ends ───┘  └──► awake, with the
//        │                                                     mask of before
//        └──► awake
//
// No sleep costs a system call more until a signal interrupts it.
//
// Every signal still arrives.
// * Sent to the process: while a channel wants it the receiver does not block
//   it asleep (SigQueue::AwaitNews), so a thread is left that takes it. One that
//   is pending when a thread blocks it goes to another: the kernel looks for
//   one, and if there is none the receiver finds it.
// * Sent to the thread, by pthread_kill or tgkill: it is pending until the
//   thread is awake or kShunTime is over, whichever comes first. Unless a
//   signal has hit the thread in that time, it comes at once.
// * A fault's signals are never shunned.
//
// Rejected: to block them before each sleep. That is two system calls for each,
// and a signal to the thread would be pending for as long as it sleeps.
//
// The model `shun` proves it.

#ifndef GOSLING_SCHED_SHUN_H_
#define GOSLING_SCHED_SHUN_H_

#include <cstdint>

#include "sched/gqueue.h"
#include "sched/os/note.h"

namespace gosling::sched {

// SetShunned says which signals sleepers shun, in place of the former: bit n-1
// is signal n. Shunned returns them. Each must be unblocked in the thread of a receiver.
void SetShunned(std::uint64_t signals);
std::uint64_t Shunned();

// SleepLong is note.SleepFor, shunning, until os::Nanotime() is `until`; 0:
// without a limit. False: the time is up.
bool SleepLong(Note* note, std::int64_t until);

// PollLong is Poll, shunning, with such a limit.
int PollLong(std::int64_t until, GQueue* out);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SHUN_H_
