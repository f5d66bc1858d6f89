// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The trace format of Go 1.23 and later, which `go tool trace FILE` opens.
//
// One generation: for each thread batches of events, each at most 64 KiB, then
// the tables of strings and stacks. Numbers are varints; an event is its type,
// the time since the one before it, and its arguments. Each start and unblock of
// a goroutine, and each start and steal of a P, carries a number one higher than
// the last: by these the reader puts the threads' events in order.
//
// The stack of a goroutine's creation has one frame, its name: by that the tool
// groups goroutines.
//
// Go: src/internal/trace/tracev2 (the format), order.go there (the rules).

#ifndef GOSLING_SCHED_REPORT_TRACE_GO_FORMAT_H_
#define GOSLING_SCHED_REPORT_TRACE_GO_FORMAT_H_

#include <memory_resource>

#include "sched/os/fatal.h"
#include "sched/report/trace/history.h"

namespace gosling::sched::trace {

// WriteGoFormat writes the history of `raw`. `symbols`: addresses may be given
// names.
void WriteGoFormat(const History& history, const Raw& raw, bool symbols,
                   const Output& out, std::pmr::memory_resource* memory);

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_REPORT_TRACE_GO_FORMAT_H_
