// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Reports: the scheduler's calls into sched/report, which includes the
// scheduler's headers and not the other way round. Bootstrap has
// report/install.cc fill them in before the first M runs.

#ifndef GOSLING_SCHED_REPORTS_H_
#define GOSLING_SCHED_REPORTS_H_

#include <cstdint>

#include "sched/g.h"

namespace gosling::sched {

struct Reports {
  // Prints all goroutines to stderr, for a deadlock: PrintGoroutines in
  // traceback.h.
  void (*goroutines)() = nullptr;
  // ReportOverrun in fault.h.
  void (*overrun)(const G* g) = nullptr;
  // CountBlock in contention_profile.h.
  void (*waited)(std::int64_t ns) = nullptr;
  // SchedTraceIfDue in schedtrace.h. Sysmon only.
  void (*trace_if_due)(std::int64_t now) = nullptr;
  // LeavesThread in lock_check.h; null: there is no checker of locks.
  void (*leaves_thread)(const G* g, const char* how) = nullptr;
  // Between two lines of schedtrace, in ns; 0: GODEBUG does not ask for them.
  std::int64_t trace_period = 0;
};

extern constinit Reports reports;

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORTS_H_
