// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/exec/child.h"

namespace gosling::internal {

namespace {

// Older C libraries know neither. The numbers are the same on every CPU.
constexpr long kPidfdSendSignal = 424;
constexpr long kPidfdOpen = 434;

}  // namespace

// Close-on-exec, as every pidfd is.
int OpenPidfd(pid_t pid) {
  return static_cast<int>(::syscall(kPidfdOpen, pid, 0));
}

int SendToPidfd(int pidfd, int sig) {
  return ::syscall(kPidfdSendSignal, pidfd, sig, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace gosling::internal
