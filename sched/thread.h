// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The threads under the Ms: how one begins and how it ends.
//
// A goroutine that has locked its thread may have made it unlike others:
// affinity, scheduling class, namespaces, capabilities, credentials. If it ends
// without having unlocked it, or its Run ends (run.h), no other goroutine shall
// run there: the thread ends too. For the same reason such a thread starts no
// others, which would inherit all that. The template thread does, and nothing
// else; the first LockOSThread starts it, on a thread that is not locked yet.
//
// The M of a thread that has ended is kept for the next one and never freed:
// sysmon may be looking at it at any time.
//
// Unlike Go, no M runs on the process's first thread, whose end would leave the
// process a zombie: Run only waits there (run.h). And a foreign thread does
// start Ms itself, so that all Ms inherit what a program sets up before Run.
//
// Go: runtime/proc.go, newm, mexit, templateThread; newosproc.

#ifndef GOSLING_SCHED_THREAD_H_
#define GOSLING_SCHED_THREAD_H_

#include <cstdint>

#include "sched/m.h"
#include "sched/p.h"
#include "sched/sched.h"

namespace gosling::sched {

// CountM counts one more M, or ends the program because that is too many.
struct MNumber {
  std::int64_t id;
  M* dead;  // an M to be used again, or nullptr
};
MNumber CountM() ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock);

// NewM starts the thread of a counted M, with p, which is in the caller's
// hands; or calls NoThreadFor. `last_hope`: see NoMButThis in refused.h.
void NewM(MNumber number, P* p, bool spinning, bool last_hope);

// EnsureTemplateThread starts it, once, before the calling thread is locked.
// Pinned.
void EnsureTemplateThread();

// IsInAllM says whether m, which was peeked at (peeked.h) and may be of any age,
// is an M that is never freed and has been published: only then may it be read.
bool IsInAllM(const M* m);

// SetMaxThreads sets how many Ms there may be, and returns the former limit.
int SetMaxThreads(int n);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_THREAD_H_
