// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Slabs come in arenas of 4 MiB, aligned to their size, so that a G's slab is
// found from its address. The records of an arena's slabs stand in its first
// slab's place, apart from the Gs, whose memory comes and goes.

#include "sched/gpool.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "sched/os/os.h"
#include "sched/switch_annotations.h"

namespace gosling::sched {

constinit GPool gpool;

namespace {

constexpr std::size_t kSlabSize = std::size_t{16} << 10;
constexpr std::size_t kArenaSize = std::size_t{4} << 20;
constexpr int kArenaSlabs = kArenaSize / kSlabSize - 1;
constexpr int kSlabGs = kSlabSize / sizeof(G);

constexpr std::size_t kSortBatch = 4096;

// Zeroed memory is a dead G, for ForEach.
static_assert(static_cast<int>(GStatus::kIdle) == 0);

// ReserveAligned reserves kArenaSize bytes, aligned to as many. nullptr: the
// system has no more.
void* ReserveAligned() {
  char* base = static_cast<char*>(os::Reserve(2 * kArenaSize));
  if (base == nullptr) return nullptr;
  std::size_t over = reinterpret_cast<std::uintptr_t>(base) % kArenaSize;
  std::size_t before = over == 0 ? 0 : kArenaSize - over;
  if (before > 0) os::Release(base, before);
  os::Release(base + before + kArenaSize, kArenaSize - before);
  return base + before;
}

}  // namespace

// Slab: under the pool's lock, but for `carved`, which ForEach reads: no G from
// there on is alive. 0: the slab has no memory.
struct GPool::Slab {
  std::atomic<int> carved{0};
  bool constructed = false;  // once: zeroed memory will do later
  int nsorted = 0;
  G* sorted = nullptr;   // dead Gs, linked by schedlink
  Slab* next = nullptr;  // in empty_ or sorted_
  Slab* prev = nullptr;  // in sorted_
};

struct GPool::Arena {
  Arena* next = nullptr;
  Slab slabs[kArenaSlabs];

  G* GsOf(int slab) {
    return reinterpret_cast<G*>(reinterpret_cast<char*>(this) +
                                (static_cast<std::size_t>(slab) + 1) *
                                    kSlabSize);
  }
  static Arena* Of(const void* p) {
    return reinterpret_cast<Arena*>(reinterpret_cast<std::uintptr_t>(p) &
                                    ~(kArenaSize - 1));
  }
  G* GsOf(const Slab* slab) { return GsOf(static_cast<int>(slab - slabs)); }
};

GPool::Slab* GPool::SlabOf(const G* g) {
  static_assert(sizeof(Arena) <= kSlabSize);
  Arena* arena = Arena::Of(g);
  auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(g) -
                                         reinterpret_cast<char*>(arena));
  return &arena->slabs[offset / kSlabSize - 1];
}

GPool::Slab* GPool::NewSlab() {
  void* base = ReserveAligned();
  if (base == nullptr) throw std::bad_alloc();
  os::NoHugePages(base, kArenaSize);
  os::NameMapping(base, kArenaSize, "gosling goroutines");
  auto* arena = new (base) Arena;
  for (int i = kArenaSlabs; i-- > 0;) {
    AnnotateRoots(arena->GsOf(i), kSlabGs * sizeof(G));
    arena->slabs[i].next = empty_;
    empty_ = &arena->slabs[i];
  }
  arena->next = arenas_.load(std::memory_order_relaxed);
  // release: publishes the arena to ForEach's acquire
  arenas_.store(arena, std::memory_order_release);
  return empty_;
}

int GPool::Carve(G** gs, int max) {
  Slab* slab = carving_;
  if (slab == nullptr) {
    slab = empty_ != nullptr ? empty_ : NewSlab();
    empty_ = slab->next;
    slab->next = nullptr;
    carving_ = slab;
  }
  G* base = Arena::Of(slab)->GsOf(slab);
  int first = slab->carved.load(std::memory_order_relaxed);
  int n = std::min(max, kSlabGs - first);
  for (int i = 0; i < n; i++) {
    gs[i] = base + first + i;
    if (!slab->constructed) new (gs[i]) G;
  }
  // release: publishes the Gs to ForEach's acquire
  slab->carved.store(first + n, std::memory_order_release);
  if (first + n == kSlabGs) {
    slab->constructed = true;
    carving_ = nullptr;
  }
  return n;
}

int GPool::TakeSorted(G** gs, int max) {
  Slab* slab = sorted_;
  int n = 0;
  for (; n < max && slab->sorted != nullptr; n++) {
    gs[n] = slab->sorted;
    slab->sorted = gs[n]->schedlink;
  }
  slab->nsorted -= n;
  if (slab->sorted == nullptr) {
    sorted_ = slab->next;
    if (sorted_ != nullptr) sorted_->prev = nullptr;
    slab->next = nullptr;
  }
  return n;
}

int GPool::Take(G** gs, int max) {
  MutexLock l(&lock_);
  if (free_.Size() == 0) {
    return sorted_ != nullptr ? TakeSorted(gs, max) : Carve(gs, max);
  }
  int n =
      static_cast<int>(std::min(free_.Size(), static_cast<std::size_t>(max)));
  // The youngest one last: it is taken first.
  for (int i = n; i-- > 0;) gs[i] = free_.Pop();
  spare_.Took(free_.Size());
  return n;
}

void GPool::Give(G* const* gs, int n) {
  MutexLock l(&lock_);
  for (int i = 0; i < n; i++) free_.Push(gs[i]);
}

// Sort puts a free G with the others of its slab, and gives the slab's memory
// back when it is the last one.
void GPool::Sort(G* g) {
  Slab* slab = SlabOf(g);
  g->schedlink = slab->sorted;
  slab->sorted = g;
  if (++slab->nsorted == 1) {
    slab->prev = nullptr;
    slab->next = sorted_;
    if (sorted_ != nullptr) sorted_->prev = slab;
    sorted_ = slab;
  }
  if (slab->nsorted < kSlabGs) return;
  (slab->prev != nullptr ? slab->prev->next : sorted_) = slab->next;
  if (slab->next != nullptr) slab->next->prev = slab->prev;
  slab->sorted = nullptr;
  slab->nsorted = 0;
  slab->carved.store(0, std::memory_order_relaxed);
  os::DontNeed(Arena::Of(slab)->GsOf(slab), kSlabSize);
  slab->next = empty_;
  empty_ = slab;
}

bool GPool::Trim(std::int64_t now) {
  bool new_period;
  if (!turns_.Due(now, &new_period)) return turns_.More();

  // The lock is given back now and then: spawners wait for it.
  constexpr std::size_t kUnderOneLock = 256;
  bool more = false;
  for (std::size_t sorted = 0; sorted < kSortBatch;) {
    MutexLock l(&lock_);
    if (new_period) spare_.BeginPeriod(free_.Size(), 0);
    new_period = false;
    const std::size_t n = spare_.Batch(free_.Size(), kUnderOneLock);
    more = free_.Size() > n;
    if (n == 0) break;
    for (std::size_t i = 0; i < n; i++) Sort(free_.Pop());
    sorted += n;
  }
  return turns_.End(now, more);
}

void GPool::ForEach(void (*f)(G*, void*), void* arg) const {
  for (Arena* a = arenas_.load(std::memory_order_acquire); a != nullptr;
       a = a->next) {
    for (int slab = 0; slab < kArenaSlabs; slab++) {
      int n = a->slabs[slab].carved.load(std::memory_order_acquire);
      G* gs = a->GsOf(slab);
      for (int i = 0; i < n; i++) {
        // acquire: pairs with ReadyNew's release
        if (gs[i].status.load(std::memory_order_acquire) != GStatus::kIdle)
          f(&gs[i], arg);
      }
    }
  }
}

bool GPool::Has(const G* g) const {
  Arena* arena = arenas_.load(std::memory_order_acquire);
  while (arena != nullptr && arena != Arena::Of(g)) arena = arena->next;
  if (arena == nullptr) return false;
  const Slab* slab = SlabOf(g);
  // acquire: pairs with Carve's release; g has been constructed
  return g < arena->GsOf(slab) + slab->carved.load(std::memory_order_acquire);
}

GPool::Counts GPool::Count() const {
  Counts counts;
  for (Arena* a = arenas_.load(std::memory_order_acquire); a != nullptr;
       a = a->next) {
    for (const Slab& slab : a->slabs) {
      counts.slabs++;
      counts.resident_slabs += slab.carved.load(std::memory_order_relaxed) > 0;
    }
  }
  return counts;
}

}  // namespace gosling::sched
