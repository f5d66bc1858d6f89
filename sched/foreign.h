// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Foreign threads. Any std::thread may use channels, mutexes, select and Go():
// at its first call it gets an M that never has a P, and a G that stands for
// the thread itself. Its park is a note: the thread blocks as a thread.
// Goroutines that it readies go to the global queue.
//
// Both are freed when the thread ends. For deadlock detection such a thread
// counts as awake unless it is parked in here; its waker counts it as awake at
// once, before it really is.

#ifndef GOSLING_SCHED_FOREIGN_H_
#define GOSLING_SCHED_FOREIGN_H_

#include "sched/g.h"
#include "sched/m.h"

namespace gosling::sched {

// AdoptThread gives a foreign thread an M, and a G whose park is a note. May
// start the runtime.
M* AdoptThread();

// ParkForeign and ReadyForeign are Park and Ready for such a G.
void ParkForeign(G* g);
void ReadyForeign(G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FOREIGN_H_
