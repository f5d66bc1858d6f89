// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Parking and waking for sync; sema.h explains it. Everywhere here: a waiter's
// Sudog stands on its own stack and is gone as soon as the waiter runs, so a
// waker reads what it needs from it before Ready.

#include "runtime/sema.h"

#include <algorithm>
#include <new>
#include <type_traits>

#include "absl/base/optimization.h"
#include "sched/contention.h"
#include "sched/control.h"
#include "sched/counts.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/report/contention_profile.h"

namespace gosling::internal {

using sched::G;
using sched::Sudog;
using sched::WaitQ;

namespace {

// Zeroed bytes are a valid WaitRoom: free lock, word 0, empty queue. Nothing
// needs destroying.
// NOLINTNEXTLINE(misc-redundant-expression)
static_assert(sizeof(WaitRoom) == sizeof(WaitList) &&
              alignof(WaitRoom) == alignof(WaitList));
static_assert(std::is_standard_layout_v<WaitRoom> &&
              std::is_trivially_destructible_v<WaitRoom>);

WaitRoom& Room(WaitList& list) {
  return *std::launder(static_cast<WaitRoom*>(list.Room()));
}

// Enqueue makes the calling goroutine wait in r, whose lock it holds, until a
// waker readies it.
void Enqueue(WaitRoom& r, Sudog& s, sched::WaitReason reason, bool front)
    ABSL_UNLOCK_FUNCTION(r.mu) {
  if (front) {
    r.waiters.EnqueueFront(&s);
  } else {
    r.waiters.Enqueue(&s);
  }
  sched::ParkUnlock(s.g, reason, r.mu);
}

// ReadyAll readies a queue of waiters that the caller has taken off a list,
// first come, first to run.
void ReadyAll(WaitQ& woken) {
  while (Sudog* s = woken.First()) {
    woken.Remove(s);
    sched::Ready(s->g, /*next=*/false);
  }
}

bool IsForMutex(sched::WaitReason reason) {
  return reason == sched::WaitReason::kSyncMutexLock ||
         reason == sched::WaitReason::kSyncRWMutexLock ||
         reason == sched::WaitReason::kSyncRWMutexRLock;
}

bool WaitsForMutex(const G* g) {
  return IsForMutex(static_cast<sched::WaitReason>(
      g->wait_reason.load(std::memory_order_relaxed) & ~sched::kWaitSeen));
}

// TimedWait is a wait for a lock that has been drawn. Its Sudog's `elem` points to it.
struct TimedWait {
  std::int64_t since;
  std::uint32_t period;
};

// BeginMutexWait times the wait of s, which is about to begin, if it is drawn.
void BeginMutexWait(Sudog* s, TimedWait* timed) {
  constexpr std::uint32_t kNotCounted = sched::kForeign | sched::kControlled;
  const sched::M* m = sched::CurrentM();
  if ((m->slow.load(std::memory_order_relaxed) & kNotCounted) != 0) return;
  const std::uint32_t period =
      sched::mutex_wait.period.load(std::memory_order_relaxed);
  if ((sched::FastRand() & (period - 1)) != 0) return;
  *timed = {sched::os::Nanotime(), period};
  s->elem = timed;
}

[[gnu::noinline]] void AddMutexWait(const Sudog* s) {
  const auto* timed = static_cast<const TimedWait*>(s->elem);
  sched::AddMutexWait(sched::os::Nanotime() - timed->since, timed->period);
}

// EndMutexWait counts the wait of s, if it is timed; before s is readied.
void EndMutexWait(const Sudog* s) {
  if (ABSL_PREDICT_FALSE(s->elem != nullptr)) AddMutexWait(s);
}

// WaitOf is for how long g has waited by now; 0: it is not timed.
std::int64_t WaitOf(const G* g, std::int64_t now) {
  const std::int64_t since = g->parked_at;
  return since != 0 ? std::max<std::int64_t>(now - since, 0) : 0;
}

// Restart has g's wait count from now on only.
void Restart(G* g, std::int64_t now) {
  if (g->parked_at != 0) g->parked_at = now;
}

// ChargeMutex returns for how long others have waited, in sum, for what the caller
// unlocks, since the unlock before; 0: this one is not to be counted. The waiter
// `woken` has been the first, and its wait the longest; of those that stay, whose
// first and last now count from here, the mean of the longest and the shortest is
// taken, as Go does. Out of the way: no unlock pays for it while it is off.
[[gnu::noinline]] std::int64_t ChargeMutex(WaitRoom& r, const Sudog* woken)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(r.mu) {
  if (woken->g->parked_at == 0 || !WaitsForMutex(woken->g)) return 0;
  const std::int64_t now = sched::os::Nanotime();
  const bool drawn = sched::DrawsMutex();
  const std::int64_t longest = WaitOf(woken->g, now);
  std::int64_t sum = longest;
  if (Sudog* first = r.waiters.First()) {
    Sudog* const last = r.waiters.Last();
    if (drawn) {
      std::int64_t n = 0;
      for (const Sudog* s = first; s != nullptr; s = s->next) n++;
      sum += (longest + WaitOf(last->g, now)) / 2 * n;
    }
    Restart(first->g, now);
    Restart(last->g, now);
  }
  return drawn ? sum : 0;
}

}  // namespace

void SemAcquire(WaitList& list, sched::WaitReason reason, bool front) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  r.mu.Lock();
  if (r.word > 0) {
    r.word--;
    r.mu.Unlock();
    return;
  }
  Sudog s;
  s.g = pin.g();
  TimedWait timed;
  if (IsForMutex(reason)) BeginMutexWait(&s, &timed);
  Enqueue(r, s, reason, front);
}

void SemWake(WaitList& list, bool handoff) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  r.mu.Lock();
  Sudog* s = r.waiters.Dequeue();
  if (s == nullptr) r.word++;
  const std::int64_t waited =
      ABSL_PREDICT_FALSE(sched::TimesMutexes()) && s != nullptr
          ? ChargeMutex(r, s)
          : 0;
  r.mu.Unlock();
  if (s == nullptr) return;
  EndMutexWait(s);
  if (ABSL_PREDICT_FALSE(waited > 0)) sched::CountMutex(waited);
  if (handoff) {
    sched::HandoffYield(s->g);
  } else {
    sched::Ready(s->g);
  }
}

void SemRelease(WaitList& list, std::uint32_t n) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  WaitQ woken;
  std::uint32_t count = 0;
  std::int64_t waited = 0;
  r.mu.Lock();
  for (Sudog* s; count < n && (s = r.waiters.First()) != nullptr; count++) {
    r.waiters.Remove(s);
    if (s->g->HasFlag(sched::kGAbandoned)) continue;
    if (ABSL_PREDICT_FALSE(sched::TimesMutexes())) waited += ChargeMutex(r, s);
    EndMutexWait(s);
    woken.Enqueue(s);
  }
  r.word += n - count;
  r.mu.Unlock();
  if (ABSL_PREDICT_FALSE(waited > 0)) sched::CountMutex(waited);
  if (n == 1 && count == 1 && !woken.Empty()) {
    sched::Ready(woken.First()->g);  // next: it is the only waiter
  } else {
    ReadyAll(woken);
  }
}

void NotifyWait(WaitList& list, std::uint32_t ticket) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  r.mu.Lock();
  // Tickets wrap around: compare by distance.
  if (static_cast<std::int32_t>(ticket - r.word) < 0) {
    r.mu.Unlock();
    return;
  }
  Sudog s;
  s.g = pin.g();
  s.ticket = ticket;
  Enqueue(r, s, sched::WaitReason::kSyncCondWait, /*front=*/false);
}

void NotifyOne(WaitList& list, const std::atomic<std::uint32_t>& next_ticket) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  G* woken = nullptr;
  r.mu.Lock();
  // acquire: the tickets of the waiters that the caller knows of
  std::uint32_t end = next_ticket.load(std::memory_order_acquire);
  while (woken == nullptr && r.word != end) {
    std::uint32_t ticket = r.word++;
    // Usually the first: tickets are drawn and queued in nearly the same order.
    Sudog* s = r.waiters.First();
    while (s != nullptr && s->ticket != ticket) s = s->next;
    // Drawn but not queued yet? NotifyWait will see that it has been notified.
    if (s == nullptr) break;
    r.waiters.Remove(s);
    if (!s->g->HasFlag(sched::kGAbandoned)) woken = s->g;
  }
  r.mu.Unlock();
  if (woken != nullptr) sched::Ready(woken);
}

void NotifyAll(WaitList& list, const std::atomic<std::uint32_t>& next_ticket) {
  sched::Pinned pin;
  WaitRoom& r = Room(list);
  r.mu.Lock();
  WaitQ woken = r.waiters;
  r.waiters = WaitQ();
  r.word = next_ticket.load(std::memory_order_acquire);  // as in NotifyOne
  r.mu.Unlock();
  ReadyAll(woken);
}

bool SpinWorthwhile() {
  if (!sched::OthersRun()) return false;
  sched::Pinned pin;
  const sched::P* p = sched::CurrentM()->p;
  if (p == nullptr) return sched::HereControl() == nullptr;
  return p->runq.EmptyForOwner() &&
         p->runnext.load(std::memory_order_relaxed) == nullptr;
}

}  // namespace gosling::internal
