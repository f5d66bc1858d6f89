// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <cstdio>

#include "sched/g.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/proc.h"
#include "sched/report/lock_check.h"
#include "sched/report/traceback.h"
#include "sched/reports.h"

// Defined in runtime/lockcheck/; null in a program without it.
extern "C" [[gnu::weak]] const gosling::sched::LockChecker* GoslingLockChecker(
    const gosling::sched::LockCheckHost* host);

namespace gosling::sched {

namespace {

constinit const LockChecker* checker = nullptr;

constexpr LockCheckHost kHost = {
    []() -> std::uint64_t {
      const G* g = GoroutineOn(CurrentM());
      return g != nullptr ? static_cast<std::uint64_t>(g->goid) : 0;
    },
    SymbolOf,
    [](const char* words) { Throw("%s", words); },
};

}  // namespace

void AttachLockChecker() {
  if (GoslingLockChecker == nullptr) return;
  checker = GoslingLockChecker(&kHost);
  if (checker != nullptr) reports.leaves_thread = LeavesThread;
}

void LeavesThread(const G* g, const char* how) {
  KeepErrno keep;
  const GStatus status = g->status.load(std::memory_order_relaxed);
  const bool ends = status == GStatus::kIdle;
  if (g->HasFlag(kGLocked) && !ends) return;
  char text[64];
  if (status == GStatus::kWaiting) {
    std::snprintf(
        text, sizeof text, "%s [%s]", how,
        WaitReasonString(g->wait_reason.load(std::memory_order_relaxed)));
    how = text;
  }
  checker->leaves({g->goid, g->name, g->created_at, how, ends});
}

}  // namespace gosling::sched
