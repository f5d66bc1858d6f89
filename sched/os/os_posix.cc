// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The part of os.h that is the same on every POSIX system.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "absl/base/thread_annotations.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/keep_errno.h"
#include "sched/os/mutex.h"
#include "sched/os/os.h"

namespace gosling::sched::os {

void Yield() { ::sched_yield(); }

// --- Threads and signal masks ---

namespace {

// AllSignalsBlocked blocks, while it lives, all signals in the calling thread.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() { BlockAllSignals(&old_); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { SetSignalMask(old_); }

 private:
  sigset_t old_;
};

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

  if (err == 0) {
    // A new thread inherits the mask of the thread that makes it.
    AllSignalsBlocked blocked;
    pthread_t thread;
    err = ::pthread_create(&thread, &attr, ThreadMain, start);
  }

  ::pthread_attr_destroy(&attr);
  if (err != 0) ::free(start);
  return err;
}

int StartThreadPatiently(void (*fn)(void*), void* arg, std::size_t stack_size) {
  for (int i = 1;; i++) {
    const int err = StartThread(fn, arg, stack_size);
    if (err != EAGAIN || i > 20) return err;
    SleepNs(std::int64_t{1'000'000} * i);
  }
}

void BlockAllSignals(sigset_t* old) {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, old);
}

sigset_t SigsetOf(std::uint64_t signals) {
  sigset_t set;
  sigemptyset(&set);
  for (; signals != 0; signals &= signals - 1) {
    sigaddset(&set, __builtin_ctzll(signals) + 1);
  }
  return set;
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

// --- The environment ---

const char* Getenv(const char* name) {
  return Privileged() ? nullptr : ::getenv(name);
}

// --- Descriptors ---

namespace {

// Shunners lists who shuns the standard descriptors now, and what stands in the
// place of those that are closed. The invariant: while there is a shunner, none
// of the three is closed that was when it came, so the last one to go closes
// what the first one opened. (Each closing its own would uncover a descriptor
// that a later one had found covered.)
//
// The lock is taken with all signals blocked: a handler of its owner's may shun,
// too, and would wait for its own thread.
struct Shunners {
  Mutex lock;
  int number ABSL_GUARDED_BY(lock) = 0;
  unsigned covered ABSL_GUARDED_BY(lock) = 0;  // a bit for each of 0, 1, 2
};
constinit Shunners shunners;

// CoverStandard takes each of 0, 1 and 2 that is closed, and returns them.
unsigned CoverStandard() {
  unsigned covered = 0;
  for (int fd = 0; fd <= STDERR_FILENO; fd++) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest that is free, and that need not be this one: other threads
    // open and close, too.
    const int taken = OpenNothing();
    if (taken < 0) break;
    if (taken > STDERR_FILENO) {
      ::close(taken);
    } else {
      covered |= 1U << taken;
    }
  }
  return covered;
}

}  // namespace

// A forked child has one thread, and perhaps a lock that another one held.
ShunStandard::ShunStandard() : listed_(!InForkedChild()) {
  if (!listed_) return;
  KeepErrno keep;
  AllSignalsBlocked blocked;
  MutexLock l(&shunners.lock);
  shunners.number++;
  shunners.covered |= CoverStandard();
}

ShunStandard::~ShunStandard() {
  if (!listed_) return;
  KeepErrno keep;
  AllSignalsBlocked blocked;
  MutexLock l(&shunners.lock);
  if (--shunners.number > 0) return;
  for (int fd = 0; fd <= STDERR_FILENO; fd++) {
    if ((shunners.covered & 1U << fd) != 0) ::close(fd);
  }
  shunners.covered = 0;
}

bool StandardAreOpen() {
  KeepErrno keep;
  for (int fd = 0; fd <= STDERR_FILENO; fd++) {
    if (::fcntl(fd, F_GETFD) < 0) return false;
  }
  return true;
}

int RaiseFd(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int raised = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int err = errno;
  ::close(fd);
  return raised >= 0 ? raised : -err;
}

bool IsForGood(int err) {
  return err == ENOENT || err == ENOTDIR || err == EACCES || err == EPERM;
}

// --- Alternate signal stacks ---

bool InstallAltStack(AltStack* out) {
  *out = {};
  stack_t old;
  if (::sigaltstack(nullptr, &old) != 0) return false;
  if ((old.ss_flags & SS_DISABLE) == 0) return true;

  const std::size_t page = PageSize();
  const std::size_t usable = AltStackSize();
  const std::size_t size = page + usable;
  void* mapping = Reserve(size);
  if (mapping == nullptr) return false;
  PrepareAltStack(mapping, size);

  stack_t alt = {};
  alt.ss_sp = static_cast<char*>(mapping) + page;
  alt.ss_size = usable;
  if (::sigaltstack(&alt, nullptr) != 0) {
    int err = errno;
    Release(mapping, size);
    errno = err;
    return false;
  }
  *out = {mapping, size};
  return true;
}

void RemoveAltStack(AltStack* stack) {
  if (stack->mapping == nullptr) return;
  AllSignalsBlocked blocked;
  stack_t current;
  ::sigaltstack(nullptr, &current);
  auto* low = static_cast<char*>(stack->mapping);
  auto* sp = static_cast<char*>(current.ss_sp);
  // The program may have put another one in its place since.
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
}

}  // namespace gosling::sched::os
