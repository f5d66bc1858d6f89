// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which workers take part in a storm.

#ifndef TOOLS_SIGSTORM_WORKERS_CREW_H_
#define TOOLS_SIGSTORM_WORKERS_CREW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/sigstorm/inject.h"
#include "tools/sigstorm/options.h"
#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

using Crew = std::vector<std::unique_ptr<Worker>>;

// MakeCrew returns options.workers workers of each kind, those that
// options.during asks for, and the worker that `inject` asks for, if any.
Crew MakeCrew(const Options& options, std::uint64_t seed, Inject inject);

// MostAsleep is how many goroutines of a crew block in system calls at once.
int MostAsleep(const Options& options);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_CREW_H_
