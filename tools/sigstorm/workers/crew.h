// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which workers take part in a storm.

#ifndef TOOLS_SIGSTORM_WORKERS_CREW_H_
#define TOOLS_SIGSTORM_WORKERS_CREW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/sigstorm/inject.h"
#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

using Crew = std::vector<std::unique_ptr<Worker>>;

// MakeCrew returns `sets` workers of each kind, and the worker that `inject`
// asks for, if any.
Crew MakeCrew(int sets, std::uint64_t seed, Inject inject);

// kReadersPerSet is how many goroutines of a set block in system calls.
constexpr int kReadersPerSet = 2;

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_CREW_H_
