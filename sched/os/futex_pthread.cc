// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The futex of futex.h made of pthread mutexes and conditions, for systems that
// document none (Darwin; Go's lock_sema.go stands on the same two there). It
// works on any system, so the whole runtime can be tested over it on Linux:
// -Dfutex=pthread.
//
// A sleeper stands in a list, in the order of arrival; the lists hang in a
// table, by the hash of the address. A sleeper compares the word and joins the
// list under the list's mutex. A waker changes the word first and takes the
// mutex after that: so either the sleeper sees the change, or the waker finds
// the sleeper. Only a sleeper ever touches the memory at the address.
//
// FutexWake is NOT async-signal-safe: a signal can land on a thread that holds
// the mutex. That is why the signal receiver never sleeps on such a note there
// (signals/signote.h).
//
// Rejected for Darwin: __ulock_wait, which no header declares, and
// os_sync_wait_on_address, which came with macOS 14.4.

#include <pthread.h>

#include <cstddef>

#include "sched/os/cond.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/futex.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"

namespace gosling::sched::os {
namespace {

struct Sleeper {
  const void* addr;
  pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  bool woken = false;  // and no longer in the list
  Sleeper* next = nullptr;
};

struct alignas(128) SleeperList {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Sleeper* first = nullptr;
  Sleeper** end = &first;  // where the next one goes
};

constexpr std::size_t kLists = 256;
SleeperList lists[kLists];

SleeperList& ListOf(const void* addr) {
  const auto words = reinterpret_cast<std::uintptr_t>(addr) / 4;
  return lists[(words ^ (words / kLists)) % kLists];
}

void Remove(SleeperList& list, Sleeper** at) {
  Sleeper* s = *at;
  *at = s->next;
  if (list.end == &s->next) list.end = at;
}

// ListLock holds a list's mutex and keeps errno as it was.
class ListLock {
 public:
  explicit ListLock(SleeperList& list) : mutex_(&list.mutex) {
    if (int err = ::pthread_mutex_lock(mutex_); err != 0) {
      Throw("pthread_mutex_lock failed: %d", err);
    }
  }
  ListLock(const ListLock&) = delete;
  ListLock& operator=(const ListLock&) = delete;
  ~ListLock() { ::pthread_mutex_unlock(mutex_); }

 private:
  const KeepErrno keep_;
  pthread_mutex_t* const mutex_;
};

}  // namespace

bool FutexWait(std::atomic<std::uint32_t>* addr, std::uint32_t expected,
               std::int64_t timeout_ns) {
  if (InForkedChild()) DieInForkedChild();
  SleeperList& list = ListOf(addr);
  Sleeper self{.addr = addr};
  const std::int64_t start = timeout_ns < 0 ? 0 : Nanotime();
  {
    ListLock lock(list);
    // Relaxed: the mutex orders it, see above.
    if (addr->load(std::memory_order_relaxed) != expected) return false;
    *list.end = &self;
    list.end = &self.next;
    while (!self.woken) {
      if (timeout_ns < 0) {
        ::pthread_cond_wait(&self.cond, &list.mutex);
        continue;
      }
      const std::int64_t left = timeout_ns - (Nanotime() - start);
      if (left <= 0) break;
      CondWaitFor(&self.cond, &list.mutex, left);
    }
    if (!self.woken) {
      Sleeper** at = &list.first;
      while (*at != &self) at = &(*at)->next;
      Remove(list, at);
    }
  }
  ::pthread_cond_destroy(&self.cond);
  return false;
}

// In a forked child no thread sleeps, and the mutex may be held by one that has
// stayed in the parent.
void FutexWake(std::atomic<std::uint32_t>* addr, int n) {
  if (InForkedChild()) return;
  SleeperList& list = ListOf(addr);
  ListLock lock(list);
  for (Sleeper** at = &list.first; *at != nullptr && n > 0;) {
    Sleeper* s = *at;
    if (s->addr != addr) {
      at = &s->next;
      continue;
    }
    Remove(list, at);
    s->woken = true;
    // The sleeper needs the mutex to return: it is still there.
    ::pthread_cond_signal(&s->cond);
    n--;
  }
}

bool FutexWakeIsSignalSafe() { return false; }

}  // namespace gosling::sched::os
