// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Weighted: a semaphore whose users take as much of it as they weigh.
//
//     go::sync::Weighted memory(64 << 20);  // bytes
//     const auto ctx = go::context::Background();
//     if (go::Error err = memory.Acquire(ctx, 10 << 20)) {
//       Report(err);
//     } else {
//       …  // work that needs ten megabytes
//       memory.Release(10 << 20);
//     }
//
// Waiters are served first come, first served. While the first waits for much,
// those behind it wait too, even for little that is there: so a heavy one gets
// its turn. One that is cancelled leaves the queue at once.
//
// Goroutines and foreign threads may use it; signal handlers may not. What a
// goroutine of an ended Run holds is not given back.
//
// Memory ordering: a Release happens before the return of every Acquire and
// successful TryAcquire that gets what it gave back.
//
// Go: golang.org/x/sync/semaphore.

#ifndef GOSLING_SEMAPHORE_H_
#define GOSLING_SEMAPHORE_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/sync.h>

#include <cstdint>

namespace gosling::internal {

struct WeightedWaiter;  // runtime/semaphore.cc

}  // namespace gosling::internal

namespace gosling::sync {

// Weighted is a semaphore of `size` units. Constant-initialised; not copied or
// moved. It may be destroyed when no call on it is under way. Nothing allocates,
// except an Acquire that has to wait. Go: semaphore.Weighted.
class Weighted {
 public:
  // Go: semaphore.NewWeighted.
  constexpr explicit Weighted(std::int64_t size) : size_(size) {}
  Weighted(const Weighted&) = delete;
  Weighted& operator=(const Weighted&) = delete;

  // Acquire takes n units and parks until they are there, or ctx ends. Returns
  // nil, or ctx.Err() with nothing taken; always the latter if ctx has ended
  // before the call, even if all units are there. More than size never are
  // there, so that this waits for ctx's end, without keeping others from what
  // is there. Throws std::bad_alloc, and Panic if ctx is nil. Go:
  // Weighted.Acquire.
  [[nodiscard]] GOSLING_API Error Acquire(const context::Context& ctx,
                                          std::int64_t n);

  // TryAcquire takes n units if that needs no waiting and no goroutine waits,
  // and says whether it did. Go: Weighted.TryAcquire.
  [[nodiscard]] GOSLING_API bool TryAcquire(std::int64_t n);

  // Release gives n units back, and to waiters that have their turn now; any
  // goroutine or thread may do that. Throws Panic "semaphore: released more than
  // held", and has released nothing then. Parks at most for the moment of
  // another call. Go: Weighted.Release.
  GOSLING_API void Release(std::int64_t n);

 private:
  void ServeWaiters();

  const std::int64_t size_;
  Mutex mutex_;
  // Under mutex_.
  std::int64_t held_ = 0;
  internal::WeightedWaiter* first_ = nullptr;
  internal::WeightedWaiter* last_ = nullptr;
};

}  // namespace gosling::sync

#endif  // GOSLING_SEMAPHORE_H_
