// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GODEBUG: name=n settings with commas between, for whoever looks for mistakes.
// Those that are not ours, Go's others among them, are ignored.
//
// Go: runtime/runtime1.go, parsegodebug.

#ifndef GOSLING_SCHED_OS_GODEBUG_H_
#define GOSLING_SCHED_OS_GODEBUG_H_

#include <cstdint>

namespace gosling::sched {

// Godebug returns what GODEBUG sets `name` to, the last time that it names it;
// `otherwise` if it does not. A value that is no whole number is fatal; the
// message says that one is meant, and `what` it is.
int Godebug(const char* name, const char* what, int otherwise);

// GodebugDuration does that for a length of time, "10s", "500ms" or "2m", and
// returns nanoseconds; 0: it is not set.
std::int64_t GodebugDuration(const char* name);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_GODEBUG_H_
