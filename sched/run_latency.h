// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Run latency: for how long goroutines are runnable before they run; of a sample.
//
// What is not in the sample costs nothing. An M with kSampleNext in M::slow puts
// the next goroutine into it that parks, yields or is made there: it gets kGSampled.
// Park, Yield and Go look at `slow` anyway. Its waker notes the time, because Ready
// looks at the flag along with others; and NextLocal, which looks at it likewise,
// leaves the goroutine to g0, which counts what has passed, and takes the flag away.
//
// Sysmon sets kSampleNext every 10 ms for each P that is in use; g0 does for every
// eighth goroutine that it has found, so that a program that mostly sleeps has a
// sample, too. Unlike Go, which takes every eighth time that a goroutine leaves its
// P, and pays for it with a counter there.
//
// As in contention.h, a waker may come before the flag: it has noted nothing, and
// that wait is not counted.
//
// Go: runtime/proc.go, casgstatus; sched.timeToRun.

#ifndef GOSLING_SCHED_RUN_LATENCY_H_
#define GOSLING_SCHED_RUN_LATENCY_H_

#include <cstdint>

#include "sched/g.h"
#include "sched/m.h"
#include "sched/time_histogram.h"

namespace gosling::sched {

extern constinit TimeHistogram run_latency;

// SampleParked puts g, which is about to switch away from m, into the sample, as m
// has been asked for; SampleRunnable, which is runnable from now on, or is about to
// be queued for the first time.
void SampleParked(M* m, G* g);
void SampleRunnable(M* m, G* g);

// CountSampled counts how long g has waited, which is about to run. On g0.
void CountSampled(G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_RUN_LATENCY_H_
