// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/os/fork.h"

#include <pthread.h>

#include "sched/os/fatal.h"
#include "sched/os/os.h"

namespace gosling::sched {

constinit std::atomic<const std::atomic<std::uint32_t>*> fork_word{nullptr};

namespace {

constinit std::atomic<std::atomic<std::uint32_t>*> our_word{nullptr};
constinit std::atomic<void (*)()> then_in_child{nullptr};

// AfterForkInChild runs in the child, before fork returns there.
// Async-signal-safe.
void AfterForkInChild() {
  our_word.load(std::memory_order_relaxed)->store(0);
  then_in_child.load(std::memory_order_relaxed)();
}

}  // namespace

// Two threads may come here at once. Each leaves with a word in place and a
// handler installed, as it must before it goes on to take a lock; a second
// handler repeats the first one's work.
void WatchForks(void (*in_child)()) {
  if (fork_word.load(std::memory_order_acquire) != nullptr) return;
  then_in_child.store(in_child, std::memory_order_relaxed);
  std::atomic<std::uint32_t>* word = os::MakeForkWord();
  if (word == nullptr) Throw("no memory left to start the runtime");
  word->store(1, std::memory_order_relaxed);
  std::atomic<std::uint32_t>* first = nullptr;
  our_word.compare_exchange_strong(first, word);
  if (int err = ::pthread_atfork(nullptr, nullptr, AfterForkInChild);
      err != 0) {
    Throw("pthread_atfork failed: error %d", err);
  }
  // release: publishes the word's 1
  fork_word.store(our_word.load(), std::memory_order_release);
}

void DieInForkedChild() {
  Throw(
      "gosling used in a forked child: its threads stayed in the parent (call "
      "exec after fork, or fork before the first use of gosling)");
}

}  // namespace gosling::sched
