// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/global_queue.h"

#include <algorithm>

namespace gosling::sched {

namespace {

void Resize(int change, std::memory_order order = std::memory_order_relaxed)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(scheduler.lock) {
  scheduler.runqsize.store(GlobalSize() + change, order);
}

}  // namespace

void PutGlobal(G* g) {
  MutexLock l(&scheduler.lock);
  PutGlobalLocked(g);
}

void PutGlobalLocked(G* g) {
  scheduler.runq.PushBack(g);
  Resize(1);
}

void PutGlobalBatch(GQueue& batch, int n) {
  scheduler.runq.PushBackAll(batch);
  Resize(n);
}

G* TakeGlobal(P* p, int max) {
  const int size = GlobalSize();
  if (size == 0) return nullptr;
  int n = std::min(size, size / Procs() + 1);
  if (max > 0) n = std::min(n, max);
  n = std::min(n, static_cast<int>(RunQueue::kSize) / 2);
  G* first = scheduler.runq.Pop();
  for (int taken = 1; taken < n; taken++) p->runq.Put(scheduler.runq.Pop());
  // release: pairs with AnyRunnable's acquire, as said in the header.
  Resize(-n, std::memory_order_release);
  return first;
}

}  // namespace gosling::sched
