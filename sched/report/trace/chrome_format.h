// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Chrome's trace format, JSON, which ui.perfetto.dev opens.
//
// There are four groups of tracks: the Ps and the Ms, with the goroutine that
// runs there, and the goroutines, with what each does or waits for; and their
// regions. An arrow leads from the moment in which a goroutine was woken, on the
// waker's M, to its start.
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
