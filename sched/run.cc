// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/run.h"

#include "sched/deadlock.h"
#include "sched/goroutine.h"
#include "sched/gpool.h"
#include "sched/lock_os_thread.h"
#include "sched/netpoll.h"
#include "sched/os/crash.h"
#include "sched/os/note.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/shun.h"
#include "sched/world.h"

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
  ForgetPollWaiter(g);
  if (g->HasFlag(kGLocked)) {
    EndLockedM(g);
  } else if (!g->HasFlag(kGControlled) &&
             g->status.load(std::memory_order_relaxed) == GStatus::kWaiting) {
    // No thread is on its stack: one that parks has its P until it has left that.
    g->annotations.Abandon();
  }
}

void EndRun(std::uint32_t id) {
  StopTheWorld();
  Abandonment a{id, 0};
  gpool.ForEach(AbandonIfOf, &a);
  scheduler.abandoned.fetch_add(a.count, std::memory_order_relaxed);
  scheduler.run_id.store(0);
  StartTheWorld();
}

// AwaitMain returns when the main goroutine, which has been started, has.
void AwaitMain() {
  // Only now does this thread count as asleep: before, an M that goes idle
  // would find no thread awake and nothing to run. If the main goroutine has
  // parked meanwhile, this thread looks for a deadlock.
  scheduler.nforeign_parked.fetch_add(1);
  {
    MutexLock l(&scheduler.lock);
    CheckDead();
  }
  SleepLong(&main_returned, 0);
}

}  // namespace

const char* RunMain(G* g, void (*by)(G*)) {
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
  scheduler.main_exited.store(false);
  scheduler.run_id.store(id);
  g->run_id = id;
  g->created_at = nullptr;  // as the main goroutine is in Go's dumps
  g->flags.fetch_or(kGMain, std::memory_order_relaxed);
  if (by != nullptr) {
    by(g);
  } else {
    StartG(g);
    AwaitMain();
  }
  AwaitCrash();
  EndRun(id);
  run_mu.Unlock();
  return nullptr;
}

void MainReturned() {
  // The thread in RunMain counts as awake from here on.
  scheduler.nforeign_parked.fetch_sub(1);
  main_returned.Wakeup();
}

bool RunOver(std::uint32_t run_id) {
  return run_id != 0 &&
         run_id != scheduler.run_id.load(std::memory_order_relaxed);
}

}  // namespace gosling::sched
