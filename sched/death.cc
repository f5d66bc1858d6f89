// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/death.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "sched/debug.h"
#include "sched/os.h"

namespace gosling::sched {

namespace {

constinit std::atomic<std::int64_t> teller{0};  // its thread; 0: nobody dies
constinit std::atomic<int> deaths{0};           // of that thread
constinit Traceback traceback_level = Traceback::kSingle;
constinit bool crash_at_end = false;

}  // namespace

void SetTraceback(Traceback level, bool crash) {
  traceback_level = level;
  crash_at_end = crash;
}

Traceback TracebackLevel() { return traceback_level; }

bool BeginDeath() {
  const std::int64_t self = os::ThreadId();
  std::int64_t nobody = 0;
  // What is told is read from where it happens: nothing is passed on by this.
  if (!teller.compare_exchange_strong(nobody, self) && nobody != self) {
    AwaitDeath();
  }
  switch (deaths.fetch_add(1, std::memory_order_relaxed)) {
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

void EndDeath() {
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

bool Dying() { return teller.load(std::memory_order_relaxed) != 0; }

void AwaitDeath() {
  if (!Dying()) return;
  for (;;) os::SleepNs(INT64_MAX / 2);
}

}  // namespace gosling::sched
