// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The checker of locks: which goroutine holds which of the C library's locks, and
// a report if one leaves its thread meanwhile.
//
// libgosling_lockcheck is a library apart, of which programs need not know
// (sched/report/lock_check.h). Its functions stand before those of the C library
// (interpose.cc): the checker hears of each lock taken and given back. As long as
// the runtime has not been started, and in a forked child, it does nothing.
//
// A lock belongs to the goroutine that took it, or to the thread where none runs,
// and was taken on a thread. Recorded are those that are held just now, in one
// list: there are few, since a goroutine or thread that has one goes on. Waiting
// for a condition keeps its mutex in the list: the waiter has it again before it
// goes on, and its goroutine stays on the thread that it blocks.

#ifndef GOSLING_RUNTIME_LOCKCHECK_CHECKER_H_
#define GOSLING_RUNTIME_LOCKCHECK_CHECKER_H_

#include <cstdint>

#include "sched/report/lock_check.h"

namespace gosling::lockcheck {

enum class Kind : std::uint8_t { kMutex, kReadLock, kWriteLock, kSpinlock };

// Taken: the calling thread has just taken the lock, for the caller of a function
// that returns to `caller`. GivenBack: it has just given it back.
void Taken(const void* lock, Kind kind, const void* caller);
void GivenBack(const void* lock, const void* caller);

}  // namespace gosling::lockcheck

// GoslingLockChecker, by the runtime when it starts, takes what it may ask, which
// stays, and gives what it does. Null: GOSLING_LOCKCHECK says so.
extern "C" const gosling::sched::LockChecker* GoslingLockChecker(
    const gosling::sched::LockCheckHost* host);

#endif  // GOSLING_RUNTIME_LOCKCHECK_CHECKER_H_
