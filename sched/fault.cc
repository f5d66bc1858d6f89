// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/fault.h"

#include <signal.h>

#include "sched/debug.h"
#include "sched/proc.h"
#include "sched/stack.h"

namespace gosling::sched {

namespace {

struct sigaction previous_segv;
struct sigaction previous_bus;

void Chain(const struct sigaction& previous, int signo, siginfo_t* info,
           void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signo, info, context);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    // Back to where it happened, this time with the default action: the core
    // dump shows the right place. A fault that somebody sent is not repeated by
    // itself.
    struct sigaction dfl = {};
    dfl.sa_handler = SIG_DFL;
    ::sigaction(signo, &dfl, nullptr);
    if (info->si_code <= 0) ::raise(signo);
  } else {
    previous.sa_handler(signo);
  }
}

void OnFault(int signo, siginfo_t* info, void* context) {
  Stack stack;
  if (info->si_code > 0 && IsStackGuard(info->si_addr, &stack)) {
    M* m = CurrentM();
    const G* g = m != nullptr ? static_cast<const G*>(m->curg) : nullptr;
    if (g != nullptr) {
      Warn(
          "goroutine %llu%s%s%s exceeds its stack of %zu KiB "
          "(GoOptions::stack_size sets it)",
          static_cast<unsigned long long>(g->goid),
          g->name != nullptr ? " \"" : "", g->name != nullptr ? g->name : "",
          g->name != nullptr ? "\"" : "", (StackSize(stack) + 1023) / 1024);
    }
    Throw("stack overflow");
  }
  Chain(signo == SIGBUS ? previous_bus : previous_segv, signo, info, context);
}

}  // namespace

void InstallFaultHandler() {
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGSEGV, &action, &previous_segv);
  ::sigaction(SIGBUS, &action, &previous_bus);
}

}  // namespace gosling::sched
