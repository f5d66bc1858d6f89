// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// siginfo.h on Linux: the kernel's codes are positive, and a code says which
// members of the union are valid.

#include "sched/os/siginfo.h"

namespace gosling::sched {

bool RaisedByKernel(int, const siginfo_t& info, const void*) {
  return info.si_code > 0;
}

bool FaultHasAddress(int, const siginfo_t& info) {
  return info.si_code != SI_KERNEL;
}

Sender SenderOf(int signo, const siginfo_t& info) {
  Sender out;
  if (info.si_code > 0) {  // the kernel's own
    if (signo == SIGCHLD) {
      out.pid = info.si_pid;
      out.uid = info.si_uid;
      out.value = info.si_status;
    } else if (info.si_code != SI_KERNEL) {
      out.value = info.si_fd;  // SIGIO, or what F_SETSIG put in its place
    }
    return out;
  }
  if (info.si_code != SI_TIMER) {
    out.pid = info.si_pid;
    out.uid = info.si_uid;
  }
  if (info.si_code == SI_QUEUE || info.si_code == SI_TIMER ||
      info.si_code == SI_MESGQ || info.si_code == SI_ASYNCIO) {
    out.value = reinterpret_cast<std::intptr_t>(info.si_value.sival_ptr);
  }
  return out;
}

}  // namespace gosling::sched
