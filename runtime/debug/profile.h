// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Profiles for pprof: the stacks of all goroutines, the CPU's, and those of waits.

#ifndef GOSLING_RUNTIME_DEBUG_PROFILE_H_
#define GOSLING_RUNTIME_DEBUG_PROFILE_H_

#include <cstdint>
#include <string>

#include "sched/report/contention_profile.h"

namespace gosling::debug {

// as_text: as Go tells it at debug=1.

// MakeGoroutineProfile stops the world. Throws std::bad_alloc.
std::string MakeGoroutineProfile(bool as_text = false);

// MakeCpuProfile is of so many samples in sched::cpu_profile. Throws
// std::bad_alloc.
std::string MakeCpuProfile(std::uint32_t samples, std::uint64_t duration_ns);

// MakeContentionProfile throws std::bad_alloc.
std::string MakeContentionProfile(sched::ContentionKind kind,
                                  bool as_text = false);

}  // namespace gosling::debug

#endif  // GOSLING_RUNTIME_DEBUG_PROFILE_H_
