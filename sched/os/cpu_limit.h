// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How much CPU time the system lets this process use on average, apart from
// where its threads may run: a container's limit.
//
// Contract of a platform file (cpu_limit_linux.cc, cpu_limit_darwin.cc; the
// build chooses one): it defines both functions. The caller sees to it that one
// thread at a time is in them. Neither ever fails: a limit that cannot be
// found, or makes no sense, is none.

#ifndef GOSLING_SCHED_OS_CPU_LIMIT_H_
#define GOSLING_SCHED_OS_CPU_LIMIT_H_

namespace gosling::sched {

// FindCpuLimit looks up where the limits of this process are written.
// Allocates, and wants some KiB of stack.
void FindCpuLimit();

// ReadCpuLimit reads what FindCpuLimit has found: how many CPUs' worth of time,
// rounded up; 0: as much as there is; -1: that cannot be told any more, as when
// the process has shut itself off from its files since. A few system calls,
// none of which waits.
int ReadCpuLimit();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_CPU_LIMIT_H_
