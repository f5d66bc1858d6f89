// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/refused.h"

#include <atomic>
#include <cerrno>
#include <cstring>

#include "sched/deadlock.h"
#include "sched/fence.h"
#include "sched/global_queue.h"
#include "sched/handoff.h"
#include "sched/idle.h"
#include "sched/netpoll.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kThreadRetry = 10'000'000;  // after a refusal, ns

constinit std::atomic<bool> warned{false};

void SayWhy(int err, const char* consequence) {
  int count;
  {
    MutexLock l(&scheduler.lock);
    count = scheduler.mcount;
  }
  Warn("failed to create new OS thread (have %d already; errno=%d: %s)%s",
       count, err, std::strerror(err), consequence);
  if (err == EAGAIN)
    Warn(
        "may need to increase max user processes (ulimit -u) or mappings "
        "(vm.max_map_count)");
}

}  // namespace

bool PutAway(P* p, bool spinning) {
  GQueue batch;
  int n = TakeAll(p, batch);
  PutGlobalBatch(batch, n);
  scheduler.thread_refused.store(true);
  if (spinning) RetractSpinner();
  if (scheduler.stopping.load(std::memory_order_relaxed)) {
    p->status.store(PStatus::kStopped, std::memory_order_relaxed);
    return --scheduler.stopwait == 0;
  }
  PutIdleP(p);
  return false;
}

void NoThreadFor(M* m, P* p, bool spinning) {
  bool stop_done = false;
  {
    MutexLock l(&scheduler.lock);
    scheduler.mcount--;
    if (m != nullptr) {
      m->id = -1;
      m->spinning = false;
      m->next_p = nullptr;
      m->idle_next = scheduler.mdead;
      scheduler.mdead = m;
    }
    if (!GiveToIdleM(p, spinning)) {
      scheduler.thread_retry = os::Nanotime() + kThreadRetry;
      stop_done = PutAway(p, spinning);
    }
    CheckDead();  // it was counted as one that is awake
  }
  if (stop_done) scheduler.stop_note.Wakeup();
}

bool NoMButThis() { return scheduler.mcount - 1 == scheduler.nmsystem; }

void RetryThread(std::int64_t now) {
  if (!scheduler.thread_refused.load(std::memory_order_relaxed)) return;
  bool last_hope;
  bool timers;
  {
    MutexLock l(&scheduler.lock);
    if (now < scheduler.thread_retry ||
        scheduler.stopping.load(std::memory_order_relaxed)) {
      return;
    }
    last_hope = scheduler.mcount == scheduler.nmsystem;
    timers = scheduler.timekeeper == nullptr &&
             (EarliestTimer() != 0 || PollWaiters());
    scheduler.thread_refused.store(false);
  }
  HeavyFence();  // for those that relied on the M that got no thread
  if (timers || AnyRunnable()) WakeP(last_hope);
}

void WarnNoThread(int err) {
  if (warned.exchange(true, std::memory_order_relaxed)) return;
  SayWhy(err, ": going on without it");
}

void ThrowNoThread(int err) {
  SayWhy(err, "");
  Throw("newosproc");
}

}  // namespace gosling::sched
