// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A forked child of a program whose runtime has started.
//
// Of all the threads the child has only the one that forked: no sysmon, no
// other M, and locks that will never be released. It may do what POSIX allows
// any child of a threaded program, which is to call exec or _exit. Its next
// call of the runtime dies and says so; it never hangs:
//
//   * Every M that the child can be on has kForkedChild in its `slow`, so Pin
//     leads to PinSlow, which dies. A thread without an M dies in Bootstrap.
//     Nothing of this is on a fast path.
//   * What does not pin (a look at an empty channel, a mutex that is free) goes
//     on working. Wherever a thread would go to sleep, os::FutexWait, it dies
//     instead.
//
// A fork before the first use of the runtime leaves the child one that works.
//
// How a child is known. A word of memory that the system clears in a child, so
// that even one made by a bare system call, where no handler of pthread_atfork
// runs, dies at its first sleep and keeps its signals to itself; and the
// handler clears it where the system cannot. vfork's child is no child in this
// sense: it is the parent's thread on loan, in the parent's memory.
//
// Unlike Go, which has no fork of its own but the one inside exec.

#ifndef GOSLING_SCHED_FORK_H_
#define GOSLING_SCHED_FORK_H_

#include <atomic>
#include <cstdint>

namespace gosling::sched {

// Null until the runtime starts; then 1 in the process that started it and 0 in
// its children. See InForkedChild.
extern constinit std::atomic<const std::atomic<std::uint32_t>*> fork_word;

// InForkedChild says whether this process is a forked child of one whose
// runtime had started. Async-signal-safe.
inline bool InForkedChild() {
  const std::atomic<std::uint32_t>* word =
      fork_word.load(std::memory_order_relaxed);
  return word != nullptr && word->load(std::memory_order_relaxed) == 0;
}

// WatchForks arms all this. Called before the first lock of the runtime is
// taken; calls after the first do nothing.
void WatchForks();

[[noreturn]] void DieInForkedChild();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_FORK_H_
