// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// No pidfds: waiting holds a thread.

#include <errno.h>

#include "runtime/exec/child.h"

namespace gosling::internal {

int OpenPidfd(pid_t) { return -1; }

int SendToPidfd(int, int) { return ENOSYS; }

}  // namespace gosling::internal
