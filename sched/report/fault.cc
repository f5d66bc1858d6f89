// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler runs on the M's alternate stack. It is not blocked while it runs:
// a fault in it, or in a stack that it reads, comes back to it, and is reported
// in brief (BeginCrash).
//
// Go: runtime/signal_unix.go, sighandler, sigpanic, preparePanic.

#include "sched/report/fault.h"

#include <pthread.h>
#include <signal.h>

#include <bit>

#include "arch/arch.h"
#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/os/siginfo.h"
#include "sched/proc.h"
#include "sched/report/traceback.h"
#include "sched/stack.h"

namespace gosling::sched {

namespace {

constexpr std::uintptr_t kFirstPage = 4096;  // null pointers point into it

struct Fault {
  int signo;
  const char* name;
  struct sigaction previous;
};

Fault faults[] = {
    {SIGSEGV, "SIGSEGV: segmentation violation", {}},
    {SIGBUS, "SIGBUS: bus error", {}},
    {SIGFPE, "SIGFPE: floating-point exception", {}},
    {SIGILL, "SIGILL: illegal instruction", {}},
};

const Fault& FaultOf(int signo) {
  const Fault* f = faults;
  while (f->signo != signo) f++;
  return *f;
}

bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

void Chain(const struct sigaction& previous, int signo, siginfo_t* info,
           void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signo, info, context);
  } else if (IsHandler(previous)) {
    previous.sa_handler(signo);
  } else {
    // Back to where it happened, this time with the default action: the core
    // dump shows the right place. A copy that a process sent is not repeated by
    // itself; it ends the process at once, unless that is the first of its PID
    // namespace, which ignores what it does not handle: our handler stays there.
    struct sigaction ours;
    const struct sigaction by_default = {};
    ::sigaction(signo, &by_default, &ours);
    if (!RaisedByKernel(signo, *info, context)) {
      sigset_t this_one;
      sigemptyset(&this_one);
      sigaddset(&this_one, signo);
      ::pthread_sigmask(SIG_UNBLOCK, &this_one, nullptr);
      os::Raise(signo);
      // Else another thread is at it, and puts back what it found.
      if (ours.sa_handler != SIG_DFL) ::sigaction(signo, &ours, nullptr);
    }
  }
}

std::size_t KiB(const Stack& stack) {
  return std::bit_ceil(StackSize(stack)) >> 10;
}

void WarnOfOverflow(const G* g) {
  Warn(
      "goroutine %llu%s%s%s exceeds its stack of %zu KiB "
      "(GoOptions::stack_size sets it)",
      static_cast<unsigned long long>(g->goid), g->name != nullptr ? " \"" : "",
      g->name != nullptr ? g->name : "", g->name != nullptr ? "\"" : "",
      KiB(g->stack));
}

void PutWords(int signo, const siginfo_t& info, std::uintptr_t addr) {
  switch (signo) {
    case SIGFPE:
      PrintFatal(info.si_code == FPE_INTDIV   ? "integer divide by zero"
                 : info.si_code == FPE_INTOVF ? "integer overflow"
                                              : "floating point error");
      return;
    default:
      if (!FaultHasAddress(signo, info)) {
        PrintFatal("fault");
      } else if (signo == SIGSEGV && addr < kFirstPage) {
        PrintFatal("invalid memory address or nil pointer dereference");
      } else {
        kStderr.Printf("unexpected fault address 0x%zx\n",
                       static_cast<std::size_t>(addr));
        PrintFatal("fault");
      }
  }
}

// ReturnFromNowhere undoes the call of a function that is not there, a null
// pointer most often, so that the unwinder can start at the caller.
void ReturnFromNowhere(ucontext_t* context) {
  const auto pc = reinterpret_cast<void*>(arch::ContextPC(*context));
  const auto sp = reinterpret_cast<void*>(arch::ContextSP(*context));
  if (!os::IsReadable(pc) && os::IsReadable(sp)) arch::ContextReturn(context);
}

void Report(M* m, int signo, const siginfo_t& info, ucontext_t* context) {
  const G* g = m->curg;
  const auto addr = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const std::uintptr_t pc = arch::ContextPC(*context);
  Stack guarded;
  const bool overflow = (signo == SIGSEGV || signo == SIGBUS) &&
                        IsStackGuard(info.si_addr, &guarded) &&
                        guarded.lo == g->stack.lo;
  const bool first = BeginCrash();
  if (overflow) {
    WarnOfOverflow(g);
    PrintFatal("stack overflow");
  } else if (g == &m->g0 || signo == SIGILL || os::Privileged()) {
    PrintSignal(FaultOf(signo).name, info, *context);
  } else {
    PutWords(signo, info, addr);
    kStderr.Printf("[signal %s code=0x%x addr=0x%zx pc=0x%zx]\n",
                   FaultOf(signo).name, static_cast<unsigned>(info.si_code),
                   static_cast<std::size_t>(addr),
                   static_cast<std::size_t>(pc));
    if (signo == SIGFPE) PrintInstruction(*context);
  }
  if (TracebackLevel() > Traceback::kNone) {
    kStderr.Printf("\n");
    const ucontext_t where = *context;
    if (!overflow) ReturnFromNowhere(context);
    Frames frames;
    frames.CollectInterrupted(*context);
    PrintGoroutine(kStderr, g, g == &m->g0 ? "idle" : "running", frames);
    if (first) PrintOthers(g);
    if (!overflow) PrintRegisters(where);
  }
  EndCrash();
}

void OnFault(int signo, siginfo_t* info, void* context) {
  const struct sigaction& previous = FaultOf(signo).previous;
  M* m = CurrentM();
  const bool ours = RaisedByKernel(signo, *info, context) && m != nullptr &&
                    !m->curg->HasFlag(kGForeign);
  Stack guarded;
  if (ours && (!IsHandler(previous) || (IsStackGuard(info->si_addr, &guarded) &&
                                        guarded.lo == m->curg->stack.lo))) {
    Report(m, signo, *info, static_cast<ucontext_t*>(context));
  }
  Chain(previous, signo, info, context);
}

}  // namespace

void InstallFaultHandler() {
  for (Fault& fault : faults) {
    ::sigaction(fault.signo, nullptr, &fault.previous);
    // A program that handles or ignores SIGFPE and SIGILL is not disturbed.
    const bool overflows = fault.signo == SIGSEGV || fault.signo == SIGBUS;
    if (!overflows && fault.previous.sa_handler != SIG_DFL) continue;
    struct sigaction action = {};
    action.sa_sigaction = OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    ::sigaction(fault.signo, &action, nullptr);
  }
}

void DeleteFaults(sigset_t* set) {
  for (const Fault& fault : faults) sigdelset(set, fault.signo);
}

void ReportOverrun(const G* g) {
  BeginCrash();
  WarnOfOverflow(g);
  PrintFatal(
      "stack overflow (noticed only now that the goroutine has ended: its "
      "stack had no guard page)");
  if (TracebackLevel() > Traceback::kNone) {
    kStderr.Printf("\n");
    PrintGoroutine(kStderr, g, "dead", Frames());
  }
  EndCrash();
}

}  // namespace gosling::sched
