// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LockCheck: goroutines that leave their thread while they hold a lock of the C
// library's, a std::mutex say.
//
// This library cannot see such a lock. libgosling_lockcheck does, which stands
// before the C library in a program that was linked with it or preloads it
// (runtime/lockcheck/). AttachLockChecker finds it, and the two exchange what
// they know. From then on each M has kLockChecked in M::slow: its switches leave
// the fast path, and the slow one asks LeavesThread. Without the checker a switch
// has not an instruction more.

#ifndef GOSLING_SCHED_REPORT_LOCK_CHECK_H_
#define GOSLING_SCHED_REPORT_LOCK_CHECK_H_

#include <cstdint>

namespace gosling::sched {

struct G;

// LockCheckHost is what the checker may ask.
struct LockCheckHost {
  // The number of the goroutine that runs on the calling thread; 0: none does.
  std::uint64_t (*running)();
  // SymbolOf in traceback.h.
  const char* (*symbol)(std::uintptr_t pc, char* buffer, int n);
  // Throw in os/fatal.h.
  void (*die)(const char* words);
};

// LockLeaving is a goroutine that leaves its thread.
struct LockLeaving {
  std::uint64_t goid;
  const char* name;        // null: it has none
  const void* created_at;  // null: by the runtime
  const char* how;         // "parks [chan receive]"
  bool ends;               // for good
};

// LockChecker is what the checker does. `leaves` may block its thread, and does
// not throw.
struct LockChecker {
  void (*leaves)(const LockLeaving& leaving);
};

// AttachLockChecker looks for a checker, and has Reports::leaves_thread ask it.
void AttachLockChecker();

// LeavesThread tells the checker that g, the calling goroutine, leaves its thread,
// or has left it. A goroutine with a thread of its own only leaves it to end.
void LeavesThread(const G* g, const char* how);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_LOCK_CHECK_H_
