// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The functions by which a program takes and gives back a lock: each does what
// the C library's does, which it finds behind it, and tells the checker.

#include "runtime/lockcheck/interpose.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cerrno>

#include "runtime/lockcheck/checker.h"

namespace gosling::lockcheck {

namespace {

// Next is the function of that name behind this library's.
template <class... Arguments>
class Next {
 public:
  constexpr explicit Next(const char* name) : name_(name) {}

  int operator()(Arguments... arguments) {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }

 private:
  using Function = int(Arguments...);

  const char* const name_;
  std::atomic<Function*> function_{nullptr};
};

template <class Lock>
using NextTimed = Next<Lock, const timespec*>;
template <class Lock>
using NextClock = Next<Lock, clockid_t, const timespec*>;

constinit Next<pthread_mutex_t*> mutex_lock("pthread_mutex_lock");
constinit Next<pthread_mutex_t*> mutex_trylock("pthread_mutex_trylock");
constinit NextTimed<pthread_mutex_t*> mutex_timedlock(
    "pthread_mutex_timedlock");
constinit NextClock<pthread_mutex_t*> mutex_clocklock(
    "pthread_mutex_clocklock");
constinit Next<pthread_mutex_t*> mutex_unlock("pthread_mutex_unlock");
constinit Next<pthread_rwlock_t*> rwlock_rdlock("pthread_rwlock_rdlock");
constinit Next<pthread_rwlock_t*> rwlock_tryrdlock("pthread_rwlock_tryrdlock");
constinit NextTimed<pthread_rwlock_t*> rwlock_timedrdlock(
    "pthread_rwlock_timedrdlock");
constinit NextClock<pthread_rwlock_t*> rwlock_clockrdlock(
    "pthread_rwlock_clockrdlock");
constinit Next<pthread_rwlock_t*> rwlock_wrlock("pthread_rwlock_wrlock");
constinit Next<pthread_rwlock_t*> rwlock_trywrlock("pthread_rwlock_trywrlock");
constinit NextTimed<pthread_rwlock_t*> rwlock_timedwrlock(
    "pthread_rwlock_timedwrlock");
constinit NextClock<pthread_rwlock_t*> rwlock_clockwrlock(
    "pthread_rwlock_clockwrlock");
constinit Next<pthread_rwlock_t*> rwlock_unlock("pthread_rwlock_unlock");
constinit Next<pthread_spinlock_t*> spin_lock("pthread_spin_lock");
constinit Next<pthread_spinlock_t*> spin_trylock("pthread_spin_trylock");
constinit Next<pthread_spinlock_t*> spin_unlock("pthread_spin_unlock");

// Took and Gave tell the checker, and pass the result on. A robust mutex whose
// owner has died is the caller's too.
template <class Lock>
int Took(Lock* lock, Kind kind, int result, const void* caller) {
  if (result == 0 || result == EOWNERDEAD) {
    Taken(const_cast<const void*>(static_cast<const volatile void*>(lock)),
          kind, caller);
  }
  return result;
}

template <class Lock>
int Gave(Lock* lock, int result, const void* caller) {
  if (result == 0) {
    GivenBack(const_cast<const void*>(static_cast<const volatile void*>(lock)),
              caller);
  }
  return result;
}

}  // namespace

int OwnLock(pthread_mutex_t* mutex) { return mutex_lock(mutex); }
int OwnUnlock(pthread_mutex_t* mutex) { return mutex_unlock(mutex); }

}  // namespace gosling::lockcheck

namespace lockcheck = gosling::lockcheck;
using lockcheck::Gave;
using lockcheck::Kind;
using lockcheck::Took;

extern "C" {

#pragma GCC visibility push(default)

int pthread_mutex_lock(pthread_mutex_t* m) noexcept {
  return Took(m, Kind::kMutex, lockcheck::mutex_lock(m),
              __builtin_return_address(0));
}
int pthread_mutex_trylock(pthread_mutex_t* m) noexcept {
  return Took(m, Kind::kMutex, lockcheck::mutex_trylock(m),
              __builtin_return_address(0));
}
int pthread_mutex_timedlock(pthread_mutex_t* m, const timespec* t) noexcept {
  return Took(m, Kind::kMutex, lockcheck::mutex_timedlock(m, t),
              __builtin_return_address(0));
}
int pthread_mutex_clocklock(pthread_mutex_t* m, clockid_t c,
                            const timespec* t) noexcept {
  return Took(m, Kind::kMutex, lockcheck::mutex_clocklock(m, c, t),
              __builtin_return_address(0));
}
int pthread_mutex_unlock(pthread_mutex_t* m) noexcept {
  return Gave(m, lockcheck::mutex_unlock(m), __builtin_return_address(0));
}

int pthread_rwlock_rdlock(pthread_rwlock_t* l) noexcept {
  return Took(l, Kind::kReadLock, lockcheck::rwlock_rdlock(l),
              __builtin_return_address(0));
}
int pthread_rwlock_tryrdlock(pthread_rwlock_t* l) noexcept {
  return Took(l, Kind::kReadLock, lockcheck::rwlock_tryrdlock(l),
              __builtin_return_address(0));
}
int pthread_rwlock_timedrdlock(pthread_rwlock_t* l,
                               const timespec* t) noexcept {
  return Took(l, Kind::kReadLock, lockcheck::rwlock_timedrdlock(l, t),
              __builtin_return_address(0));
}
int pthread_rwlock_clockrdlock(pthread_rwlock_t* l, clockid_t c,
                               const timespec* t) noexcept {
  return Took(l, Kind::kReadLock, lockcheck::rwlock_clockrdlock(l, c, t),
              __builtin_return_address(0));
}
int pthread_rwlock_wrlock(pthread_rwlock_t* l) noexcept {
  return Took(l, Kind::kWriteLock, lockcheck::rwlock_wrlock(l),
              __builtin_return_address(0));
}
int pthread_rwlock_trywrlock(pthread_rwlock_t* l) noexcept {
  return Took(l, Kind::kWriteLock, lockcheck::rwlock_trywrlock(l),
              __builtin_return_address(0));
}
int pthread_rwlock_timedwrlock(pthread_rwlock_t* l,
                               const timespec* t) noexcept {
  return Took(l, Kind::kWriteLock, lockcheck::rwlock_timedwrlock(l, t),
              __builtin_return_address(0));
}
int pthread_rwlock_clockwrlock(pthread_rwlock_t* l, clockid_t c,
                               const timespec* t) noexcept {
  return Took(l, Kind::kWriteLock, lockcheck::rwlock_clockwrlock(l, c, t),
              __builtin_return_address(0));
}
int pthread_rwlock_unlock(pthread_rwlock_t* l) noexcept {
  return Gave(l, lockcheck::rwlock_unlock(l), __builtin_return_address(0));
}

int pthread_spin_lock(pthread_spinlock_t* l) noexcept {
  return Took(l, Kind::kSpinlock, lockcheck::spin_lock(l),
              __builtin_return_address(0));
}
int pthread_spin_trylock(pthread_spinlock_t* l) noexcept {
  return Took(l, Kind::kSpinlock, lockcheck::spin_trylock(l),
              __builtin_return_address(0));
}
int pthread_spin_unlock(pthread_spinlock_t* l) noexcept {
  return Gave(l, lockcheck::spin_unlock(l), __builtin_return_address(0));
}

#pragma GCC visibility pop

}  // extern "C"
