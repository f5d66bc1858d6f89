// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/os/crash.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "sched/os/fatal.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constinit std::atomic<std::int64_t> dying_thread{0};  // 0: there is none
constinit std::atomic<int> crashes{0};                // of that thread
constinit Traceback traceback_level = Traceback::kSingle;
constinit bool crash_at_end = false;
constinit std::atomic<void (*)()> crash_end{nullptr};

}  // namespace

void SetTraceback(Traceback level, bool crash) {
  traceback_level = level;
  crash_at_end = crash;
}

Traceback TracebackLevel() { return traceback_level; }

bool BeginCrash() {
  const std::int64_t self = os::ThreadId();
  std::int64_t none = 0;
  // The report is of the dying thread's own state: this word publishes nothing.
  if (!dying_thread.compare_exchange_strong(none, self) && none != self) {
    AwaitCrash();
  }
  switch (crashes.fetch_add(1, std::memory_order_relaxed)) {
    case 0:
      return true;
    case 1:
      kStderr.Printf("\npanic during panic\n");
      return false;
    default:
      kStderr.Printf("\nstack trace unavailable\n");
      ::_exit(2);
  }
}

void SetCrashEnd(void (*last)()) {
  crash_end.store(last, std::memory_order_relaxed);
}

void EndCrash() {
  if (void (*const last)() = crash_end.load(std::memory_order_relaxed)) last();
  if (crash_at_end) {
    ::signal(SIGABRT, SIG_DFL);
    sigset_t abort_only;
    sigemptyset(&abort_only);
    sigaddset(&abort_only, SIGABRT);
    ::pthread_sigmask(SIG_UNBLOCK, &abort_only, nullptr);
    os::Raise(SIGABRT);
  }
  ::_exit(2);
}

bool Crashing() { return dying_thread.load(std::memory_order_relaxed) != 0; }

bool ReportsCrash() {
  return Crashing() &&
         dying_thread.load(std::memory_order_relaxed) == os::ThreadId();
}

void AwaitCrash() {
  if (!Crashing()) return;
  for (;;) os::SleepNs(INT64_MAX / 2);
}

}  // namespace gosling::sched
