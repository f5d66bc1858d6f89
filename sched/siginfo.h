// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What a siginfo_t says, which every system says in its own way.
//
// Contract of a platform file (siginfo_linux.cc, siginfo_darwin.cc …; the build
// chooses one): it defines the functions below. All of them are
// async-signal-safe, and reached from the signal handler (signals/handler.cc).

#ifndef GOSLING_SCHED_SIGINFO_H_
#define GOSLING_SCHED_SIGINFO_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

namespace gosling::sched {

// RaisedByKernel says whether the kernel itself raised the signal: a fault, if
// the signal is one that faults raise. Where the kernel does not tell a fault
// from a copy of its signal that somebody has sent, it is taken for a fault.
// `context` is the handler's third argument.
bool RaisedByKernel(int signo, const siginfo_t& info, const void* context);

// FaultHasAddress says whether si_addr means something, for a SIGSEGV or SIGBUS
// of the kernel's: not if the address was none that the CPU can form.
bool FaultHasAddress(int signo, const siginfo_t& info);

// Sender is who sent the signal, and what came with it: the value of sigqueue,
// or a word of the kernel's, such as a child's exit status. 0 is what is not
// known.
struct Sender {
  pid_t pid = 0;
  uid_t uid = 0;
  std::int64_t value = 0;
};
Sender SenderOf(int signo, const siginfo_t& info);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SIGINFO_H_
