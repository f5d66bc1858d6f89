// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the processes at the other end of a workload (echo_client_linux.cc,
// storm_sender_linux.cc), which are the same for all systems.

#ifndef TOOLS_BENCH_OTHER_CPUS_H_
#define TOOLS_BENCH_OTHER_CPUS_H_

#include <sched.h>
#include <unistd.h>

namespace bench {

// TakeOtherCpus moves the process to the CPUs that its parent may not use, if
// there are any.
inline void TakeOtherCpus() {
  cpu_set_t parents;
  if (::sched_getaffinity(0, sizeof parents, &parents) != 0) return;
  cpu_set_t others;
  CPU_ZERO(&others);
  const long all = ::sysconf(_SC_NPROCESSORS_ONLN);
  for (long cpu = 0; cpu < all && cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &parents)) CPU_SET(cpu, &others);
  }
  if (CPU_COUNT(&others) > 0) {
    (void)::sched_setaffinity(0, sizeof others, &others);
  }
}

}  // namespace bench

#endif  // TOOLS_BENCH_OTHER_CPUS_H_
