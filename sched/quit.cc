// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler itself does the work, on whatever thread the signal has reached:
// it never returns, so what it interrupted stays as it was, and nothing that it
// does takes a lock which that code could hold. Other signals are blocked
// meanwhile, but for faults: reading a parked goroutine's stack leaves the
// alternate stack, and the next handler would start at its top.

#include "sched/quit.h"

#include <signal.h>

#include "arch/arch.h"
#include "sched/death.h"
#include "sched/debug.h"
#include "sched/fault.h"
#include "sched/freeze.h"
#include "sched/proc.h"
#include "sched/traceback.h"

namespace gosling::sched {

namespace {

void OnQuit(int, siginfo_t* info, void* context) {
  const auto& where = *static_cast<ucontext_t*>(context);
  M* m = CurrentM();
  BeginDeath();
  kStderr.Printf("SIGQUIT: quit\nPC=0x%zx m=%lld sigcode=%d\n",
                 static_cast<std::size_t>(arch::ContextPC(where)),
                 static_cast<long long>(m != nullptr ? m->id : -1),
                 info->si_code);
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
  EndDeath();
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
