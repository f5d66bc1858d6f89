// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/program.h"

#include <gosling/internal/sync.h>

#include <algorithm>

#include "sched/deadlock.h"
#include "sched/goroutine.h"
#include "sched/os/os.h"
#include "sched/sched.h"
#include "sched/shun.h"

namespace gosling::testing {

namespace {

constexpr std::int64_t kTick = 100;  // ns

ProgramLoop* current = nullptr;  // one Run at a time

}  // namespace

void RunProgram(sched::G* main) {
  ProgramLoop loop;
  UniformDecider decider(sched::scheduler.seed, /*moves_time=*/false);
  internal::explorations.fetch_add(1, std::memory_order_relaxed);
  loop.Enter("Run");
  current = &loop;
  loop.Run(main, &decider);
  current = nullptr;
  loop.Leave();
  internal::explorations.fetch_sub(1, std::memory_order_relaxed);
}

bool ProgramReturned() {
  if (sched::HereControl() == nullptr) return false;
  current->Returned();
  return true;
}

void ProgramLoop::Run(sched::G* main, Decider* decider) {
  Begin(decider);
  program_ = true;
  tick_ = kTick;
  sched::StartG(main);
  Loop();
  Close();
}

bool ProgramLoop::NewsMayCome() const {
  return sched::scheduler.external_wakers.load() > 0 ||
         sched::scheduler.nforeign.load() > 1 || SomeWaitForDescriptors();
}

bool ProgramLoop::Idle() {
  const std::int64_t next = host_->timers.Next();
  if (next != 0 && (next <= now_ || !NewsMayCome())) {
    MoveTime();
    return true;
  }
  const std::int64_t start = sched::os::Nanotime();
  Sleep(next != 0 ? next - now_ : 0, next == 0 && !SomeWaitForDescriptors());
  now_ += sched::os::Nanotime() - start;
  if (next != 0 && next <= now_) MoveTime();
  return true;
}

// Sleep returns when there is something in the inbox or ns have passed; 0: no
// limit. `for_good`: only other goroutines and threads can wake it.
void ProgramLoop::Sleep(std::int64_t ns, bool for_good) {
  {
    sched::MutexLock l(&inbox_mu_);
    if (!inbox_.empty()) return;
    asleep_ = for_good;
    if (asleep_) sched::scheduler.nforeign_parked.fetch_add(1);
  }
  if (for_good) {
    sched::MutexLock l(&sched::scheduler.lock);
    sched::CheckDead();
  }
  sched::SleepLong(&news_, ns != 0 ? sched::os::Nanotime() + ns : 0);
  sched::MutexLock l(&inbox_mu_);
  WakeHolding();
}

void ProgramLoop::WakeHolding() {
  if (!asleep_) return;
  asleep_ = false;
  sched::scheduler.nforeign_parked.fetch_sub(1);
}

// Its waker counts it as awake.
void ProgramLoop::Add(sched::G* g) {
  if (sched::CurrentM() != &host_->m) {
    sched::MutexLock l(&inbox_mu_);
    WakeHolding();
    AddFar(g);
    return;
  }
  BubbleLoop::Add(g);
}

}  // namespace gosling::testing
