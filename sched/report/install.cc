// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/install.h"

#include "sched/os/fatal.h"
#include "sched/report/contention_profile.h"
#include "sched/report/fault.h"
#include "sched/report/lock_check.h"
#include "sched/report/panic.h"
#include "sched/report/quit.h"
#include "sched/report/schedtrace.h"
#include "sched/report/trace/session.h"
#include "sched/report/traceback.h"
#include "sched/report/unwind.h"
#include "sched/reports.h"

namespace gosling::sched {

constinit Reports reports;

void InstallReports() {
  SetFatalStacks(PrintFatalStacks);
  reports.goroutines = [] { PrintGoroutines(nullptr); };
  reports.overrun = ReportOverrun;
  reports.waited = CountBlock;
  reports.trace_if_due = SchedTraceIfDue;
  reports.trace_period = ReadGodebug();
  InstallFaultHandler();
  InstallQuitHandler();
  InstallTerminateHandler();
  WarmUnwinder();
  trace::InstallTrace();
  AttachLockChecker();
}

}  // namespace gosling::sched
