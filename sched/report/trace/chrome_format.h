// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Chrome's trace format, JSON, which ui.perfetto.dev opens.
//
// There are four groups of tracks: the Ps and the Ms, with the goroutine that
// runs there, and the goroutines, with what each does or waits for; and their
// regions. An arrow leads from the moment in which a goroutine was woken, on the
// waker's M, to its start.
//
// Counters beside the Ps say how many goroutines are queued: "P0 queue", those that
// P 0 has made runnable or stopped, and that have not run since, and "global queue",
// those that were stopped to let others run, or made runnable without a P. The
// recorder tells where a goroutine is queued by who queues it, at no cost of its own;
// it does not tell of a batch that another P steals, or that a full ring hands to the
// global queue: such a goroutine stays with the P that has queued it until it runs.
//
// The format: "Trace Event Format", chromium.org.

#ifndef GOSLING_SCHED_REPORT_TRACE_CHROME_FORMAT_H_
#define GOSLING_SCHED_REPORT_TRACE_CHROME_FORMAT_H_

#include <memory_resource>

#include "sched/os/fatal.h"
#include "sched/report/trace/history.h"

namespace gosling::sched::trace {

// WriteChromeFormat writes the history of `raw`. `symbols`: addresses may be
// given names.
void WriteChromeFormat(const History& history, const Raw& raw, bool symbols,
                       const Output& out, std::pmr::memory_resource* memory);

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_REPORT_TRACE_CHROME_FORMAT_H_
