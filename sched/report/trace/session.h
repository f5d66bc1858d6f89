// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Who records, and where it is written: a trace, from Start to Stop, whose
// events a thread collects before the rings write over them; and a flight
// recorder, of which only the rings' last seconds are ever read. Both may be on,
// one of each. At a crash, and at SIGQUIT, what the rings hold is written to the
// file that GOSLING_TRACE names.
//
// GODEBUG=flight=10s starts the flight recorder with the runtime.
//
// A forked child has no such thread and dies at its next call of the runtime
// (os/fork.h); the parent's recording is not touched by it.

#ifndef GOSLING_SCHED_REPORT_TRACE_SESSION_H_
#define GOSLING_SCHED_REPORT_TRACE_SESSION_H_

#include <cstdint>

namespace gosling::sched::trace {

// Problem is what a call has to complain of: a sentence, or an errno; nothing.
struct Problem {
  const char* text = nullptr;
  int err = 0;

  bool Any() const { return text != nullptr || err != 0; }
};

// All of these block the thread for a while, up to a second for a long trace,
// and allocate. They may throw std::bad_alloc. `path`: Chrome's format if it ends
// in ".json", else Go's.
Problem StartTrace(const char* path);
Problem StopTrace();
Problem StartFlight(std::int64_t window_ns);
Problem StopFlight();
Problem WriteFlight(const char* path);

bool TraceRuns();

// InstallTrace is for InstallReports: GODEBUG and the crash.
void InstallTrace();

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_REPORT_TRACE_SESSION_H_
