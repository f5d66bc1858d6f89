// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/contention.h"

#include "sched/os/mutex.h"
#include "sched/os/os.h"
#include "sched/reports.h"
#include "sched/sched.h"
#include "sched/wait_reason.h"

namespace gosling::sched {

constinit Contention contention;
constinit MutexWait mutex_wait;

namespace {

constinit Mutex on_mu;

bool On() {
  return contention.block_rate.load(std::memory_order_relaxed) != 0 ||
         TimesMutexes();
}

// Tell tells all Ms whether parks are timed. An M that is new to the list sees it
// in JoinContention.
void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(on_mu) {
  const bool on = On();
  // acquire: pairs with PutIntoAllM
  for (M* m = scheduler.allm.load(std::memory_order_acquire); m != nullptr;
       m = m->all_next) {
    (on ? SetSlow : ClearSlow)(m, kTimedParks);
  }
}

bool IsBlocking(WaitReason reason) {
  switch (reason) {
    case WaitReason::kNone:
    case WaitReason::kSleep:
    case WaitReason::kIOWait:
    case WaitReason::kIOWaitDurable:
    case WaitReason::kSynctestWait:
      return false;
    default:
      return true;
  }
}

}  // namespace

void SetBlockRate(std::int64_t ns) {
  MutexLock l(&on_mu);
  contention.block_rate.exchange(ns);  // before the walk
  Tell();
}

std::int32_t SetMutexFraction(std::int32_t n) {
  MutexLock l(&on_mu);
  const std::int32_t former = contention.mutex_fraction.exchange(n);
  Tell();
  return former;
}

void JoinContention(M* m) {
  if (!On()) return;
  MutexLock l(&on_mu);  // lest Tell's walk has passed m
  if (On()) SetSlow(m, kTimedParks);
}

void AddMutexWait(std::int64_t ns, std::uint32_t period) {
  constexpr std::int64_t kLong = 5'000;  // a hundred times what the clock takes
  if (ns > 0) {
    mutex_wait.ns.fetch_add(static_cast<std::uint64_t>(ns) * period,
                            std::memory_order_relaxed);
  }
  // Of two that change it at once, one has its way.
  std::uint32_t next = mutex_wait.period.load(std::memory_order_relaxed);
  if (ns >= kLong && next > 1) {
    next /= 2;
  } else if (ns < kLong && next < MutexWait::kMostPeriod) {
    next *= 2;
  } else {
    return;
  }
  mutex_wait.period.store(next, std::memory_order_relaxed);
}

std::int64_t BeginWait(G* g, std::uint32_t slow) {
  if ((slow & (kForeign | kOnSystemStack | kControlled)) != 0 ||
      g->HasFlag(kGSystem)) {
    return 0;
  }
  if (!g->HasFlag(kGTimed)) {
    g->flags.fetch_or(kGTimed, std::memory_order_relaxed);
  }
  const std::int64_t now = os::Nanotime();
  g->parked_at = now;
  return now;
}

void EndWait(G* g, std::int64_t since) {
  if (since == 0) return;
  g->parked_at = 0;
  const std::int64_t waited = g->readied_at - since;
  const auto reason = static_cast<WaitReason>(
      g->wait_reason.load(std::memory_order_relaxed) & ~kWaitSeen);
  if (waited > 0 && IsBlocking(reason)) reports.waited(waited);
}

void NoteReadied(G* g) {
  // acquire: pairs with SampleParked's release
  const std::uint32_t flags = g->flags.load(std::memory_order_acquire);
  if ((flags & kGSampled) != 0 || On()) {
    g->readied_at = os::Nanotime();
  } else {
    g->flags.fetch_and(~std::uint32_t{kGTimed}, std::memory_order_relaxed);
  }
}

}  // namespace gosling::sched
