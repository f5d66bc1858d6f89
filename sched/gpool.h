// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GPool: the Gs that no P has on its own list, where new ones come from, and
// how their memory goes back to the system. The Ps' lists are goroutine.cc's.
//
// Gs stand in slabs of 16 KiB of address space, which are never unmapped: a
// dump may walk all Gs at any time, without a lock. A slab in which no G lives
// gives its memory back: its bytes then read 0, which is a dead G.
//
//     new slab ──► being carved ──► Gs in use, on Ps' lists, or in `free_`
//                       ▲                        │
//                       │                        │ Trim
//                       │                        ▼
//                       └──────────────── sorted, by slab
//                        all of it there: memory given back
//
// Policy, as with stacks (stack.cc): about once a second Trim looks at how many
// Gs of `free_` were never needed during that second. They are sorted into
// their slabs, four thousand at a time, with pauses; a slab that is complete
// gives its memory back. Sorted ones are taken before new ones. So a burst that
// comes again within the second finds its Gs, and a second or two after the
// last one the pool has the slabs in use, and those that a live G, or one of
// the 64 on each P's list, keeps. Where pages are larger than a slab all of it
// stays.
//
// Rejected: sorting when a goroutine ends. It would touch the slab's own line
// each time; nothing here is touched but every 32 goroutines.

#ifndef GOSLING_SCHED_GPOOL_H_
#define GOSLING_SCHED_GPOOL_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "sched/g.h"
#include "sched/gqueue.h"
#include "sched/os/mutex.h"
#include "sched/spare.h"

namespace gosling::sched {

class GPool {
 public:
  constexpr GPool() = default;
  GPool(const GPool&) = delete;
  GPool& operator=(const GPool&) = delete;

  // Take stores dead Gs at gs, at least one and at most `max`, and returns how
  // many. May throw std::bad_alloc.
  int Take(G** gs, int max);

  // Give takes back the n dead Gs at gs.
  void Give(G* const* gs, int n);

  // Trim gives memory back; for sysmon. As StackTrim (stack.h).
  bool Trim(std::int64_t now);

  // ForEach calls f for every G that is not dead. Lock-free: goroutines may be
  // born and end meanwhile.
  void ForEach(void (*f)(G*, void*), void* arg) const;

  // Has says whether g, which was peeked at (peeked.h) and may be of any age, is
  // one of the pool's that ForEach may call f with: only then may it be read.
  bool Has(const G* g) const;

  // For tests: how many slabs have their memory.
  struct Counts {
    std::size_t slabs = 0;
    std::size_t resident_slabs = 0;
  };
  Counts Count() const;

 private:
  struct Slab;
  struct Arena;

  Slab* NewSlab() ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  int Carve(G** gs, int max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  int TakeSorted(G** gs, int max) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  void Sort(G* g) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  static Slab* SlabOf(const G* g);

  mutable Mutex lock_;
  GStack free_ ABSL_GUARDED_BY(lock_);
  Spare spare_ ABSL_GUARDED_BY(lock_);

  Slab* carving_ ABSL_GUARDED_BY(lock_) = nullptr;  // null, or has some left
  Slab* empty_ ABSL_GUARDED_BY(lock_) = nullptr;    // without memory
  Slab* sorted_ ABSL_GUARDED_BY(lock_) = nullptr;   // with sorted Gs

  std::atomic<Arena*> arenas_{nullptr};  // only grows

  TrimTurns turns_;  // Trim's own
};

extern constinit GPool gpool;

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GPOOL_H_
