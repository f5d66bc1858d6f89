// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GODEBUG=schedtrace=N: the scheduler's state on stderr every N milliseconds,
// in the words of Go, so that readers of Go's traces read ours:
//
//   SCHED 2008ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0
//       needspinning=0 idlethreads=1 runqueue=5 [ 128 3 ] schedticks=[ 12 40 ]
//
// (one line). runqueue is the global queue; the first brackets hold the length
// of each P's ring, the second how many slices each P has begun. With
// scheddetail=1 every P, M and G has a line of its own:
//
//     P0: status=1 schedtick=74 syscalltick=2 m=3 runqsize=3 gfreecnt=12
//         timerslen=0
//     M3: p=0 curg=17 mallocing=0 throwing=0 preemptoff= locks=0 dying=0
//         spinning=false blocked=false lockedg=nil
//     G17: status=2() m=3 lockedm=nil
//
// with Go's numbers for P's status (0 idle, 1 running, 2 in a system call, 3
// the world is stopped) and G's (1 runnable, 2 running, 3 in a system call, 4
// waiting).
//
// Everything goes on meanwhile: each number was true at some moment, and they
// need not add up. Only words that may be peeked at are read (peeked.h), and Ms
// and Gs are never freed; scheduler.lock is held for the words under it, not
// while printing, which may wait for the reader of stderr.
//
// Unlike Go: threads= leaves sysmon out, which is no M here; mallocing=,
// throwing=, preemptoff=, dying= and needspinning= never change, since no M has
// such a state here. locks= is how often the M is pinned, syscalltick= how
// often the P has been handed off: a system call that leaves P where it is
// leaves no trace here. A goroutine that does not wait has no reason in the
// brackets, where Go leaves the last one.
//
// Go: runtime/proc.go, schedtrace.

#ifndef GOSLING_SCHED_REPORT_SCHEDTRACE_H_
#define GOSLING_SCHED_REPORT_SCHEDTRACE_H_

#include <cstdint>

namespace gosling::sched {

// ReadGodebug reads GODEBUG and returns the nanoseconds between two lines, 0
// for none. A setting that is wrong is fatal and says what is right. Once.
std::int64_t ReadGodebug();

// SchedTraceIfDue prints when a period has passed since the last time. Sysmon
// only.
void SchedTraceIfDue(std::int64_t now);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_SCHEDTRACE_H_
