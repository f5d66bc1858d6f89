// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// siginfo.h on Darwin. It was compiled and linked for macOS, and run
// in tests/emulator only.
//
// The kernel fills in the code by the signal's number alone, whether kill sent
// it or not: a SIGSEGV, SIGBUS or SIGILL from kill looks like a fault.
// SIGSEGV's code is even 0 for an address that is not canonical, and so is
// every signal's that kill sent, although the headers say SI_USER is 0x10001.
// SIGTRAP's always says breakpoint; there the code before the program counter
// is looked at.
//
// Go: fixsigcode in runtime/signal_darwin_{amd64,arm64}.go; sendsig in XNU.

#include "arch/arch.h"
#include "sched/os/siginfo.h"

namespace gosling::sched {

bool RaisedByKernel(int signo, const siginfo_t& info, const void* context) {
  switch (signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
      return true;
    case SIGTRAP:
      return arch::AtBreakpoint(*static_cast<const ucontext_t*>(context));
    default:
      return info.si_code > 0 && info.si_code < SI_USER;
  }
}

bool FaultHasAddress(int signo, const siginfo_t& info) {
  return signo != SIGSEGV || info.si_code != 0;
}

// The struct has no union: members that do not apply are 0.
Sender SenderOf(int signo, const siginfo_t& info) {
  return {.pid = info.si_pid,
          .uid = info.si_uid,
          .value = signo == SIGCHLD ? info.si_status : 0};
}

}  // namespace gosling::sched
