// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/sched.h"

namespace gosling::sched {

constinit Scheduler scheduler;

}  // namespace gosling::sched
