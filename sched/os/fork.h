// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A forked child of a program whose runtime has started dies at its next call
// of the runtime, and says so: it never hangs.
//
// Of all the threads the child has only the one that forked: no sysmon, no
// other M, and locks that will never be released. It may do what POSIX allows
// any child of a threaded program, which is to call exec or _exit. How its next
// call of the runtime ends:
//
//   * Every M that the child can be on has kForkedChild in its `slow`, so Pin
//     leads to PinSlow, which dies. A thread without an M dies in Bootstrap.
//     Nothing of this is on a fast path.
//   * A call that does not pin (a look at an empty channel, a mutex that is
//     free) goes on working. A thread that would go to sleep, in os::FutexWait,
//     dies instead.
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

#ifndef GOSLING_SCHED_OS_FORK_H_
#define GOSLING_SCHED_OS_FORK_H_

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
// taken; calls after the first do nothing. In a child, before fork returns
// there, `in_child` is called; it is async-signal-safe.
void WatchForks(void (*in_child)());

[[noreturn]] void DieInForkedChild();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_FORK_H_
