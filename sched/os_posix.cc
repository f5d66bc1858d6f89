// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The part of os.h that is the same on every POSIX system.

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>

#include "sched/debug.h"
#include "sched/os.h"

namespace gosling::sched::os {

void Yield() { ::sched_yield(); }

// --- Threads and signal masks ---

namespace {

struct ThreadStart {
  void (*fn)(void*);
  void* arg;
};

void* ThreadMain(void* start) {
  ThreadStart copy = *static_cast<ThreadStart*>(start);
  ::free(start);
  copy.fn(copy.arg);
  return nullptr;
}

}  // namespace

int StartThread(void (*fn)(void*), void* arg, std::size_t stack_size) {
  auto* start = static_cast<ThreadStart*>(::malloc(sizeof(ThreadStart)));
  if (start == nullptr) return ENOMEM;
  *start = {fn, arg};

  pthread_attr_t attr;
  int err = ::pthread_attr_init(&attr);
  if (err != 0) {
    ::free(start);
    return err;
  }
  ::pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  if (stack_size != 0) {
    auto least = static_cast<std::size_t>(PTHREAD_STACK_MIN);
    const std::size_t page = PageSize();
    stack_size = (std::max(stack_size, least) + page - 1) / page * page;
    err = ::pthread_attr_setstacksize(&attr, stack_size);
  }

  // A new thread inherits the mask of the thread that makes it.
  sigset_t old;
  BlockAllSignals(&old);
  pthread_t thread;
  for (int i = 0; err == 0 && i <= 20; i++) {
    err = ::pthread_create(&thread, &attr, ThreadMain, start);
    if (err != EAGAIN || i == 20) break;
    SleepNs(std::int64_t{1'000'000} * (i + 1));
    err = 0;
  }
  SetSignalMask(old);

  ::pthread_attr_destroy(&attr);
  if (err != 0) ::free(start);
  return err;
}

void BlockAllSignals(sigset_t* old) {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, old);
}

void SetSignalMask(const sigset_t& mask) {
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

// --- Memory ---

void Release(void* addr, std::size_t size) {
  if (::munmap(addr, size) != 0 && errno != ENOMEM) {
    Throw("munmap failed: errno %d", errno);
  }
}

int Protect(void* addr, std::size_t size) {
  return ::mprotect(addr, size, PROT_NONE) == 0 ? 0 : errno;
}

// --- Alternate signal stacks ---

void RemoveAltStack(AltStack* stack) {
  if (stack->mapping == nullptr) return;
  sigset_t old_mask;
  BlockAllSignals(&old_mask);
  stack_t current;
  ::sigaltstack(nullptr, &current);
  auto* low = static_cast<char*>(stack->mapping);
  auto* sp = static_cast<char*>(current.ss_sp);
  // Somebody may have put another one in its place since.
  if ((current.ss_flags & SS_DISABLE) == 0 && low <= sp &&
      sp < low + stack->size) {
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    none.ss_size = MINSIGSTKSZ;  // Darwin's libc looks at it even so
    if (::sigaltstack(&none, nullptr) != 0) {
      Throw("alternate signal stack removed while in use: errno %d", errno);
    }
  }
  Release(stack->mapping, stack->size);
  *stack = {};
  SetSignalMask(old_mask);
}

}  // namespace gosling::sched::os
