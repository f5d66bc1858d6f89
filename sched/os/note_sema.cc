// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SemaNote: a pthread mutex, a condition and a flag. The critical sections are
// short, but a signal can land in any of them; that is why handlers must keep
// away.

#include <algorithm>

#include "sched/os/cond.h"
#include "sched/os/fatal.h"
#include "sched/os/note.h"
#include "sched/os/os.h"

namespace gosling::sched {
namespace {

void Lock(pthread_mutex_t* mutex) {
  if (int err = ::pthread_mutex_lock(mutex); err != 0) {
    Throw("pthread_mutex_lock failed: %d", err);
  }
}

void Unlock(pthread_mutex_t* mutex) {
  if (int err = ::pthread_mutex_unlock(mutex); err != 0) {
    Throw("pthread_mutex_unlock failed: %d", err);
  }
}

}  // namespace

void SemaNote::Clear() {
  Lock(&mutex_);
  woken_ = false;
  Unlock(&mutex_);
}

void SemaNote::Sleep() { SleepFor(-1); }

bool SemaNote::SleepFor(std::int64_t ns) {
  std::int64_t start = ns < 0 ? 0 : os::Nanotime();
  std::int64_t left = ns;
  Lock(&mutex_);
  while (!woken_ && (ns < 0 || left > 0)) {
    if (ns < 0) {
      ::pthread_cond_wait(&cond_, &mutex_);
    } else {
      os::CondWaitFor(&cond_, &mutex_, left);
      left = ns - (os::Nanotime() - start);
    }
  }
  bool woken = woken_;
  Unlock(&mutex_);
  return woken;
}

void SemaNote::Wakeup() {
  Lock(&mutex_);
  if (woken_) Throw("notewakeup - double wakeup");
  woken_ = true;
  ::pthread_cond_signal(&cond_);
  Unlock(&mutex_);
}

}  // namespace gosling::sched
