// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/p.h"

#include "sched/global_queue.h"
#include "sched/sched.h"

namespace gosling::sched {

void RunqPut(P* p, G* g, bool next) {
  if (next) {
    G* old = p->runnext.load(std::memory_order_relaxed);
    p->runnext.store(g, std::memory_order_relaxed);
    if (old == nullptr) return;
    g = old;  // the former one goes to the tail
  }
  while (!p->runq.Put(g)) {
    GQueue batch;
    int n = p->runq.TakeHalf(g, batch);
    if (n == 0) continue;
    p->overflows.Add();
    MutexLock l(&scheduler.lock);
    PutGlobalBatch(batch, n);
    return;
  }
}

int TakeAll(P* p, GQueue& batch) {
  int n = 0;
  if (G* g = p->runnext.load(std::memory_order_relaxed)) {
    p->runnext.store(nullptr, std::memory_order_relaxed);
    batch.PushBack(g);
    n++;
  }
  while (G* g = p->runq.Get()) {
    batch.PushBack(g);
    n++;
  }
  return n;
}

bool AnyRunnable() {
  // acquire: pairs with TakeGlobal, which has filled a ring before
  if (scheduler.runqsize.load(std::memory_order_acquire) > 0) return true;
  int n = Procs();
  for (int i = 0; i < n; i++) {
    if (!scheduler.allp[i]->runq.Empty()) return true;
  }
  return false;
}

}  // namespace gosling::sched
