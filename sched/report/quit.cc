// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler itself does the work, on the thread that the signal has reached:
// it never returns, so the code that it interrupted stays where it was, and it
// takes no lock which that code could hold. Other signals are blocked
// meanwhile, but for faults: reading a parked goroutine's stack leaves the
// alternate stack, and the next handler would start at its top.

#include "sched/report/quit.h"

#include <signal.h>

#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/proc.h"
#include "sched/report/fault.h"
#include "sched/report/freeze.h"
#include "sched/report/traceback.h"

namespace gosling::sched {

namespace {

void OnQuit(int, siginfo_t* info, void* context) {
  const auto& where = *static_cast<ucontext_t*>(context);
  // Another thread is the dying thread: this one may hold a lock that it needs,
  // and is frozen soon.
  if (Crashing() && !ReportsCrash()) return;
  M* m = CurrentM();
  BeginCrash();
  PrintSignal("SIGQUIT: quit", *info, where);
  if (TracebackLevel() > Traceback::kNone) {
    FreezeOthers();
    const G* running = GoroutineOn(m);
    if (running != nullptr) {
      Frames frames;
      frames.CollectInterrupted(where);
      kStderr.Printf("\n");
      PrintGoroutine(kStderr, running, "running", frames);
    }
    PrintGoroutines(running);
    PrintRegisters(where);
  }
  EndCrash();
}

}  // namespace

void InstallQuitHandler() {
  struct sigaction previous;
  ::sigaction(SIGQUIT, nullptr, &previous);
  if (previous.sa_handler != SIG_DFL) return;
  struct sigaction action = {};
  action.sa_sigaction = OnQuit;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  DeleteFaults(&action.sa_mask);
  ::sigaction(SIGQUIT, &action, nullptr);
}

}  // namespace gosling::sched
