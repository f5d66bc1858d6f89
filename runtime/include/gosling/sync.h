// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Mutex, RWMutex, WaitGroup, Once, OnceFunc, OnceValue, Cond: waiting that
// parks the goroutine, not the thread. Headers of their own, which this one
// includes, have the rest of the namespace: group.h (Group, Scope), semaphore.h
// (Weighted), singleflight.h (SingleFlight), map.h (Map), pool.h (Pool).
//
//     gosling::sync::Mutex mu;
//     gosling::sync::WaitGroup wg;
//     int hits = 0;
//     for (int i = 0; i < 100; i++) {
//       wg.Go([&] {
//         std::lock_guard lock(mu);
//         hits++;
//       });
//     }
//     wg.Wait();  // hits == 100
//
// Guarantees, for all that stand here:
// * A default-constructed object is ready for use, and constant-initialised: a
//   global one costs nothing at start-up. Destructors do nothing.
// * They are not copied or moved: others hold their address.
// * They work from goroutines and from threads that are not the library's,
//   mixed as one likes; such a thread blocks as a thread. None may be used in a
//   signal handler.
// * A lock has no owner: it may be released by another goroutine or thread than
//   the one that took it. Locks are not recursive: locking twice waits for
//   ever.
// * Nothing allocates, except starting a goroutine (WaitGroup::Go) and making a
//   OnceFunc or OnceValue.
// * The runtime reports a program that waits for what cannot happen: "all
//   goroutines are asleep - deadlock!".
// * A std::mutex belongs to the thread that has locked it. It may be used in a
//   goroutine that does not park while it holds it: after a park the goroutine may
//   be on another thread, which must not unlock it, and those that wait for it
//   keep their threads. Nothing reports that, in no build: the C library, which
//   alone sees the lock, has no hook for it. Mutex may be held over a park.
// * Goroutines of an ended Run never give back what they held: a lock stays
//   locked (though any thread may unlock it), a count stays up.
//
// Memory ordering, in C++'s words (Go's are the same). An Unlock synchronizes
// with the Lock, and with a successful TryLock, that takes the mutex next; an
// RWMutex's writers and readers likewise. Each Done synchronizes with the Waits
// that it lets through. The end of a Once's function synchronizes with the
// return of every Do. A Signal or Broadcast synchronizes with the return of the
// Waits that it wakes. A failed TryLock orders nothing.
//
// Lifetime: a Mutex may be destroyed by its last holder, at once, even while
// the Unlock by which it came to that holder has not returned yet; a WaitGroup
// when the last Wait has returned, even though the Done that ended it may not
// have. The others when no call on them is under way.
//
// Go: package sync.

#ifndef GOSLING_SYNC_H_
#define GOSLING_SYNC_H_

#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>
#include <gosling/internal/sync.h>
#include <gosling/panic.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace gosling::sync {

// Mutex is a mutual exclusion lock. An uncontended Lock or Unlock is one atomic
// instruction, inline.
//
// The first to come while it is free gets it, so a goroutine that is awake
// usually wins against one that has just been woken: a hot lock changes hands
// without a switch. A waiter that has been passed over for more than a
// millisecond turns the mutex to starvation mode: Unlock then hands it straight
// to the longest waiter, and none overtakes, until the waits are short again.
//
// lock, unlock and try_lock are the same under the standard's names, for
// std::lock_guard, std::unique_lock and std::scoped_lock. Go: sync.Mutex.
class Mutex {
 public:
  constexpr Mutex() : state_(internal::UnderTest() ? kExplored : 0) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Lock takes the mutex and parks while it is not free; it may spin a little
  // first. Not recursive. Throws nothing. Go: Mutex.Lock.
  void Lock() {
    std::uint32_t free = 0;
    // acquire: pairs with the release in Unlock and UnlockSlow
    if (state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[likely]] {
      return;
    }
    LockSlow();
  }

  // Unlock releases the mutex, which any goroutine or thread may do. Does not
  // park; in starvation mode it yields to the goroutine that it hands the mutex
  // to. Of a mutex that is not locked: fatal error "sync: unlock of unlocked
  // mutex". Go: Mutex.Unlock.
  void Unlock() {
    std::uint32_t held = kLocked;
    // release: pairs with the acquire of the next holder
    if (state_.compare_exchange_strong(held, 0, std::memory_order_release,
                                       std::memory_order_relaxed)) [[likely]] {
      return;
    }
    UnlockSlow();
  }

  // TryLock takes the mutex if that needs no waiting, and says whether it did.
  // False as well while the mutex is in starvation mode. Never parks, throws
  // nothing. Go: Mutex.TryLock.
  [[nodiscard]] bool TryLock() {
    return TryTake(kLocked | kStarving | kExplored) ||
           (Explored() && TryLockExplored());
  }

  void lock() { Lock(); }
  void unlock() { Unlock(); }
  [[nodiscard]] bool try_lock() { return TryLock(); }

 private:
  friend class RWMutex;

  // state_: these bits, and above them the number of waiters. The modes are
  // explained in runtime/sync.cc.
  //   kWoken     a goroutine is awake and after the lock: wake no other
  //   kStarving  Unlock hands over, newcomers queue up
  static constexpr std::uint32_t kLocked = 1;
  static constexpr std::uint32_t kWoken = 2;
  static constexpr std::uint32_t kStarving = 4;
  // kExplored, too, stays: the Mutex was made while a test explores schedules, and
  // each call is slow, as it is a scheduling point.
  static constexpr std::uint32_t kExplored = 8;
  static constexpr std::uint32_t kWaiter = 16;  // one waiter

  // TryTake takes the mutex, unless one of these bits is set.
  bool TryTake(std::uint32_t bits) {
    std::uint32_t old = state_.load(std::memory_order_relaxed);
    // acquire: as in Lock
    return (old & bits) == 0 &&
           state_.compare_exchange_strong(old, old | kLocked,
                                          std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  bool Explored() const {
    return (state_.load(std::memory_order_relaxed) & kExplored) != 0;
  }

  GOSLING_API void LockSlow();
  GOSLING_API void UnlockSlow();
  GOSLING_API bool TryLockExplored();

  std::atomic<std::uint32_t> state_;
  internal::WaitList waiters_;
};

class RWMutex;

// ReadLocker is an RWMutex as its readers see it: locking reads. RWMutex::RLocker
// returns it, for code that takes any lock, such as a Cond. Copies are of the
// same RWMutex. Go: what RLocker returns.
class ReadLocker {
 public:
  // RLock, RUnlock and TryRLock of the RWMutex.
  inline void Lock();
  inline void Unlock();
  [[nodiscard]] inline bool TryLock();

  void lock() { Lock(); }
  void unlock() { Unlock(); }
  [[nodiscard]] bool try_lock() { return TryLock(); }

 private:
  friend class RWMutex;

  constexpr explicit ReadLocker(RWMutex* of) : of_(of) {}

  RWMutex* of_;
};

// RWMutex is held by any number of readers or by one writer. A writer that
// waits keeps newcomers from reading, so that it gets its turn; the readers
// that came while it wrote get theirs before the next writer. Hence no
// goroutine may read-lock it twice: a writer could stand between. No lock is
// turned from one kind into the other.
//
// lock_shared and its kin are for std::shared_lock, lock and its kin for
// std::unique_lock. Go: sync.RWMutex.
class RWMutex : private ReadLocker {
 public:
  constexpr RWMutex()
      : ReadLocker(this),
        reader_count_(internal::UnderTest() ? -kMaxReaders : 0) {}
  RWMutex(const RWMutex&) = delete;
  RWMutex& operator=(const RWMutex&) = delete;

  // Lock takes the lock for writing: parks until no writer and no reader has
  // it. Throws nothing. Go: RWMutex.Lock.
  GOSLING_API void Lock();

  // Unlock releases it from writing. Does not park. If it is not locked for
  // writing: fatal error "sync: Unlock of unlocked RWMutex". Go:
  // RWMutex.Unlock.
  GOSLING_API void Unlock();

  // TryLock takes it for writing if that needs no waiting, and says whether it
  // did. Never parks. Go: RWMutex.TryLock.
  [[nodiscard]] GOSLING_API bool TryLock();

  // RLock takes the lock for reading: parks while a writer has it or waits for
  // it. One atomic instruction if not. Throws nothing. Go: RWMutex.RLock.
  void RLock() {
    // acquire: pairs with the release in Unlock. Readers count up; a negative
    // count says that a writer is there (it has subtracted kMaxReaders).
    if (reader_count_.fetch_add(1, std::memory_order_acquire) >= 0) [[likely]] {
      return;
    }
    RLockSlow();
  }

  // RUnlock undoes one RLock. Does not park. If it is not locked for reading:
  // fatal error "sync: RUnlock of unlocked RWMutex". Go: RWMutex.RUnlock.
  void RUnlock() {
    // release: what was read before is read before the writer writes (its
    // fetch_sub in Lock acquires)
    std::int32_t r = reader_count_.fetch_sub(1, std::memory_order_release);
    if (r <= 0) [[unlikely]] {
      RUnlockSlow(r);
    }
  }

  // TryRLock takes it for reading if that needs no waiting, and says whether it
  // did. Never parks. Go: RWMutex.TryRLock.
  [[nodiscard]] bool TryRLock() {
    return TryRead(reader_count_) ||
           (writers_.Explored() && TryRLockExplored());
  }

  // RLocker returns this RWMutex as a lock that reads; it lives as long. Go:
  // RWMutex.RLocker.
  [[nodiscard]] ReadLocker& RLocker() { return *this; }

  void lock() { Lock(); }
  void unlock() { Unlock(); }
  [[nodiscard]] bool try_lock() { return TryLock(); }
  void lock_shared() { RLock(); }
  void unlock_shared() { RUnlock(); }
  [[nodiscard]] bool try_lock_shared() { return TryRLock(); }

 private:
  friend class ReadLocker;

  static constexpr std::int32_t kMaxReaders = 1 << 30;

  // TryRead counts a reader, unless a writer has announced itself.
  static bool TryRead(std::atomic<std::int32_t>& count) {
    std::int32_t r = count.load(std::memory_order_relaxed);
    while (r >= 0) {
      if (count.compare_exchange_weak(r, r + 1, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  GOSLING_API void RLockSlow();
  GOSLING_API void RUnlockSlow(std::int32_t before);
  GOSLING_API bool TryRLockExplored();
  std::atomic<std::int32_t>& Readers();

  Mutex writers_;  // held by the writer that has the lock or is next
  // Readers, waiting ones included; less kMaxReaders if a writer has announced
  // itself. If writers_ is kExplored, explored_count_ is that, and this one is
  // below 0 for good, so that each call is slow.
  std::atomic<std::int32_t> reader_count_;
  std::atomic<std::int32_t> explored_count_{0};
  // Readers that the announced writer still waits for.
  std::atomic<std::int32_t> reader_wait_{0};
  internal::WaitList writer_sem_;
  internal::WaitList reader_sem_;
};

inline void ReadLocker::Lock() { of_->RLock(); }
inline void ReadLocker::Unlock() { of_->RUnlock(); }
inline bool ReadLocker::TryLock() { return of_->TryRLock(); }

// WaitGroup waits for a number of things to be done. Go: sync.WaitGroup.
class WaitGroup {
 public:
  constexpr WaitGroup() : state_(internal::UnderTest() ? kExplored : 0) {}
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // Add adds delta, which may be negative, to the count; at zero every Wait
  // returns. An Add that starts from zero must happen before the Wait that is
  // to see it: add before starting the goroutine. Does not park. Throws Panic
  // "sync: negative WaitGroup counter" and "sync: WaitGroup misuse: Add called
  // concurrently with Wait"; the count has changed then. Go: WaitGroup.Add.
  void Add(int delta) {
    // acq_rel: a Done releases what its goroutine did; the one that reaches
    // zero acquires all of it and passes it on to the waiters
    std::uint64_t state =
        state_.fetch_add(Delta(delta), std::memory_order_acq_rel) +
        Delta(delta);
    std::int32_t count = Count(state);
    if (count < 0 || (Waiters(state) != 0 && (count == 0 || delta > 0)))
        [[unlikely]] {
      AddSlow(delta, state);
    }
  }

  // Done is Add(-1).
  void Done() { Add(-1); }

  // Wait parks until the count is zero. Throws Panic "sync: WaitGroup is reused
  // before previous Wait has returned" if a caller adds again too early. Go:
  // WaitGroup.Wait.
  void Wait() {
    // acquire: pairs with the Done that made it zero
    std::uint64_t state = state_.load(std::memory_order_acquire);
    if (Count(state) != 0) WaitSlow();
  }

  // Go starts f() as a goroutine that counts: Add(1) before, Done when f has
  // returned and has been destroyed, so that what f captured is gone when Wait
  // returns. f may be move-only. f ends the goroutine's part by returning or by
  // Goexit; an exception that leaves it is a panic, as in any goroutine, and
  // then Wait does not return before the program has crashed. Throws what
  // moving f or allocating for it throws; the count is as before then. Go:
  // WaitGroup.Go (Go 1.25).
  template <class F>
  [[gnu::always_inline]] inline void Go(F&& f) {  // as gosling::Go is
    if constexpr (internal::CheckStored<F>()) {
      Add(1);
      gosling::Go(Task<std::decay_t<F>>{DoneAtEnd(this), std::forward<F>(f)});
    }
  }

 private:
  class DoneAtEnd {
   public:
    explicit DoneAtEnd(WaitGroup* group) : group_(group) {}
    DoneAtEnd(DoneAtEnd&& other) noexcept
        : group_(std::exchange(other.group_, nullptr)) {}
    DoneAtEnd& operator=(DoneAtEnd&&) = delete;
    // NOLINTNEXTLINE(bugprone-exception-escape): a count below zero is fatal here
    ~DoneAtEnd() {
      if (group_ != nullptr) group_->Done();
    }

   private:
    WaitGroup* group_;
  };

  template <class F>
  struct Task {
    DoneAtEnd done;  // first, so that it is destroyed after f
    F f;
    void operator()() { f(); }
  };

  // state_: count in the upper half, waiters in the lower. kExplored: the
  // WaitGroup was made while a test explores schedules. explored_state_ is that
  // then, and the count here is below 0 for good, so that each call is slow.
  static constexpr std::uint64_t Delta(int delta) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(delta)) << 32;
  }
  static constexpr std::int32_t Count(std::uint64_t state) {
    return static_cast<std::int32_t>(state >> 32);
  }
  static constexpr std::uint32_t Waiters(std::uint64_t state) {
    return static_cast<std::uint32_t>(state);
  }

  static constexpr std::uint64_t kExploredBit = 1U << 31;  // of the waiters
  static constexpr std::uint64_t kExplored =
      (std::uint64_t{0xc0000000} << 32) | kExploredBit;  // count: -(1 << 30)

  GOSLING_API void AddSlow(int delta, std::uint64_t state);
  GOSLING_API void WaitSlow();
  // Settle wakes the waiters if the count in `word` has become 0. `state` is
  // that word just after `delta` was added.
  void Settle(int delta, std::uint64_t state, std::atomic<std::uint64_t>& word);

  std::atomic<std::uint64_t> state_;
  std::atomic<std::uint64_t> explored_state_{0};
  internal::WaitList sem_;
};

// Once runs one function once, however many goroutines ask for it. Go:
// sync.Once.
class Once {
 public:
  constexpr Once() = default;
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  // Do calls f() if this Once has not called any function yet; it returns when
  // that call, its own or another's, has ended, so it may park. One load when
  // that is long past. An f that throws counts as having run: the exception
  // goes to the Do that called it, later ones return at once (Go: a panic
  // counts too; unlike std::call_once, which tries again). Calling Do of the
  // same Once from within f waits for ever. Go: Once.Do.
  template <class F>
  void Do(F&& f) {
    // acquire: pairs with the release in Calling's destructor
    if (done_.load(std::memory_order_acquire)) [[likely]] {
      return;
    }
    Calling calling(this);
    if constexpr (internal::CheckCallable<F>()) {
      if (!done_.load(std::memory_order_relaxed)) std::forward<F>(f)();
    }
  }

 private:
  // Calling holds the mutex while f runs. done_ is set before the mutex is
  // released, on an exception too: a waiter for the mutex must find that f has
  // run.
  class Calling {
   public:
    explicit Calling(Once* once) : once_(once) { once_->mutex_.Lock(); }
    Calling(const Calling&) = delete;
    Calling& operator=(const Calling&) = delete;
    ~Calling() {
      // release: what f did, for the acquire in Do
      once_->done_.store(true, std::memory_order_release);
      once_->mutex_.Unlock();
    }

   private:
    Once* const once_;
  };

  std::atomic<bool> done_{false};
  Mutex mutex_;
};

// OnceFunc returns a function object that calls f() when it is first called,
// and never again. Copies of it share that one call and may be called from
// anywhere at the same time; all return when f has ended, so they may park. If
// f throws, every call throws that same exception. f is destroyed when it has
// run. Allocates once, here. Go: sync.OnceFunc.
template <class F>
auto OnceFunc(F f) {
  if constexpr (internal::CheckCallable<F&>()) {
    return
        [call = std::make_shared<internal::OnceCall<Once, F, std::monostate>>(
             std::move(f))] { call->Get(); };
  } else {
    return [] {};
  }
}

// OnceValue is OnceFunc for an f that returns something: every call returns a
// reference to the one result, which lives as long as a copy of the function
// object does. f may return a pair or a tuple, where Go has OnceValues. Go:
// sync.OnceValue.
template <class F>
auto OnceValue(F f) {
  if constexpr (internal::CheckReturnsValue<F&>()) {
    using T = std::decay_t<std::invoke_result_t<F&>>;
    return [call = std::make_shared<internal::OnceCall<Once, F, T>>(
                std::move(f))]() -> const T& { return call->Get(); };
  } else {
    return [] { return internal::Anything(); };
  }
}

// Cond is a place to wait for a condition to change that some lock protects.
//
//     gosling::sync::Cond changed(mu);
//     {
//       std::lock_guard lock(mu);
//       changed.Wait([&] { return !queue.empty(); });
//     }
//
// Signals go to the waiters in the order in which they began to wait, and only
// to such as began before: a goroutine that comes later cannot take a signal
// from one that waits already. Go: sync.Cond.
class Cond {
 public:
  // Cond makes a condition for a lock that has lock() and unlock(), a Mutex or
  // RWMutex as a rule; it must outlive the Cond. Go: sync.NewCond.
  template <class Lock>
  requires internal::BasicLockable<Lock>
  constexpr explicit Cond(Lock& lock)
      : lock_(&lock),
        do_lock_([](void* l) { static_cast<Lock*>(l)->lock(); }),
        do_unlock_([](void* l) { static_cast<Lock*>(l)->unlock(); }) {}
  template <class Lock>
  requires(!internal::BasicLockable<Lock>) constexpr explicit Cond(Lock&)
      : lock_(nullptr), do_lock_(nullptr), do_unlock_(nullptr) {
    static_assert(internal::kNever<Lock>,
                  "Cond is made of the lock that protects its condition, which "
                  "has lock() and unlock(): a sync::Mutex, as a rule");
  }
  Cond(const Cond&) = delete;
  Cond& operator=(const Cond&) = delete;

  // Wait unlocks the lock, which the caller holds, parks until a Signal or
  // Broadcast, and locks again. The condition need not hold then: others may
  // have been faster. It never returns without having been woken. Go:
  // Cond.Wait.
  GOSLING_API void Wait();

  // Wait(holds) waits until holds() is true. It is called with the lock held.
  template <class Predicate>
  void Wait(Predicate holds) {
    while (!holds()) Wait();
  }

  // Signal wakes the longest waiter, if there is one; Broadcast wakes all. The
  // caller may hold the lock or not. Neither parks. Go: Cond.Signal,
  // Cond.Broadcast.
  GOSLING_API void Signal();
  GOSLING_API void Broadcast();

 private:
  void* const lock_;
  void (*const do_lock_)(void*);
  void (*const do_unlock_)(void*);
  std::atomic<std::uint32_t> next_ticket_{0};
  internal::WaitList waiters_;
};

}  // namespace gosling::sync

// At the end: they use what stands above.
#include <gosling/map.h>
#include <gosling/pool.h>
#include <gosling/semaphore.h>
#include <gosling/singleflight.h>

#endif  // GOSLING_SYNC_H_
