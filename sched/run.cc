// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/run.h"

#include "sched/death.h"
#include "sched/debug.h"
#include "sched/gpool.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

Mutex run_mu;  // held from the start of a Run to its end
std::atomic<std::uint32_t> last_run_id{0};
FutexNote main_returned;

struct Abandonment {
  std::uint32_t run_id;
  std::uint64_t count;
};

void AbandonIfOf(G* g, void* arg) {
  auto* a = static_cast<Abandonment*>(arg);
  if (g->run_id != a->run_id || g->HasFlag(kGAbandoned)) return;
  g->flags.fetch_or(kGAbandoned, std::memory_order_relaxed);
  if (!g->HasFlag(kGSystem)) a->count++;
  if (g->HasFlag(kGLocked)) EndLockedM(g);
}

void EndRun(std::uint32_t id) {
  StopTheWorld();
  Abandonment a{id, 0};
  gpool.ForEach(AbandonIfOf, &a);
  sched.abandoned.fetch_add(a.count, std::memory_order_relaxed);
  sched.run_id.store(0);
  StartTheWorld();
}

}  // namespace

const char* RunMain(G* g) {
  if (!CurrentG()->HasFlag(kGForeign)) {
    FreeNewG(g);
    return "gosling: Run called inside Run: a goroutine starts others with Go";
  }
  if (!run_mu.TryLock()) {
    FreeNewG(g);
    return "gosling: Run called while another thread's Run is in progress";
  }
  std::uint32_t id = last_run_id.fetch_add(1, std::memory_order_relaxed) + 1;
  main_returned.Clear();
  sched.main_exited.store(false);
  sched.run_id.store(id);
  g->run_id = id;
  g->created_at = nullptr;  // as the main goroutine is in Go's dumps
  g->flags.fetch_or(kGMain, std::memory_order_relaxed);
  StartG(g);
  // Only now does this thread count as asleep: before, an M that goes idle
  // would find nobody awake and nothing to run. If the main goroutine has come
  // to rest meanwhile, it is for this thread to see that.
  sched.nforeign_parked.fetch_add(1);
  {
    MutexLock l(&sched.lock);
    CheckDead();
  }
  main_returned.Sleep();
  AwaitDeath();
  EndRun(id);
  run_mu.Unlock();
  return nullptr;
}

void MainReturned() {
  // The thread in RunMain counts as awake from here on.
  sched.nforeign_parked.fetch_sub(1);
  main_returned.Wakeup();
}

bool RunOver(std::uint32_t run_id) {
  return run_id != 0 && run_id != sched.run_id.load(std::memory_order_relaxed);
}

}  // namespace gosling::sched
