// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/netpoll.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>

#include "sched/fence.h"
#include "sched/idle.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/proc.h"

namespace gosling::sched {

namespace {

constexpr std::uintptr_t kNil = 0;
constexpr std::uintptr_t kReady = 1;
constexpr std::uintptr_t kWait = 2;

constinit std::atomic<bool> used{false};
constinit std::atomic<int> waiters{0};
// Gs that a report took out of their records, and that are in no queue yet.
constinit std::atomic<int> taken{0};
constinit std::atomic<std::uint32_t> polls{0};
constinit std::atomic<bool> polling_now{false};

// ReadyWaiter readies a G that was taken out of a record for another reason
// than a report. Null: nothing.
void ReadyWaiter(G* g) {
  if (g == nullptr) return;
  // The caller is awake: CheckDead needs no count.
  ForgetPollWaiter(g);
  Ready(g);
}

// TryPark parks g if its step from kWait to G succeeds. Pinned.
void TryPark(G* g, std::atomic<std::uintptr_t>& word) {
  g->wait_reason.store(static_cast<std::uint8_t>(WaitReason::kIOWait),
                       std::memory_order_relaxed);
  g->status.store(GStatus::kWaiting, std::memory_order_relaxed);
  g->flags.fetch_or(kGPolling, std::memory_order_relaxed);
  waiters.fetch_add(1);
  std::uintptr_t was = kWait;
  // release: g's status, for the reporter that takes g out
  if (word.compare_exchange_strong(was, reinterpret_cast<std::uintptr_t>(g),
                                   std::memory_order_release,
                                   std::memory_order_relaxed)) {
    ParkCommitted(g);
    return;
  }
  ForgetPollWaiter(g);
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
}

}  // namespace

// PollPool keeps the records. Chunk k has kFirst << k of them, so that a record
// is found by its index without a lock.
class PollPool {
 public:
  // Take returns a record that is not in use; nullptr: no memory.
  PollDesc* Take() {
    MutexLock l(&lock_);
    if (free_ == nullptr && !Grow()) return nullptr;
    PollDesc* pd = free_;
    free_ = pd->next_;
    return pd;
  }

  void Give(PollDesc* pd) {
    MutexLock l(&lock_);
    pd->next_ = free_;
    free_ = pd;
  }

  PollDesc* At(std::uint32_t index) const {
    const std::uint32_t n = index + kFirst;
    const auto chunk = static_cast<int>(std::bit_width(n)) -
                       static_cast<int>(std::bit_width(kFirst));
    // acquire: pairs with Grow
    return chunks_[chunk].load(std::memory_order_acquire) +
           (n - (kFirst << chunk));
  }

 private:
  static constexpr std::uint32_t kFirst = 64;
  static constexpr int kChunks = 20;

  bool Grow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_) {
    if (made_ == kChunks) return false;
    const std::uint32_t n = kFirst << made_;
    auto* chunk = new (std::nothrow) PollDesc[n];
    if (chunk == nullptr) return false;
    for (std::uint32_t i = n; i-- > 0;) {
      chunk[i].index_ = n - kFirst + i;
      chunk[i].next_ = free_;
      free_ = &chunk[i];
    }
    // release: pairs with At
    chunks_[made_++].store(chunk, std::memory_order_release);
    return true;
  }

  Mutex lock_;
  PollDesc* free_ ABSL_GUARDED_BY(lock_) = nullptr;
  int made_ ABSL_GUARDED_BY(lock_) = 0;
  std::atomic<PollDesc*> chunks_[kChunks] = {};
};

namespace {

constinit PollPool pool;
constinit Mutex init_mu;

// StartPolling makes the poller when it is first used, and has an M sleep in
// it.
int StartPolling() {
  // acquire: the poller is there
  if (used.load(std::memory_order_acquire)) return 0;
  {
    MutexLock l(&init_mu);
    if (used.load(std::memory_order_relaxed)) return 0;
    if (int err = PollerInit(); err != 0) return err;
    used.store(true, std::memory_order_release);
  }
  HaveKeeper();
  return 0;
}

}  // namespace

bool PollerUsed() { return used.load(std::memory_order_acquire); }

// The flag goes once: with a report, or with the end of the goroutine's Run.
void ForgetPollWaiter(G* g) {
  constexpr std::uint32_t kFlag = kGPolling;
  if ((g->flags.load(std::memory_order_relaxed) & kFlag) == 0) return;
  const std::uint32_t was = g->flags.fetch_and(~kFlag);
  if ((was & kFlag) != 0) waiters.fetch_sub(1);
}

void QueuePolled(GQueue& ready, int n) {
  if (n == 0) return;
  ReadyBatch(ready, n);
  taken.fetch_sub(n);
}

// In this order: what is no waiter any more was counted in `taken` before,
// unless it is in a queue already, where the caller looks next.
bool PollersBusy() { return waiters.load() > 0 || taken.load() > 0; }

// acquire: whoever sees a waiter sees the poller that it waits in
bool PollWaiters() { return waiters.load(std::memory_order_acquire) > 0; }

std::uint32_t Polls() { return polls.load(std::memory_order_relaxed); }

int Poll(std::int64_t delay_ns, GQueue* out) {
  const int n = PollerWait(delay_ns, out);
  polls.fetch_add(1, std::memory_order_relaxed);
  return n;
}

int PollNow(GQueue* out) {
  // acquire, and release below: one M after the other
  if (polling_now.load(std::memory_order_relaxed) ||
      polling_now.exchange(true, std::memory_order_acquire)) {
    return 0;
  }
  const int n = std::max(Poll(0, out), 0);
  polling_now.store(false, std::memory_order_release);
  return n;
}

std::uint64_t PollDesc::Handle() const {
  return std::uint64_t{tag_.load(std::memory_order_relaxed)} << 32 | index_;
}

PollDesc* PollDesc::FromHandle(std::uint64_t handle) {
  PollDesc* pd = pool.At(static_cast<std::uint32_t>(handle));
  return pd->tag_.load(std::memory_order_relaxed) == handle >> 32 ? pd
                                                                  : nullptr;
}

PollDesc* PollDesc::Open(int fd, int* err) {
  Pinned pin;  // starts the runtime, if this is the first use of it
  if ((*err = StartPolling()) != 0) return nullptr;
  PollDesc* pd = pool.Take();
  if (pd == nullptr) {
    *err = ENOMEM;
    return nullptr;
  }
  {
    MutexLock l(&pd->lock_);
    pd->fd_ = fd;
    pd->closing_ = false;
    pd->info_.store(0, std::memory_order_relaxed);
    for (Direction* d : {&pd->read_, &pd->write_}) {
      if (d->word.load(std::memory_order_relaxed) > kReady) {
        Throw("runtime: a goroutine waits on a free polldesc");
      }
      d->word.store(kNil, std::memory_order_relaxed);
      d->seq++;
    }
  }
  *err = PollerAdd(fd, pd->Handle());
  if (*err == 0) return pd;
  pool.Give(pd);
  return nullptr;
}

void PollDesc::Close() {
  PollerDelete(fd_);
  {
    MutexLock l(&lock_);
    if (!closing_) Throw("runtime: close polldesc w/o unblock");
    for (Direction* d : {&read_, &write_}) {
      if (d->word.load(std::memory_order_relaxed) > kReady) {
        Throw("runtime: blocked goroutine on closing polldesc");
      }
    }
    fd_ = -1;
    tag_.store(tag_.load(std::memory_order_relaxed) + 1,
               std::memory_order_relaxed);
  }
  pool.Give(this);
}

PollResult PollDesc::Check(PollMode mode) const {
  const std::uint32_t info = info_.load(std::memory_order_seq_cst);
  if ((info & kInfoClosing) != 0) return PollResult::kClosing;
  if ((info & ExpiredBit(mode)) != 0) return PollResult::kTimeout;
  // Errors of writing show when the caller writes.
  if (mode == kPollRead && (info & kInfoError) != 0) {
    return PollResult::kNotPollable;
  }
  return PollResult::kReady;
}

PollResult PollDesc::Reset(PollMode mode) {
  const PollResult result = Check(mode);
  if (result == PollResult::kReady) {
    Of(mode).word.store(kNil, std::memory_order_relaxed);
  }
  return result;
}

PollResult PollDesc::Wait(PollMode mode) {
  PollResult result = Check(mode);
  while (result == PollResult::kReady && !Block(mode)) {
    // Woken without a report: a deadline that was moved since, perhaps.
    result = Check(mode);
  }
  return result;
}

// Block waits for one report, or for what is no report; true: a report.
bool PollDesc::Block(PollMode mode) {
  std::atomic<std::uintptr_t>& word = Of(mode).word;
  for (;;) {
    std::uintptr_t was = kReady;
    // acquire, here and below: what the reporter did before
    if (word.compare_exchange_strong(was, kNil, std::memory_order_acquire)) {
      return true;
    }
    was = kNil;
    // seq_cst: before the look at info_
    if (word.compare_exchange_strong(was, kWait, std::memory_order_seq_cst)) {
      break;
    }
    if (was > kReady) {
      Throw("runtime: double wait: two goroutines wait for one descriptor");
    }
  }
  if (Check(mode) == PollResult::kReady) {
    Pinned pin;
    TryPark(pin.g(), word);
  }
  const std::uintptr_t was = word.exchange(kNil, std::memory_order_acquire);
  if (was > kWait) Throw("runtime: corrupted polldesc");
  return was == kReady;
}

// Take takes the waiter out of the word, which says afterwards that the
// descriptor is ready, if `ready`. nullptr: no goroutine is parked there.
G* PollDesc::Take(PollMode mode, bool ready) {
  std::atomic<std::uintptr_t>& word = Of(mode).word;
  std::uintptr_t was = word.load(std::memory_order_seq_cst);
  for (;;) {
    if (was == kReady || (was == kNil && !ready)) return nullptr;
    // What the waiter did before it parked is acquired, and what this thread did
    // is released to the waiter. seq_cst, if this fails: as the load above.
    if (word.compare_exchange_weak(was, ready ? kReady : kNil,
                                   std::memory_order_seq_cst)) {
      break;
    }
  }
  return was <= kWait ? nullptr : reinterpret_cast<G*>(was);
}

void PollDesc::SetInfo(std::uint32_t bits) {
  info_.fetch_or(bits, std::memory_order_seq_cst);  // before the look at a word
}

void PollDesc::ClearInfo(std::uint32_t bits) {
  info_.fetch_and(~bits, std::memory_order_seq_cst);
}

int PollDesc::Report(unsigned modes, Extra extra, GQueue* out) {
  // Before Take: the goroutine that it wakes finds it.
  if (extra != Extra::kNone && !EndSeen()) SetInfo(kInfoEnd);
  if (extra == Extra::kError) {
    SetInfo(kInfoError);
  } else if ((info_.load(std::memory_order_relaxed) & kInfoError) != 0) {
    ClearInfo(kInfoError);
  }
  int n = 0;
  for (PollMode mode : {kPollRead, kPollWrite}) {
    if ((modes & mode) == 0) continue;
    G* g = Take(mode, true);
    if (g == nullptr) continue;
    taken.fetch_add(1);
    ForgetPollWaiter(g);
    if (MakeRunnable(g)) {
      out->PushBack(g);
      n++;
    } else {
      taken.fetch_sub(1);
    }
  }
  return n;
}

// SetOneDeadline returns the G that is to be readied, because its time is over.
G* PollDesc::SetOneDeadline(PollMode mode, std::int64_t when,
                            std::int64_t now) {
  Direction& d = Of(mode);
  // A timer that fires at this moment finds another seq.
  d.seq++;
  TimerStop(&d.timer);
  if (when == 0 || when > now) {
    ClearInfo(ExpiredBit(mode));
    if (when == 0) return nullptr;
    d.timer.when = when;
    d.timer.seq = d.seq;
    d.timer.arg = this;
    d.timer.fire = mode == kPollRead
                       ? [](void* pd, std::uint64_t seq, std::int64_t) {
                           static_cast<PollDesc*>(pd)->Expire(kPollRead, seq);
                         }
                       : [](void* pd, std::uint64_t seq, std::int64_t) {
                           static_cast<PollDesc*>(pd)->Expire(kPollWrite, seq);
                         };
    TimerAdd(&d.timer);
    return nullptr;
  }
  SetInfo(ExpiredBit(mode));
  return Take(mode, false);
}

void PollDesc::SetDeadline(std::int64_t when, unsigned modes) {
  Pinned pin;
  G* expired[2] = {};
  {
    MutexLock l(&lock_);
    if (closing_) return;
    const std::int64_t now = when == 0 ? 0 : os::Nanotime();
    int i = 0;
    for (PollMode mode : {kPollRead, kPollWrite}) {
      if ((modes & mode) != 0) expired[i++] = SetOneDeadline(mode, when, now);
    }
  }
  for (G* g : expired) ReadyWaiter(g);
}

// Expire is a timer's fire.
void PollDesc::Expire(PollMode mode, std::uint64_t seq) {
  G* g;
  {
    MutexLock l(&lock_);
    Direction& d = Of(mode);
    if (d.seq != seq) return;  // moved, cleared, or closed meanwhile
    SetInfo(ExpiredBit(mode));
    g = Take(mode, false);
  }
  ReadyWaiter(g);
}

void PollDesc::Unblock() {
  Pinned pin;
  G* waiting[2];
  {
    MutexLock l(&lock_);
    if (closing_) Throw("runtime: unblock on closing polldesc");
    closing_ = true;
    SetInfo(kInfoClosing);
    for (Direction* d : {&read_, &write_}) {
      d->seq++;
      TimerStop(&d->timer);
    }
    waiting[0] = Take(kPollRead, false);
    waiting[1] = Take(kPollWrite, false);
  }
  for (G* g : waiting) ReadyWaiter(g);
}

}  // namespace gosling::sched
