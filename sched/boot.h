// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Bootstrap starts the runtime at its first use; boot.cc lists the variables of
// the environment that it reads.

#ifndef GOSLING_SCHED_BOOT_H_
#define GOSLING_SCHED_BOOT_H_

namespace gosling::sched {

// Bootstrap starts the runtime, once: reads the environment, makes the Ps,
// starts sysmon. Returns at once if that is done.
void Bootstrap();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_BOOT_H_
