// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Where the goroutines wait that sync has put aside: what really stands in an
// internal::WaitList, and the two protocols over it, semaphore and notify list.
//
// Go finds the waiters of an address in a hash table of treaps, so that a
// sync.Mutex needs no more than eight bytes. Here each primitive carries its
// own queue: 24 bytes more, but no table to be shared by objects that have
// nothing to do with each other, no search, and a lock for which only the users
// of that object contend. The types cannot stand in a public header (they lead
// to G), so the public WaitList is zeroed room of the right size, and one cast
// in sema.cc turns it into this.
//
// All functions may be called by goroutines and by threads that are not ours;
// none from a signal handler. The Release functions do not touch the list any
// more once the last waiter they wake could run: the object that contains it
// may be gone by then (sync.h, Lifetime).
//
// Go: runtime/sema.go.

#ifndef GOSLING_RUNTIME_SEMA_H_
#define GOSLING_RUNTIME_SEMA_H_

#include <gosling/sync.h>

#include <atomic>
#include <cstdint>

#include "sched/light_mutex.h"
#include "sched/sudog.h"
#include "sched/wait_reason.h"

namespace gosling::internal {

// WaitRoom is what stands in a WaitList.
struct WaitRoom {
  sched::LightMutex mu;
  // A semaphore's permits that are not taken yet; 0 whenever there is a waiter.
  // A notify list's first ticket that has not been notified.
  std::uint32_t word ABSL_GUARDED_BY(mu);
  sched::WaitQ waiters ABSL_GUARDED_BY(mu);
};

// Semaphore. A permit goes to the waiter directly: unlike in Go, where a woken
// waiter has to take it and may find it gone, a caller that returns from
// SemAcquire has it.

// SemAcquire takes a permit, and parks until there is one. `front`: it queues
// before all others, having been there before.
void SemAcquire(WaitList& list, sched::WaitReason reason, bool front = false);

// SemWake gives a permit to the longest waiter that is still alive; without a
// waiter it stays for the next one. `handoff`: and that waiter runs at once in
// place of the caller.
void SemWake(WaitList& list, bool handoff);

// SemRelease gives n permits that are promised to n certain goroutines, waiting
// or about to. One whose Run is over takes its permit with it.
void SemRelease(WaitList& list, std::uint32_t n);

// Notify list. A ticket is drawn, from `next_ticket`, before the lock of the
// Cond is released, and waited with after: a notification in between is not
// lost, and reaches the holders of a ticket alone.

// NotifyWait parks until `ticket` has been notified.
void NotifyWait(WaitList& list, std::uint32_t ticket);
// NotifyOne notifies the oldest ticket that has not been notified; NotifyAll
// all that are drawn.
void NotifyOne(WaitList& list, const std::atomic<std::uint32_t>& next_ticket);
void NotifyAll(WaitList& list, const std::atomic<std::uint32_t>& next_ticket);

// SpinWorthwhile says whether spinning instead of parking makes sense: others
// run in parallel, one of them may be about to unlock, and no other goroutine
// wants this P.
bool SpinWorthwhile();

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_SEMA_H_
