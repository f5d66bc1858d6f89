// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/pool.h>: a shard for each P that there was when the pool was first put
// into. Ps that come later, and threads without a P, use the lists of these.
//
// `own` belongs to the goroutine that is pinned to the shard's P, and needs no
// lock. The list is under the lock, and is used at its end, where the freshest
// is. Items are moved with the lock held, and destroyed without it.
//
// How much stays: Spare (sched/spare.h) counts for each list how few there were
// during a period of a second; a Put that finds the period over begins the next
// one, and it and later ones destroy so many, a batch at a time.
//
// Unlike Go's, a list is no lock-free ring: a lock that nothing contends costs one
// atomic instruction more, and `own` spares it most of the time. (The pool rows
// in tools/bench/.)
//
// Go: sync/pool.go, poolqueue.go.

#include <gosling/internal/pool.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/base/optimization.h"
#include "absl/base/thread_annotations.h"
#include "runtime/chan.h"
#include "sched/light_mutex.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/spare.h"

namespace gosling::internal {

namespace {

constexpr std::int64_t kPeriodNs = 1'000'000'000;
constexpr std::size_t kFirstCapacity = 16;
constexpr std::uint32_t kPutsPerLook = 64;  // at the clock
constexpr std::size_t kTrimBatch = 64;

Elem ElemOf(const ElemOps& ops) {
  return {ops.move != nullptr ? &ops : nullptr, ops.size};
}

// Room is memory for items, with the first n of them in it, or null.
class Room {
 public:
  Room() = default;
  Room(const ElemOps& ops, std::size_t capacity) noexcept
      : items_(static_cast<unsigned char*>(::operator new (
            capacity* ops.size, std::align_val_t{ops.align}, std::nothrow))),
        capacity_(items_ != nullptr ? capacity : 0) {}

  std::size_t Capacity() const { return capacity_; }
  unsigned char* At(const ElemOps& ops, std::size_t i) const {
    return items_ + i * ops.size;
  }
  // Free destroys the items at [0, n) and frees the memory.
  void Free(const ElemOps& ops, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n && ops.destroy != nullptr; i++) {
      ops.destroy(At(ops, i));
    }
    ::operator delete (items_, std::align_val_t{ops.align});
    *this = Room();
  }

 private:
  unsigned char* items_ = nullptr;
  std::size_t capacity_ = 0;
};

// Shard: see the head.
struct alignas(128) Shard {
  bool has_own = false;  // the pinned goroutine's, as is what is in `own`
  Room own;

  sched::LightMutex lock;
  std::atomic<std::size_t> count{0};  // in the list; written under lock
  Room list ABSL_GUARDED_BY(lock);
  sched::Spare spare ABSL_GUARDED_BY(lock);
  std::uint32_t puts ABSL_GUARDED_BY(lock) = 0;
  std::int64_t period_began ABSL_GUARDED_BY(lock) = 0;

  std::size_t Count() const { return count.load(std::memory_order_relaxed); }

  // Pop moves the freshest of the list to `out`. Pinned.
  bool Pop(const ElemOps& ops, void* out) {
    if (Count() == 0) return false;  // or so it seems
    lock.Lock();
    const std::size_t n = Count();
    if (n != 0) {
      ElemOf(ops).Relocate(out, list.At(ops, n - 1));
      count.store(n - 1, std::memory_order_relaxed);
      spare.Took(n - 1);
    }
    lock.Unlock();
    return n != 0;
  }

  // Push returns false if there is no room. *look: it is time for Trim. Pinned.
  bool Push(const ElemOps& ops, void* item, bool* look) {
    lock.Lock();
    const std::size_t n = Count();
    const bool has_room = n < list.Capacity();
    if (has_room) {
      ElemOf(ops).Move(list.At(ops, n), item);
      count.store(n + 1, std::memory_order_relaxed);
      *look = ++puts % kPutsPerLook == 0;
    }
    lock.Unlock();
    return has_room;
  }

  // Grow makes room for more; false: memory is short.
  bool Grow(const ElemOps& ops) {
    std::size_t capacity = kFirstCapacity;
    {
      const sched::Pinned pin;
      lock.Lock();
      if (list.Capacity() != 0) capacity = 2 * list.Capacity();
      lock.Unlock();
    }
    Room room(ops, capacity);
    if (room.Capacity() == 0) return false;
    {
      const sched::Pinned pin;
      lock.Lock();
      if (room.Capacity() > list.Capacity()) {
        const std::size_t n = Count();
        for (std::size_t i = 0; i < n; i++) {
          ElemOf(ops).Relocate(room.At(ops, i), list.At(ops, i));
        }
        std::swap(list, room);
      }
      lock.Unlock();
    }
    room.Free(ops, 0);
    return true;
  }

  // Trim destroys some of what has not been needed for long.
  void Trim(const ElemOps& ops, std::int64_t now) {
    Room gone(ops, kTrimBatch);
    if (gone.Capacity() == 0) return;
    std::size_t n = 0;
    {
      const sched::Pinned pin;
      lock.Lock();
      std::size_t left = Count();
      if (now - period_began >= kPeriodNs) {
        // The first one does not know how few there were.
        if (period_began == 0) spare.Took(0);
        spare.BeginPeriod(left, 0);
        period_began = now;
      }
      for (n = 0; n != kTrimBatch && spare.Batch(left, 1) != 0; n++) {
        ElemOf(ops).Relocate(gone.At(ops, n), list.At(ops, --left));
      }
      count.store(left, std::memory_order_relaxed);
      lock.Unlock();
    }
    gone.Free(ops, n);
  }

  // TakeAll empties the list into `gone`, and returns how many it holds.
  std::size_t TakeAll(Room* gone) {
    const sched::Pinned pin;
    lock.Lock();
    const std::size_t n = Count();
    std::swap(list, *gone);
    count.store(0, std::memory_order_relaxed);
    spare.Took(0);
    lock.Unlock();
    return n;
  }
};

}  // namespace

class PoolShards {
 public:
  explicit PoolShards(const ElemOps* ops)
      : ops_(*ops),
        n_(static_cast<std::size_t>(
            sched::scheduler.nallp.load(std::memory_order_acquire))),
        shards_(new (std::nothrow) Shard[n_]) {
    if (shards_ == nullptr) n_ = 0;
    for (std::size_t i = 0; i < n_; i++) shards_[i].own = Room(ops_, 1);
  }
  PoolShards(const PoolShards&) = delete;
  PoolShards& operator=(const PoolShards&) = delete;
  ~PoolShards() {
    for (std::size_t i = 0; i < n_; i++) {
      Shard& s = shards_[i];
      s.own.Free(ops_, s.has_own ? 1 : 0);
      Room list;
      const std::size_t n = s.TakeAll(&list);
      list.Free(ops_, n);
    }
    delete[] shards_;
  }

  // GetOwn and PutOwn are for the goroutine that is pinned to p, or null.
  bool GetOwn(const sched::P* p, void* out) {
    Shard* s = ShardOf(p);
    if (s == nullptr || !s->has_own) return false;
    ElemOf(ops_).Relocate(out, s->own.At(ops_, 0));
    s->has_own = false;
    return true;
  }
  bool PutOwn(const sched::P* p, void* item) {
    Shard* s = ShardOf(p);
    if (s == nullptr || s->has_own || s->own.Capacity() == 0) return false;
    ElemOf(ops_).Move(s->own.At(ops_, 0), item);
    s->has_own = true;
    return true;
  }

  bool GetSlow(void* out) {
    const sched::Pinned pin;
    const sched::P* p = sched::CurrentM()->p;
    if (GetOwn(p, out)) return true;
    const std::size_t home = HomeOf(p);
    for (std::size_t i = 0; i < n_; i++) {
      if (shards_[(home + i) % n_].Pop(ops_, out)) return true;
    }
    return false;
  }

  void PutSlow(void* item) {
    if (n_ == 0) return;
    bool look = false;
    Shard* s;
    do {
      const sched::Pinned pin;
      const sched::P* p = sched::CurrentM()->p;
      if (PutOwn(p, item)) return;
      s = &shards_[HomeOf(p)];
      if (s->Push(ops_, item, &look)) break;
      s = nullptr;
    } while (Grow());
    if (look) s->Trim(ops_, sched::os::Nanotime());
  }

  void Clear() {
    for (std::size_t i = 0; i < n_; i++) {
      Room list;
      const std::size_t n = shards_[i].TakeAll(&list);
      list.Free(ops_, n);
    }
    Room own(ops_, 1);
    if (own.Capacity() == 0) return;
    bool had = false;
    {
      const sched::Pinned pin;
      had = GetOwn(sched::CurrentM()->p, own.At(ops_, 0));
    }
    own.Free(ops_, had ? 1 : 0);
  }

  std::size_t Size() const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < n_; i++) {
      size += shards_[i].Count() + (shards_[i].has_own ? 1 : 0);
    }
    return size;
  }

 private:
  Shard* ShardOf(const sched::P* p) const {
    if (p == nullptr || static_cast<std::size_t>(p->id) >= n_) return nullptr;
    return &shards_[p->id];
  }
  std::size_t HomeOf(const sched::P* p) const {
    return p == nullptr ? 0 : static_cast<std::size_t>(p->id) % n_;
  }
  // Grow grows the list that is the caller's now.
  bool Grow() {
    Shard* s;
    {
      const sched::Pinned pin;
      s = &shards_[HomeOf(sched::CurrentM()->p)];
    }
    return s->Grow(ops_);
  }

  const ElemOps& ops_;
  std::size_t n_;
  Shard* const shards_;
};

PoolCore::~PoolCore() { delete shards_.load(std::memory_order_acquire); }

bool PoolCore::Get(void* out) noexcept {
  // acquire: pairs with the release in Put
  PoolShards* shards = shards_.load(std::memory_order_acquire);
  if (shards == nullptr) return false;
  sched::M* m = sched::CurrentM();
  if (ABSL_PREDICT_TRUE(sched::TryPin(m))) {
    const bool got = shards->GetOwn(m->p, out);
    sched::Unpin();
    if (got) return true;
  }
  return shards->GetSlow(out);
}

void PoolCore::Put(void* item) noexcept {
  // acquire: as in Get
  PoolShards* shards = shards_.load(std::memory_order_acquire);
  if (ABSL_PREDICT_FALSE(shards == nullptr)) {
    { const sched::Pinned pin; }  // there are Ps from here on
    auto* made = new (std::nothrow) PoolShards(ops_);
    if (made == nullptr) return;
    // release: publishes what the constructor has made
    if (shards_.compare_exchange_strong(shards, made,
                                        std::memory_order_acq_rel)) {
      shards = made;
    } else {
      delete made;
    }
  }
  sched::M* m = sched::CurrentM();
  if (ABSL_PREDICT_TRUE(sched::TryPin(m))) {
    const bool put = shards->PutOwn(m->p, item);
    sched::Unpin();
    if (put) return;
  }
  shards->PutSlow(item);
}

void PoolCore::Clear() noexcept {
  PoolShards* shards = shards_.load(std::memory_order_acquire);
  if (shards != nullptr) shards->Clear();
}

std::size_t PoolCore::Size() const noexcept {
  const PoolShards* shards = shards_.load(std::memory_order_acquire);
  return shards != nullptr ? shards->Size() : 0;
}

}  // namespace gosling::internal
