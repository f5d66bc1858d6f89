// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Darwin has no such limits.

#include "sched/os/cpu_limit.h"

namespace gosling::sched {

void FindCpuLimit() {}

int ReadCpuLimit() { return 0; }

}  // namespace gosling::sched
