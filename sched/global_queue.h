// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The global run queue: Gs that belong to no P's ring. They come from threads
// without a P that ready them, from rings that overflow, and from preemption.
//
// Size is exact under scheduler.lock, and a hint elsewhere. A G that TakeGlobal
// moves to a ring is in the ring before the size says that it is gone from
// here, so a reader that acquires the smaller size finds the G there.
//
// Go: runtime/proc.go, globrunqput, globrunqget.

#ifndef GOSLING_SCHED_GLOBAL_QUEUE_H_
#define GOSLING_SCHED_GLOBAL_QUEUE_H_

#include "sched/g.h"
#include "sched/gqueue.h"
#include "sched/p.h"
#include "sched/sched.h"

namespace gosling::sched {

inline int GlobalSize() {
  return scheduler.runqsize.load(std::memory_order_relaxed);
}

// PutGlobal queues g; the second form is for a caller that holds the lock.
void PutGlobal(G* g);
void PutGlobalLocked(G* g) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// PutGlobalBatch queues the n Gs of a batch, in its order.
void PutGlobalBatch(GQueue& batch, int n)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// TakeGlobal takes p's share, at most `max` if that is not 0: all but the first
// into p's ring, which is empty unless `max` is 1. Returns the first; nullptr:
// there is none. By the owner of p.
G* TakeGlobal(P* p, int max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GLOBAL_QUEUE_H_
